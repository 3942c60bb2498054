#include <latent/core/memory.hpp>
#include <latent/data/detail/folder_parts.hpp>
#include <latent/data/detail/picture_files.hpp>
#include <latent/data/parallel.hpp>
#include <latent/data/picture_arrays.hpp>
#include <latent/data/sources.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>

namespace latent::data {

namespace fs = std::filesystem;

namespace {

// What all pictures of a set become.
struct Target {
  Shape shape;  // (C, H, W)
  DType dtype = DType::u8;
  Fit fit = Fit::crop;
  uint8_t background = 0;
  bool follow_orientation = true;

  ImageReading reading() const { return {background, dtype == DType::f32, follow_orientation}; }
};

// What the header says, as the options want it read.
ImageInfo as_read(ImageInfo info, const OpenOptions& options) {
  if (info.turned && !options.follow_orientation) std::swap(info.height, info.width);
  if (!options.keep_16_bits) info.bits = 8;
  return info;
}

// Lets as many pictures be decoded at a time as fit into a part of memory; one always may.
class DecodingMemory {
 public:
  explicit DecodingMemory(uint64_t bytes) : left_(static_cast<int64_t>(std::min<uint64_t>(bytes, int64_t{1} << 62))) {}
  void take(int64_t bytes) {
    std::unique_lock lock(mutex_);
    freed_.wait(lock, [&] { return bytes <= left_ || decoding_ == 0; });
    left_ -= bytes;
    ++decoding_;
  }
  void give_back(int64_t bytes) {
    {
      const std::lock_guard lock(mutex_);
      left_ += bytes;
      --decoding_;
    }
    freed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable freed_;
  int64_t left_, decoding_ = 0;
};

// What decoding takes: the samples, a copy of them, and what the decoder needs.
int64_t decoding_bytes(const ImageInfo& info) {
  constexpr int64_t kCopies = 3, kMostSamples = 4;
  return info.height * info.width * kMostSamples * (info.bits / 8) * kCopies;
}

// The one size that all pictures have. @throws DataError listing the sizes if they differ
std::pair<int64_t, int64_t> common_size(std::span<const std::vector<Picture>> parts, const std::string& path) {
  std::map<std::pair<int64_t, int64_t>, int64_t> counts;
  for (const std::vector<Picture>& part : parts) {
    for (const Picture& picture : part) ++counts[{picture.info.height, picture.info.width}];
  }
  if (counts.size() == 1) return counts.begin()->first;
  std::vector<std::pair<std::pair<int64_t, int64_t>, int64_t>> sizes(counts.begin(), counts.end());
  std::stable_sort(sizes.begin(), sizes.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  constexpr size_t kMostListed = 5;
  std::string list;
  for (size_t i = 0; i < std::min(sizes.size(), kMostListed); ++i) {
    list +=
        fmt::format("{}{}x{} ({})", i > 0 ? ", " : "", sizes[i].first.first, sizes[i].first.second, sizes[i].second);
  }
  if (sizes.size() > kMostListed) list += fmt::format(" and {} more", sizes.size() - kMostListed);
  throw DataError(path, fmt::format("images of different sizes (height x width): {}; --size HxW makes them one", list));
}

// Brings a picture into the form of the target.
void put(const Tensor& decoded, const Target& target, std::byte* out) {
  Tensor image = target.shape[0] == 1 ? to_grayscale(decoded) : decoded;
  if (image.dim(1) != target.shape[1] || image.dim(2) != target.shape[2]) {
    image = fit_image(image, target.shape[1], target.shape[2], target.fit, target.background);
  }
  if (target.dtype == DType::f32 && image.dtype() == DType::u8) {  // one of 8 bits among those of 16
    Tensor levels = Tensor::empty(image.shape());
    std::transform(image.data<uint8_t>(), image.data<uint8_t>() + image.numel(), levels.data<float>(),
                   [](uint8_t value) { return static_cast<float>(value) / 255.0F; });
    image = levels;
  }
  // A grey image among coloured ones is repeated.
  for (int64_t c = 0; c < target.shape[0] / image.dim(0); ++c) {
    std::memcpy(out + static_cast<size_t>(c) * image.nbytes(), image.raw(), image.nbytes());
  }
}

void read_into(const Picture& picture, const Target& target, std::byte* out) {
  const bool is_kept = picture.contents.copied() > 0;
  const FileContents read = is_kept ? FileContents() : FileContents::read(picture.path);
  const Tensor image = read_image((is_kept ? picture.contents : read).bytes(), picture.path.string(), target.reading());
  read.check_whole();
  put(image, target, out);
}

// Reads the pictures of a part; those that turn out to be damaged leave it, and are told of.
ArrayPart read_pictures(std::vector<Picture>& pictures, const Target& target, const fs::path& folder,
                        std::vector<SkippedFile>& unreadable) {
  ArrayPart part;
  part.path = folder.string();
  const auto n = static_cast<int64_t>(pictures.size());
  part.x = allocate_images(n, target.shape, target.dtype, part.path);
  auto* samples = static_cast<std::byte*>(part.x.raw());
  const size_t bytes = static_cast<size_t>(target.shape.numel()) * size_of(target.dtype);
  DecodingMemory memory(memory_allowed() / 4);
  std::vector<std::optional<std::string>> reasons(pictures.size());
  parallel_try(n, [&](int64_t i) {
    const Picture& picture = pictures[static_cast<size_t>(i)];
    const int64_t needed = decoding_bytes(picture.info);
    memory.take(needed);
    try {
      read_into(picture, target, samples + static_cast<size_t>(i) * bytes);
    } catch (const DataError& error) {
      reasons[static_cast<size_t>(i)] = error.reason();
    } catch (...) {
      memory.give_back(needed);
      throw;
    }
    memory.give_back(needed);
  });
  part.names.reserve(pictures.size());
  size_t kept = 0;
  for (size_t i = 0; i < pictures.size(); ++i) {
    std::string name = pictures[i].path.lexically_relative(folder).generic_string();
    if (reasons[i]) {
      unreadable.emplace_back(std::move(name), *reasons[i]);
      continue;
    }
    if (kept < i) {
      std::memcpy(samples + kept * bytes, samples + i * bytes, bytes);
      pictures[kept] = std::move(pictures[i]);
    }
    part.names.push_back(std::move(name));
    ++kept;
  }
  if (kept == 0) throw DataError(part.path, "no picture that can be read: " + skipped_text(unreadable));
  pictures.resize(kept);
  part.x = part.x.rows(0, static_cast<int64_t>(kept));
  return part;
}

// What is seen of the pictures with transparent pixels, by a few of them.
struct Transparency {
  int64_t pictures = 0;  // that say something of transparency
  bool any = false;      // whether a pixel is transparent
  uint8_t background = 0;
};

// Nothing may vanish on its background: black where what is seen is light, else white.
uint8_t background_for(double brightness) {
  constexpr double kLight = 2.0 / 3.0;
  constexpr uint8_t kBlack = 0, kWhite = 255;
  return brightness > kLight ? kBlack : kWhite;
}

// Nothing for pictures that are damaged, which are told of when they are read.
std::optional<Visible> visible_part_of(const fs::path& path) {
  try {
    return visible_part(FileContents::read(path).bytes(), path.string());
  } catch (const DataError&) {
    return std::nullopt;
  }
}

Transparency transparency_of(const std::vector<Picture>& pictures, const OpenOptions& options) {
  std::vector<const Picture*> transparent;
  for (const Picture& picture : pictures) {
    if (picture.info.transparent) transparent.push_back(&picture);
  }
  Transparency result{.pictures = static_cast<int64_t>(transparent.size())};
  constexpr size_t kLooked = 64;
  const size_t count = std::min(kLooked, transparent.size());
  double brightness = 0.0, seen = 0.0;
  for (size_t i = 0; i < count; ++i) {
    const Picture& picture = *transparent[i * transparent.size() / count];
    const auto visible = visible_part_of(picture.path);
    if (!visible) continue;
    result.any = result.any || visible->share < 1.0;
    brightness += visible->brightness * visible->share;
    seen += visible->share;
  }
  result.background = options.background.value_or(background_for(seen > 0.0 ? brightness / seen : 0.0));
  return result;
}

std::string background_note(int64_t pictures, uint8_t background, bool is_chosen) {
  const std::string ground = background == 255 ? "white"
                             : background == 0 ? "black"
                                               : fmt::format("grey {}", background);
  return fmt::format(
      "transparent pixels ({} picture{}) are laid on {}{}", pictures, pictures == 1 ? "" : "s", ground,
      is_chosen ? fmt::format(" (--background {} is the other choice)", background == 255 ? "black" : "white") : "");
}

// How many pictures have other proportions than they are brought to, and what becomes of them.
void note_fit(std::span<const std::vector<Picture>> parts, const OpenOptions& options, Source& source) {
  if (!options.size) return;
  int64_t count = 0, all = 0;
  for (const std::vector<Picture>& part : parts) {
    all += static_cast<int64_t>(part.size());
    count += std::ranges::count_if(part, [&](const Picture& picture) {
      const std::pair whole{picture.info.height, picture.info.width};
      return cropped_size(whole.first, whole.second, options.size->first, options.size->second) != whole;
    });
  }
  if (count == 0) return;
  const char* what = options.fit == Fit::crop  ? "are cropped around their centre (--fit pad keeps all of them)"
                     : options.fit == Fit::pad ? "stand between bars"
                                               : "are squashed (--fit crop keeps their proportions)";
  source.notes.push_back(fmt::format("{} of {} pictures have other proportions than {}x{}: they {}", count, all,
                                     options.size->first, options.size->second, what));
}

// What takes long to learn from, where no size was asked for.
void note_large(const Shape& shape, const OpenOptions& options, Source& source) {
  constexpr int64_t kLarge = int64_t{1} << 20;  // values
  if (options.size || shape.numel() <= kLarge) return;
  source.notes.push_back(
      fmt::format("pictures of {}x{} are large to learn from: --size HxW makes them smaller", shape[1], shape[2]));
}

// Pictures of 16 bits often hold 10 or 12: then all values lie in a small part of what a model expects.
void note_levels(const ArrayPart& part, Source& source) {
  if (part.x.dtype() != DType::f32) return;
  const auto [low, high] = std::minmax_element(part.x.data<float>(), part.x.data<float>() + part.x.numel());
  source.notes.emplace_back("pictures of 16 bits keep all their levels: 0 ... 65535 become 0 ... 1");
  constexpr float kNarrow = 0.1F, kLevels = 65535.0F;
  if (*high - *low >= kNarrow || *high == *low) return;
  source.warnings.push_back(fmt::format(
      "the pictures use only the levels {:.0f} ... {:.0f} of 65535, so that all values lie between {:.4f} and {:.4f}: "
      "stretch them before, or store them as an array of floats, of which each channel is standardised",
      static_cast<double>(*low * kLevels), static_cast<double>(*high * kLevels), static_cast<double>(*low),
      static_cast<double>(*high)));
}

// Class names are the labels of both parts in order; a part without labels has none.
void label_pictures(ArrayParts& parts, std::span<const std::vector<Picture>> both) {
  std::vector<std::string>& names = parts.class_names;
  for (const std::vector<Picture>& part : both) {
    for (const Picture& picture : part) {
      if (!picture.label.empty()) names.push_back(picture.label);
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const auto numbers = [&](const std::vector<Picture>& pictures) {
    std::vector<int64_t> labels;
    for (const Picture& picture : pictures) {
      if (picture.label.empty()) return std::vector<int64_t>();
      labels.push_back(std::lower_bound(names.begin(), names.end(), picture.label) - names.begin());
    }
    return labels;
  };
  parts.train.labels = numbers(both[0]);
  if (parts.test) parts.test->labels = numbers(both[1]);
}

// The pictures of a folder in its parts: one or two.
std::vector<std::vector<Picture>> in_parts(std::vector<Picture> pictures, const fs::path& folder,
                                           const OpenOptions& options, Source& told) {
  std::vector<std::string> names;
  for (const Picture& picture : pictures) names.push_back(picture.path.lexically_relative(folder).generic_string());
  const FolderParts parts = parts_of_folder(names, {.usual_names = options.usual_names});
  told.notes.insert(told.notes.end(), parts.notes.begin(), parts.notes.end());
  told.warnings.insert(told.warnings.end(), parts.warnings.begin(), parts.warnings.end());
  std::vector<std::vector<Picture>> both(parts.has_test ? 2 : 1);
  for (size_t i = 0; i < pictures.size(); ++i) {
    const PlacedFile& placed = parts.files[i];
    if (placed.part == PlacedFile::Part::left_out) continue;
    pictures[i].label = placed.label;
    pictures[i].info = as_read(pictures[i].info, options);
    both[placed.part == PlacedFile::Part::test ? 1 : 0].push_back(std::move(pictures[i]));
  }
  return both;
}

}  // namespace

Source open_image(const FileBytes& file, const std::string& name, const OpenOptions& options) {
  const ImageInfo info = as_read(read_image_info(file.bytes(), file.path), options);
  const std::optional<Visible> visible = visible_part(file.bytes(), file.path);
  Target target;
  const auto size = options.size.value_or(std::pair{info.height, info.width});
  target.shape = {options.grayscale ? 1 : info.channels, size.first, size.second};
  target.dtype = info.bits == 16 ? DType::f32 : DType::u8;
  target.fit = options.fit;
  target.follow_orientation = options.follow_orientation;
  if (visible) target.background = options.background.value_or(background_for(visible->brightness));
  ArrayPart part;
  part.path = file.path;
  part.x = allocate_images(1, target.shape, target.dtype, file.path);
  put(read_image(file.bytes(), file.path, target.reading()), target, static_cast<std::byte*>(part.x.raw()));
  part.names = {fs::path(file.path).filename().string()};
  OpenOptions rest = options;
  rest.size.reset();  // done already
  rest.grayscale = false;
  Source source = array_source({name, "image", std::move(part), std::nullopt, {}}, rest);
  if (visible) {
    source.background = target.background;
    if (visible->share < 1.0) source.notes.push_back(background_note(1, target.background, !options.background));
  }
  return source;
}

Source open_image_folder(const fs::path& folder, const std::string& name, const OpenOptions& options) {
  PictureFiles found = find_pictures(folder);
  Source told;  // what is to be said
  if (!found.skipped.empty()) told.warnings.push_back(skipped_text(found.skipped));
  std::vector<std::vector<Picture>> both = in_parts(std::move(found.pictures), folder, options, told);
  const auto size = options.size ? *options.size : common_size(both, folder.string());
  const auto any = [&](const auto& is) {
    return std::ranges::any_of(both, [&](const std::vector<Picture>& part) {
      return std::ranges::any_of(part, [&](const Picture& picture) { return is(picture.info); });
    });
  };
  const bool colour = any([](const ImageInfo& info) { return info.channels == 3; });
  const bool deep = any([](const ImageInfo& info) { return info.bits == 16; });
  const Transparency transparency = transparency_of(both[0], options);
  const bool transparent = any([](const ImageInfo& info) { return info.transparent; });
  const Target target{.shape = {colour && !options.grayscale ? 3 : 1, size.first, size.second},
                      .dtype = deep ? DType::f32 : DType::u8,
                      .fit = options.fit,
                      .background = transparent ? transparency.background : options.background.value_or(0),
                      .follow_orientation = options.follow_orientation};

  if (transparency.any) {
    told.notes.push_back(background_note(transparency.pictures, target.background, !options.background));
  }
  note_fit(both, options, told);
  note_large(target.shape, options, told);
  ArrayParts parts{name, "image folder", read_pictures(both[0], target, folder, found.unreadable), std::nullopt, {}};
  if (both.size() > 1) parts.test = read_pictures(both[1], target, folder, found.unreadable);
  if (!found.unreadable.empty()) told.warnings.push_back(skipped_text(found.unreadable));
  note_levels(parts.train, told);
  label_pictures(parts, both);
  OpenOptions rest = options;
  rest.size.reset();  // done already
  rest.grayscale = false;
  Source source = array_source(std::move(parts), rest);
  source.notes.insert(source.notes.end(), told.notes.begin(), told.notes.end());
  source.warnings.insert(source.warnings.end(), told.warnings.begin(), told.warnings.end());
  if (transparent) source.background = target.background;
  return source;
}

}  // namespace latent::data
