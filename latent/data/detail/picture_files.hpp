#pragma once
// Private to the readers of pictures: which files of a folder are pictures.

#include <latent/data/detail/folder_files.hpp>
#include <latent/formats/file.hpp>
#include <latent/formats/image.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace latent::data {

struct Picture {
  std::filesystem::path path;
  std::string label;  ///< the folder of its class, or empty
  ImageInfo info;
  FileContents contents;  ///< bytes of a small file, so that it is opened once; empty where that would take much memory
};

struct PictureFiles {
  std::vector<Picture> pictures;               ///< sorted by path
  std::vector<std::filesystem::path> skipped;  ///< regular files of other kinds
  std::vector<SkippedFile> unreadable;         ///< named or made like pictures, but empty, damaged or of a rare form
};

/// The pictures in a folder and below, without labels; hidden files, and what lies in hidden folders, are left out.
/// @throws IoError; DataError without any picture
PictureFiles find_pictures(const std::filesystem::path& folder);
/// "skipped 3 files, ...: 2 .txt (first: notes.txt), 1 .gif (cat.gif)"
std::string skipped_text(const std::vector<std::filesystem::path>& skipped);

}  // namespace latent::data
