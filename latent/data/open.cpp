#include <latent/core/names.hpp>
#include <latent/data/detail/folder_files.hpp>
#include <latent/data/detail/sound_files.hpp>
#include <latent/data/known_classes.hpp>
#include <latent/data/sources.hpp>
#include <latent/formats/cifar.hpp>
#include <latent/formats/idx.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/ts.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

namespace latent::data {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 2> kKnownSets{"fashion-mnist", "shapes"};
constexpr std::array<std::string_view, 10> kFashionClasses{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                                           "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

// A table of numbers, beyond doubt: no picture consists of digits, and of what stands around them, by half.
bool is_surely_a_table(std::span<const std::byte> bytes) {
  if (!looks_like_text(bytes)) return false;
  constexpr std::string_view kOfNumbers = "0123456789+-.eE,;\t\n\r ";
  constexpr size_t kLooked = 1 << 16;
  const auto looked = bytes.first(std::min(bytes.size(), kLooked));
  const auto count = std::count_if(looked.begin(), looked.end(), [&](std::byte b) {
    return kOfNumbers.find(static_cast<char>(b)) != std::string_view::npos;
  });
  return 2 * static_cast<size_t>(count) >= looked.size();
}

Source open_file_bytes(const FileBytes& file, const std::string& name, const OpenOptions& options) {
  const auto bytes = file.bytes();
  if (is_npy(bytes)) return open_npy(file, name, options);
  if (is_npz(bytes)) return open_npz(file, name, options);
  if (image_format(bytes)) return open_image(file, name, options);
  if (is_sound(bytes)) return open_sound(file, name, options);
  if (named_like_sound(file.path)) {
    throw DataError(file.path, "named like a sound, but it is neither WAV nor FLAC, OGG or AIFF");
  }
  // Surer forms first. CIFAR is told by its size and its labels alone, which other data may have by chance: an IDX file
  // whose sizes fit to the byte is none, nor is a text made of numbers. Four bytes alone, as IDX begins, a dark picture
  // may have too.
  if (fits_idx(bytes)) return open_idx(file, name, options);
  if (is_cifar(bytes) && !is_surely_a_table(bytes)) return open_cifar(file, name, options);
  if (is_idx(bytes)) return open_idx(file, name, options);
  if (is_ts(bytes)) return open_ts(file, name, options);
  if (looks_like_text(bytes)) return open_table(file, name, options);
  throw DataError(
      file.path,
      "not a form of data that can be opened (CSV, TSV, NPY, NPZ, IDX, CIFAR, TS, PNG, JPEG, WebP, TIFF, BMP, WAV, "
      "FLAC, OGG, AIFF)");
}

Source open_file(const fs::path& path, const std::string& name, const OpenOptions& options) {
  const FileBytes file = read_file(path);
  Source source = open_file_bytes(file, name, options);
  file.file->check_whole();
  return source;
}

bool has_known_files(const fs::path& folder) {
  return has_idx_files(folder) || has_cifar_files(folder) || ts_in_folder(folder);
}

// Where files of a known set lie: here, or where a single folder is inside, as archives unpack, in that one.
fs::path folder_of_known_files(const fs::path& folder) {
  constexpr int kDeepest = 4;
  fs::path looked = folder;
  for (int depth = 0; depth < kDeepest && !has_known_files(looked); ++depth) {
    const std::vector<fs::path> inside = folders_in(looked);
    if (inside.size() != 1) return folder;
    looked = inside.front();
  }
  return has_known_files(looked) ? looked : folder;
}

Source open_folder(const fs::path& opened, const std::string& name, const OpenOptions& options) {
  const fs::path folder = options.usual_names ? folder_of_known_files(opened) : opened;
  if (has_idx_files(folder)) return open_idx_folder(folder, name, options);
  if (has_cifar_files(folder)) return open_cifar_folder(folder, name, options);
  if (has_sounds(folder)) return open_sound_folder(folder, name, options);
  if (const auto series = ts_in_folder(folder)) return open_file(*series, name, options);
  return open_image_folder(folder, name, options);
}

Source open_fashion_mnist(const std::string& name, const OpenOptions& options) {
  std::vector<fs::path> places;
  if (const char* own = std::getenv("LATENT_DATASETS"); own && *own != '\0') places.emplace_back(own);
  places.emplace_back("/usr/share/datasets");
  places.emplace_back("/usr/local/share/datasets");
  std::string looked;
  for (const fs::path& place : places) {
    const fs::path folder = place / name;
    if (fs::is_directory(folder) && has_idx_files(folder)) {
      return open_idx_folder(folder, name, options, {kFashionClasses.begin(), kFashionClasses.end()});
    }
    looked += fmt::format("{}{}", looked.empty() ? "" : ", ", folder.string());
  }
  throw DataError(name, fmt::format("not found in {}; the package dataset-fashion-mnist installs it", looked));
}

[[noreturn]] void refuse_name(const std::string& name) {
  std::string message = fmt::format("{}: no such file, and no known set of that name", name);
  if (const auto nearest = nearest_name(name, kKnownSets); !nearest.empty()) {
    message += fmt::format(" (did you mean '{}'?)", nearest);
  }
  throw std::invalid_argument(message);
}

// Seeds of bits that are drawn once, in everybody's runs alike.
constexpr uint64_t kTrainingBits = 1, kTestBits = 2;

void check_options(const OpenOptions& options) {
  constexpr int64_t kLargestSide = 16384;
  const auto [height, width] = options.size.value_or(std::pair<int64_t, int64_t>{1, 1});
  LATENT_CHECK(height >= 1 && width >= 1 && height <= kLargestSide && width <= kLargestSide,
               "images are resized to 1x1 ... {0}x{0}, got {1}x{2}", kLargestSide, height, width);
  LATENT_CHECK(options.held_out >= 0.0 && options.held_out < 1.0, "the held-out fraction lies in [0, 1), got {}",
               options.held_out);
  options.sound.check();
  LATENT_CHECK(!options.binarize || !options.drawn_bits, "bits come from a threshold or from draws, not from both");
}

}  // namespace

std::shared_ptr<const MappedFile> file_behind(const Tensor& x, const std::shared_ptr<const MappedFile>& file) {
  const auto* data = static_cast<const std::byte*>(x.raw());
  const auto bytes = file->bytes();
  return data >= bytes.data() && data < bytes.data() + bytes.size() ? file : nullptr;
}

bool is_known_set(std::string_view path_or_name) {
  const std::string_view name = path_or_name.substr(0, path_or_name.find(':'));
  const bool is_known = std::find(kKnownSets.begin(), kKnownSets.end(), name) != kKnownSets.end();
  return is_known && (name == path_or_name || name == "shapes");  // only shapes takes a number
}

namespace {

// Labels that are no classes: numbers of rows, names, times.
void warn_of_classes(Source& source) {
  constexpr int64_t kFewest = 50;
  constexpr double kNearlyAll = 0.9;
  const auto labels = source.train->labels();
  const auto n = static_cast<int64_t>(labels.size());
  if (n < kFewest) return;
  const auto classes = static_cast<int64_t>(std::set<int64_t>(labels.begin(), labels.end()).size());
  if (static_cast<double>(classes) < kNearlyAll * static_cast<double>(n)) return;
  source.warnings.push_back(fmt::format(
      "nearly every sample has a class of its own ({} classes of {} samples): are these labels classes?", classes, n));
}

Source open_as_stored(const std::string& path_or_name, const OpenOptions& options) {
  if (path_or_name == "shapes" || path_or_name.starts_with("shapes:")) return open_shapes(path_or_name, options);
  if (path_or_name == "fashion-mnist") return open_fashion_mnist(path_or_name, options);
  std::error_code error;
  const fs::file_status status = fs::status(path_or_name, error);
  if (status.type() == fs::file_type::not_found || path_or_name.empty()) refuse_name(path_or_name);
  if (error) throw IoError(path_or_name, "open", error.value());
  if (fs::is_directory(status)) return open_folder(path_or_name, path_or_name, options);
  return open_file(path_or_name, path_or_name, options);
}

}  // namespace

Source open(const std::string& path_or_name, const OpenOptions& options) {
  check_options(options);
  Source source = open_as_stored(path_or_name, options);
  const bool is_table = source.format == "csv" || !options.column_names.empty();
  LATENT_CHECK(is_table || options.drop.empty(), "{}: only tables have columns to drop", path_or_name);
  LATENT_CHECK(is_table || (options.header != Header::yes && options.header != Header::no),
               "{}: only tables have a header", path_or_name);
  LATENT_CHECK(source.sound || options.sound == SoundOptions{} || options.sound.is_decided(),
               "{}: --sound, --seconds, --rate and their like are for sounds", path_or_name);
  LATENT_CHECK(!options.series.asked() || source.train->kind() == Kind::series,
               "{}: windows are cut from tables, arrays and series, but this is {}", path_or_name,
               source.train->kind().name);
  warn_of_classes(source);
  if (!options.class_names.empty()) number_as_known(source, options.class_names);
  if (options.binarize) {
    source.train = binarized(source.train, *options.binarize);
    if (source.test) source.test = binarized(source.test, *options.binarize);
  }
  if (options.drawn_bits) {
    source.train = drawn_bits(source.train, *options.drawn_bits, kTrainingBits);
    if (source.test) source.test = drawn_bits(source.test, *options.drawn_bits, kTestBits);
  }
  source.path = path_or_name;
  source.opened = std::make_shared<const OpenOptions>(options);
  return source;
}

}  // namespace latent::data
