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

// What a file turned out to be; neither for one of another kind.
struct Looked {
  std::optional<Picture> picture;
  std::optional<std::string> reason;  // why a picture cannot be read
};

Looked look_at(const fs::path& file, std::atomic<size_t>& kept) {
  Picture picture{file, "", {}, FileContents::read(file)};
  const std::span<const std::byte> bytes = picture.contents.bytes();
  if (!image_format(bytes)) {
    if (!named_like_image(file)) return {};
    return {{}, bytes.empty() ? "the file is empty" : "it is neither PNG nor JPEG, WebP, TIFF or BMP"};
  }
  try {
    picture.info = read_image_info(bytes, file.string());
  } catch (const DataError& error) {
    return {{}, error.reason()};
  }
  const size_t copied = picture.contents.copied();
  if (copied == 0 || kept.fetch_add(copied) + copied > kMostKept) picture.contents = {};
  return {std::move(picture), {}};
}

}  // namespace

PictureFiles find_pictures(const fs::path& folder) {
  const std::vector<fs::path> files = files_below(folder);
  std::vector<Looked> looked(files.size());
  std::atomic<size_t> kept = 0;
  parallel_try(static_cast<int64_t>(files.size()),
               [&](int64_t i) { looked[static_cast<size_t>(i)] = look_at(files[static_cast<size_t>(i)], kept); });
  PictureFiles result;
  result.pictures.reserve(files.size());
  for (size_t i = 0; i < files.size(); ++i) {
    if (looked[i].picture) {
      result.pictures.push_back(std::move(*looked[i].picture));
    } else if (looked[i].reason) {
      result.unreadable.emplace_back(files[i].lexically_relative(folder).generic_string(), *looked[i].reason);
    } else {
      result.skipped.push_back(files[i]);
    }
  }
  if (!result.pictures.empty()) return result;
  if (!result.unreadable.empty()) {
    throw DataError(folder.string(), "no picture that can be read: " + skipped_text(result.unreadable));
  }
  throw DataError(folder.string(), files.empty()
                                       ? "the folder is empty"
                                       : fmt::format("no images and no other known data among the {} files of "
                                                     "this folder: {}",
                                                     files.size(), by_ending(result.skipped)));
}

std::string skipped_text(const std::vector<fs::path>& skipped) {
  return fmt::format("skipped {} file{}, no picture that can be read (PNG, JPEG, WebP, TIFF, BMP): {}", skipped.size(),
                     skipped.size() == 1 ? "" : "s", by_ending(skipped));
}

}  // namespace latent::data
