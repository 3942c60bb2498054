#pragma once
// Private to the readers of folders: the files in a folder and below.

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace latent::data {

/// A file that cannot be used, and why.
using SkippedFile = std::pair<std::string, std::string>;

/// All regular files in a folder and below, sorted by path; hidden ones and what lies in hidden folders left out. Links
/// to folders are not followed: they may lead back. @throws IoError
std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder);

/// The folders directly in a folder, without hidden ones and what macOS adds to archives.
std::vector<std::filesystem::path> folders_in(const std::filesystem::path& folder);

/// ".png", in small letters.
std::string lower_extension(const std::filesystem::path& path);
bool is_hidden(const std::filesystem::path& path);

/// "2 .txt (first: notes.txt), 1 .gif (cat.gif)": files by their endings, the commonest first.
std::string by_ending(const std::vector<std::filesystem::path>& files);

/// "skipped 3 files that cannot be read: a.wav (the file is empty), ..."
std::string skipped_text(const std::vector<SkippedFile>& skipped);

}  // namespace latent::data
