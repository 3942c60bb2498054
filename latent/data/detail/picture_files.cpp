// Which files of a folder are pictures.

#include <latent/data/detail/folder_files.hpp>
#include <latent/data/detail/picture_files.hpp>
#include <latent/data/parallel.hpp>

#include <algorithm>
#include <array>
#include <atomic>

namespace latent::data {

namespace fs = std::filesystem;

namespace {

// The bytes of small files that are kept between the look at their headers and their decoding.
constexpr size_t kMostKept = size_t{256} << 20;

bool named_like_image(const fs::path& path) {
  const std::string extension = lower_extension(path);
  constexpr std::array<std::string_view, 7> kEndings = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"};
  return std::ranges::find(kEndings, extension) != kEndings.end();
}

// The file as a picture; nothing if it is none.
std::optional<Picture> look_at(const FolderFile& file, std::atomic<size_t>& kept) {
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

}  // namespace

PictureFiles find_pictures(const fs::path& folder) {
  const std::vector<FolderFile> files = files_below(folder);
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
