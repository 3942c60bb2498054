#pragma once
// Private to the readers of pictures: which files of a folder are pictures.

#include <latent/formats/file.hpp>
#include <latent/formats/image.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace latent::data {

struct Picture {
  std::filesystem::path path;
  std::string label;  ///< the sub-folder of the folder itself that it lies in, however deep; empty directly in it
  ImageInfo info;
  FileContents contents;  ///< bytes of a small file, so that it is opened once; empty where that would take much memory
};

struct PictureFiles {
  std::vector<Picture> pictures;               ///< sorted by path
  std::vector<std::filesystem::path> skipped;  ///< regular files that are no pictures that can be read
};

/// The pictures in a folder and below; hidden files, and what lies in hidden folders, are left out.
/// @throws IoError; DataError without any picture, and for files named like one that are none
PictureFiles find_pictures(const std::filesystem::path& folder);
/// "skipped 3 files, ...: 2 .txt (first: notes.txt), 1 .gif (cat.gif)"
std::string skipped_text(const std::vector<std::filesystem::path>& skipped);
/// Whether any picture lies in the folder or below, as find_pictures() would see it.
bool has_images(const std::filesystem::path& folder);

}  // namespace latent::data
