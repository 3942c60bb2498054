#include <latent/data/parallel.hpp>
#include <latent/data/picture_arrays.hpp>
#include <latent/data/sources.hpp>
#include <latent/formats/image.hpp>

#include <algorithm>
#include <cstring>
#include <map>

namespace latent::data {

namespace fs = std::filesystem;

namespace {

struct Picture {
  fs::path path;
  std::string label;  ///< the sub-folder it lies in; empty directly in the folder
  ImageInfo info;
};

std::string lower_extension(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

bool named_like_image(const fs::path& path) {
  const std::string extension = lower_extension(path);
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg";
}

// All regular files below the folder, sorted by path; hidden ones and what lies in hidden folders left out.
std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const bool hidden = it->path().filename().string().starts_with('.');
    std::error_code unknown;
    if (it->is_directory(unknown)) {
      if (hidden) it.disable_recursion_pending();
    } else if (!hidden && it->is_regular_file(unknown)) {
      files.push_back(it->path());
    }
  }
  if (error) throw IoError(folder.string(), "list", error.value());
  std::sort(files.begin(), files.end());
  return files;
}

std::optional<ImageInfo> look_at(const fs::path& path) {
  const auto file = MappedFile::open(path);
  if (image_format(file->bytes())) return read_image_info(file->bytes(), path.string());
  if (!named_like_image(path)) return std::nullopt;
  throw DataError(path.string(),
                  file->bytes().empty() ? "the file is empty" : "named like an image, but it is neither PNG nor JPEG");
}

// Every image in the folder and below. Labels are sub-folders of the folder itself, however deep the image lies.
std::vector<Picture> find_pictures(const fs::path& folder) {
  const std::vector<fs::path> files = files_below(folder);
  std::vector<std::optional<ImageInfo>> infos(files.size());
  parallel_try(static_cast<int64_t>(files.size()),
               [&](int64_t i) { infos[static_cast<size_t>(i)] = look_at(files[static_cast<size_t>(i)]); });
  std::vector<Picture> pictures;
  for (size_t i = 0; i < files.size(); ++i) {
    if (!infos[i]) continue;
    const fs::path below = files[i].lexically_relative(folder);
    pictures.push_back({files[i], below.has_parent_path() ? below.begin()->string() : "", *infos[i]});
  }
  if (pictures.empty()) {
    throw DataError(folder.string(), files.empty()
                                         ? "the folder is empty"
                                         : fmt::format("no images and no other known data among the {} files of "
                                                       "this folder (first: {})",
                                                       files.size(), files.front().filename().string()));
  }
  return pictures;
}

// The one size that all pictures have. @throws DataError listing the sizes if they differ
std::pair<int64_t, int64_t> common_size(const std::vector<Picture>& pictures, const std::string& path) {
  std::map<std::pair<int64_t, int64_t>, int64_t> counts;
  for (const Picture& picture : pictures) ++counts[{picture.info.height, picture.info.width}];
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

void read_into(const Picture& picture, const Shape& shape, uint8_t* out) {
  Tensor image = read_image(MappedFile::open(picture.path)->bytes(), picture.path.string());
  if (shape[0] == 1) image = to_grayscale(image);
  if (image.dim(1) != shape[1] || image.dim(2) != shape[2]) image = resize_image(image, shape[1], shape[2]);
  if (image.numel() == shape.numel()) {
    std::memcpy(out, image.raw(), image.nbytes());
    return;
  }
  // A grey image among coloured ones.
  for (int64_t c = 0; c < shape[0]; ++c) std::memcpy(out + c * image.numel(), image.raw(), image.nbytes());
}

ArrayPart read_pictures(const std::vector<Picture>& pictures, const Shape& shape, const std::string& path) {
  ArrayPart part;
  part.path = path;
  part.x = allocate_images(static_cast<int64_t>(pictures.size()), shape, path);
  auto* pixels = part.x.data<uint8_t>();
  parallel_try(static_cast<int64_t>(pictures.size()),
               [&](int64_t i) { read_into(pictures[static_cast<size_t>(i)], shape, pixels + i * shape.numel()); });
  return part;
}

bool has_images(const fs::path& folder) {
  if (!fs::is_directory(folder)) return false;
  return std::ranges::any_of(files_below(folder), [](const fs::path& path) {
    return named_like_image(path) || image_format(MappedFile::open(path)->bytes());
  });
}

// Class names are the sub-folders of both parts in order; there are no labels if an image lies in none.
void label_pictures(ArrayParts& parts, const std::vector<Picture>& train, const std::vector<Picture>& test) {
  std::vector<std::string>& names = parts.class_names;
  for (const auto* pictures : {&train, &test}) {
    for (const Picture& picture : *pictures) {
      if (picture.label.empty()) {
        names.clear();
        return;
      }
      names.push_back(picture.label);
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const auto numbers = [&](const std::vector<Picture>& pictures) {
    std::vector<int64_t> labels;
    labels.reserve(pictures.size());
    for (const Picture& picture : pictures) {
      labels.push_back(std::lower_bound(names.begin(), names.end(), picture.label) - names.begin());
    }
    return labels;
  };
  parts.train.labels = numbers(train);
  if (parts.test) parts.test->labels = numbers(test);
}

}  // namespace

Source open_image(const FileBytes& file, const std::string& name, const OpenOptions& options) {
  const Tensor image = read_image(file.bytes(), file.path);
  ArrayPart part{image.view_as(image.shape().prepend(1)), {}, file.path, nullptr};
  return array_source({name, "image", std::move(part), std::nullopt, {}}, options);
}

Source open_image_folder(const fs::path& folder, const std::string& name, const OpenOptions& options) {
  const bool parted = has_images(folder / "train") && has_images(folder / "test");
  const std::vector<Picture> train = find_pictures(parted ? folder / "train" : folder);
  const std::vector<Picture> test = parted ? find_pictures(folder / "test") : std::vector<Picture>{};
  std::vector<Picture> all = train;
  all.insert(all.end(), test.begin(), test.end());
  const auto size = options.size ? *options.size : common_size(all, folder.string());
  const bool colour = std::any_of(all.begin(), all.end(), [](const Picture& p) { return p.info.channels == 3; });
  const Shape shape{colour && !options.grayscale ? 3 : 1, size.first, size.second};

  ArrayParts parts{name, "image folder", read_pictures(train, shape, folder.string()), std::nullopt, {}};
  if (parted) parts.test = read_pictures(test, shape, folder.string());
  label_pictures(parts, train, test);
  OpenOptions rest = options;
  rest.size.reset();  // done already
  rest.grayscale = false;
  return array_source(std::move(parts), rest);
}

}  // namespace latent::data
