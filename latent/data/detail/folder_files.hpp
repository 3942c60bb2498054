#pragma once
// Private to the readers of folders: the files in a folder and below.

#include <filesystem>
#include <string>
#include <vector>

namespace latent::data {

/// A file below a folder, and the sub-folder of the folder itself that it lies in, however deep; empty directly in it.
struct FolderFile {
  std::filesystem::path path;
  std::string label;
};

/// All regular files in a folder and below, sorted by path; hidden ones and what lies in hidden folders left out. Links
/// to folders are not followed: they may lead back. @throws IoError
std::vector<FolderFile> files_below(const std::filesystem::path& folder);

/// ".png", in small letters.
std::string lower_extension(const std::filesystem::path& path);
bool is_hidden(const std::filesystem::path& path);

/// "2 .txt (first: notes.txt), 1 .gif (cat.gif)": files by their endings, the commonest first.
std::string by_ending(const std::vector<std::filesystem::path>& files);

}  // namespace latent::data
