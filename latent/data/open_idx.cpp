#include <latent/data/labels.hpp>
#include <latent/data/sources.hpp>

#include <latent/formats/idx.hpp>

#include <algorithm>

namespace latent::data {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kTrainImages = "train-images", kTestImages = "t10k-images";

// MNIST's names say that they are IDX; a file that was renamed must look like it.
bool may_be_idx(const fs::directory_entry& entry) {
  std::error_code unknown;
  if (!entry.is_regular_file(unknown)) return false;
  return entry.path().filename().string().find("idx") != std::string::npos ||
         is_idx(MappedFile::open(entry.path())->bytes());
}

// The file whose name begins with `prefix`; an unpacked one before a packed one.
std::optional<fs::path> find_by_prefix(const fs::path& folder, std::string_view prefix) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().filename().string().starts_with(prefix) && may_be_idx(*it)) found.push_back(it->path());
  }
  if (error) throw IoError(folder.string(), "list", error.value());
  if (found.empty()) return std::nullopt;
  return *std::min_element(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) {
    return std::pair(a.extension() == ".gz", a) < std::pair(b.extension() == ".gz", b);
  });
}

void replace_last(std::string& text, std::string_view from, std::string_view to) {
  if (const size_t at = text.rfind(from); at != std::string::npos) text.replace(at, from.size(), to);
}

// train-images-idx3-ubyte.gz -> train-labels-idx1-ubyte, packed or not, where it exists.
std::optional<fs::path> labels_beside(const fs::path& images) {
  std::string name = images.filename().string();
  if (name.find("images") == std::string::npos) return std::nullopt;
  replace_last(name, "images", "labels");
  replace_last(name, "idx3", "idx1");
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  for (const char* ending : {"", ".gz"}) {
    const fs::path labels = images.parent_path() / (name + ending);
    if (fs::exists(labels)) return labels;
  }
  return std::nullopt;
}

void add_labels(ArrayPart& part, const fs::path& images) {
  const std::optional<fs::path> path = labels_beside(images);
  if (!path) return;
  part.labels = labels_from(read_idx(MappedFile::open(*path)), path->string());
  if (static_cast<int64_t>(part.labels.size()) != part.x.dim(0)) {
    throw DataError(path->string(), fmt::format("{} labels, but {} samples in {}", part.labels.size(), part.x.dim(0),
                                                images.filename().string()));
  }
}

ArrayPart make_part(const Tensor& x, const std::shared_ptr<const MappedFile>& file) {
  if (x.ndim() == 1) {
    throw DataError(file->path(), "an array of one dimension, which may be labels; give the file of images");
  }
  ArrayPart part{x, {}, file->path(), file_behind(x, file)};
  add_labels(part, file->path());
  return part;
}

ArrayPart read_part(const fs::path& path) {
  const auto file = MappedFile::open(path);
  return make_part(read_idx(file), file);
}

}  // namespace

Source open_idx(const FileBytes& file, const std::string& name, const OpenOptions& options) {
  const Tensor x = file.packed() ? read_idx(file.bytes(), file.path) : read_idx(file.file);
  return array_source({name, "idx", make_part(x, file.file), std::nullopt, {}}, options);
}

bool has_idx_files(const fs::path& folder) {
  return find_by_prefix(folder, kTrainImages) || find_by_prefix(folder, kTestImages);
}

Source open_idx_folder(const fs::path& folder, const std::string& name, const OpenOptions& options,
                       std::vector<std::string> class_names) {
  const auto train = find_by_prefix(folder, kTrainImages), test = find_by_prefix(folder, kTestImages);
  if (!train) throw DataError(folder.string(), "the folder has t10k-images..., but no train-images...");
  ArrayParts parts{name, "idx", read_part(*train), std::nullopt, std::move(class_names)};
  if (test) parts.test = read_part(*test);
  return array_source(std::move(parts), options);
}

}  // namespace latent::data
