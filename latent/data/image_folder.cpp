#include <latent/data/parallel.hpp>
#include <latent/data/picture_arrays.hpp>
#include <latent/data/sources.hpp>
#include <latent/formats/image.hpp>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>

namespace latent::data {

namespace fs = std::filesystem;

namespace {

// A file below the folder, and the sub-folder of the folder itself that it lies in, however deep; empty directly in it.
struct File {
  fs::path path;
  std::string label;
};

struct Picture {
  fs::path path;
  std::string label;
  ImageInfo info;
  FileContents contents;  ///< of a small file, so that it is opened once; empty where that would take much memory
};

// The bytes of small files that are kept between the look at their headers and their decoding.
constexpr size_t kMostKept = size_t{256} << 20;

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

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

// Appends the files of a folder and of those below it, names in order. Links to folders are not followed: they may lead
// back.
void list_files(const fs::path& folder, const std::string& label, bool is_top, std::vector<File>& files) {
  struct Entry {
    std::string name;
    bool is_folder;
  };
  std::vector<Entry> entries;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code unknown;
    const bool is_folder = it->is_directory(unknown);
    if (is_hidden(it->path()) || (is_folder && it->is_symlink(unknown))) continue;
    if (is_folder || it->is_regular_file(unknown)) entries.push_back({it->path().filename().string(), is_folder});
  }
  if (error) throw IoError(folder.string(), "list", error.value());
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
  for (const Entry& entry : entries) {
    if (entry.is_folder) {
      list_files(folder / entry.name, is_top ? entry.name : label, false, files);
    } else {
      files.push_back({folder / entry.name, label});
    }
  }
}

// All regular files below the folder, sorted by path; hidden ones and what lies in hidden folders left out.
std::vector<File> files_below(const fs::path& folder) {
  std::vector<File> files;
  list_files(folder, "", true, files);
  return files;
}

// The file as a picture; nothing if it is none.
std::optional<Picture> look_at(const File& file, std::atomic<size_t>& kept) {
  Picture picture{file.path, file.label, {}, FileContents::read(file.path)};
  const std::span<const std::byte> bytes = picture.contents.bytes();
  if (!image_format(bytes)) {
    if (!named_like_image(file.path)) return std::nullopt;
    throw DataError(file.path.string(),
                    bytes.empty() ? "the file is empty" : "named like an image, but it is neither PNG nor JPEG");
  }
  picture.info = read_image_info(bytes, file.path.string());
  const size_t copied = picture.contents.copied();
  if (copied == 0 || kept.fetch_add(copied) + copied > kMostKept) picture.contents = {};
  return picture;
}

// Every image in the folder and below.
std::vector<Picture> find_pictures(const fs::path& folder) {
  const std::vector<File> files = files_below(folder);
  std::vector<std::optional<Picture>> found(files.size());
  std::atomic<size_t> kept = 0;
  parallel_try(static_cast<int64_t>(files.size()),
               [&](int64_t i) { found[static_cast<size_t>(i)] = look_at(files[static_cast<size_t>(i)], kept); });
  std::vector<Picture> pictures;
  pictures.reserve(files.size());
  for (std::optional<Picture>& picture : found) {
    if (picture) pictures.push_back(std::move(*picture));
  }
  if (pictures.empty()) {
    throw DataError(folder.string(), files.empty()
                                         ? "the folder is empty"
                                         : fmt::format("no images and no other known data among the {} files of "
                                                       "this folder (first: {})",
                                                       files.size(), files.front().path.filename().string()));
  }
  return pictures;
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

void read_into(const Picture& picture, const Shape& shape, uint8_t* out) {
  const bool is_kept = picture.contents.copied() > 0;
  const FileContents read = is_kept ? FileContents() : FileContents::read(picture.path);
  Tensor image = read_image((is_kept ? picture.contents : read).bytes(), picture.path.string());
  read.check_whole();
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

// Whether any image lies in the folder or below, as find_pictures() would see it.
bool has_images(const fs::path& folder) {
  std::error_code error, unknown;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (is_hidden(it->path())) {
      it.disable_recursion_pending();
    } else if (it->is_regular_file(unknown) &&
               (named_like_image(it->path()) || image_format(FileContents::read(it->path()).bytes()))) {
      return true;
    }
  }
  return false;
}

// Class names are the sub-folders of both parts in order; there are no labels if an image lies in none.
void label_pictures(ArrayParts& parts, std::span<const std::vector<Picture>> both) {
  std::vector<std::string>& names = parts.class_names;
  for (const std::vector<Picture>& pictures : both) {
    for (const Picture& picture : pictures) {
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
  parts.train.labels = numbers(both[0]);
  if (parts.test) parts.test->labels = numbers(both[1]);
}

}  // namespace

Source open_image(const FileBytes& file, const std::string& name, const OpenOptions& options) {
  const Tensor image = read_image(file.bytes(), file.path);
  ArrayPart part{image.view_as(image.shape().prepend(1)), {}, file.path, nullptr};
  return array_source({name, "image", std::move(part), std::nullopt, {}}, options);
}

Source open_image_folder(const fs::path& folder, const std::string& name, const OpenOptions& options) {
  const bool parted = has_images(folder / "train") && has_images(folder / "test");
  std::vector<std::vector<Picture>> both;
  both.push_back(find_pictures(parted ? folder / "train" : folder));
  if (parted) both.push_back(find_pictures(folder / "test"));
  const auto size = options.size ? *options.size : common_size(both, folder.string());
  const bool colour = std::ranges::any_of(both, [](const std::vector<Picture>& part) {
    return std::ranges::any_of(part, [](const Picture& p) { return p.info.channels == 3; });
  });
  const Shape shape{colour && !options.grayscale ? 3 : 1, size.first, size.second};

  ArrayParts parts{name, "image folder", read_pictures(both[0], shape, folder.string()), std::nullopt, {}};
  if (parted) parts.test = read_pictures(both[1], shape, folder.string());
  label_pictures(parts, both);
  OpenOptions rest = options;
  rest.size.reset();  // done already
  rest.grayscale = false;
  return array_source(std::move(parts), rest);
}

}  // namespace latent::data
