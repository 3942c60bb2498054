// Which files of a folder are pictures.

#include <latent/data/parallel.hpp>
#include <latent/data/picture_files.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>

namespace latent::data {

namespace fs = std::filesystem;

namespace {

// A file below the folder, and the sub-folder of the folder itself that it lies in, however deep; empty directly in it.
struct File {
  fs::path path;
  std::string label;
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
  constexpr std::array<std::string_view, 7> kEndings = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"};
  return std::ranges::find(kEndings, extension) != kEndings.end();
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
    throw DataError(file.path.string(), bytes.empty()
                                            ? "the file is empty"
                                            : "named like an image, but it is neither PNG nor JPEG, WebP, TIFF or BMP");
  }
  picture.info = read_image_info(bytes, file.path.string());
  const size_t copied = picture.contents.copied();
  if (copied == 0 || kept.fetch_add(copied) + copied > kMostKept) picture.contents = {};
  return picture;
}

// "2 .txt (first: notes.txt), 1 .gif (cat.gif)": files by their endings, the commonest first.
std::string by_ending(const std::vector<fs::path>& files) {
  std::map<std::string, std::vector<std::string>> endings;
  for (const fs::path& file : files) endings[lower_extension(file)].push_back(file.filename().string());
  std::vector<std::pair<std::string, std::vector<std::string>>> sorted(endings.begin(), endings.end());
  std::ranges::stable_sort(sorted, [](const auto& a, const auto& b) { return a.second.size() > b.second.size(); });
  constexpr size_t kMostListed = 6;
  std::string text;
  for (size_t i = 0; i < std::min(sorted.size(), kMostListed); ++i) {
    const auto& [ending, names] = sorted[i];
    text +=
        fmt::format("{}{} {} ({}{})", i == 0 ? "" : ", ", names.size(), ending.empty() ? "without an ending" : ending,
                    names.size() > 1 ? "first: " : "", names.front());
  }
  if (sorted.size() > kMostListed) text += fmt::format(" and {} more kinds", sorted.size() - kMostListed);
  return text;
}

}  // namespace

PictureFiles find_pictures(const fs::path& folder) {
  const std::vector<File> files = files_below(folder);
  std::vector<std::optional<Picture>> found(files.size());
  std::atomic<size_t> kept = 0;
  parallel_try(static_cast<int64_t>(files.size()),
               [&](int64_t i) { found[static_cast<size_t>(i)] = look_at(files[static_cast<size_t>(i)], kept); });
  PictureFiles result;
  result.pictures.reserve(files.size());
  for (size_t i = 0; i < files.size(); ++i) {
    if (found[i]) {
      result.pictures.push_back(std::move(*found[i]));
    } else {
      result.skipped.push_back(files[i].path);
    }
  }
  if (result.pictures.empty()) {
    throw DataError(folder.string(), files.empty()
                                         ? "the folder is empty"
                                         : fmt::format("no images and no other known data among the {} files of "
                                                       "this folder: {}",
                                                       files.size(), by_ending(result.skipped)));
  }
  return result;
}

std::string skipped_text(const std::vector<fs::path>& skipped) {
  return fmt::format("skipped {} file{}, no picture that can be read (PNG, JPEG, WebP, TIFF, BMP): {}", skipped.size(),
                     skipped.size() == 1 ? "" : "s", by_ending(skipped));
}

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

}  // namespace latent::data
