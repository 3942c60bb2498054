#include <latent/data/detail/folder_files.hpp>

#include <latent/core/error.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <map>

namespace latent::data {

namespace fs = std::filesystem;

std::string lower_extension(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

namespace {

// Appends the files of a folder and of those below it, names in order.
void list_files(const fs::path& folder, std::vector<fs::path>& files) {
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
      list_files(folder / entry.name, files);
    } else {
      files.push_back(folder / entry.name);
    }
  }
}

}  // namespace

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  list_files(folder, files);
  return files;
}

std::vector<fs::path> folders_in(const fs::path& folder) {
  std::vector<fs::path> folders;
  std::error_code error, unknown;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const bool is_added = it->path().filename() == "__MACOSX";
    if (!is_hidden(it->path()) && !is_added && it->is_directory(unknown)) folders.push_back(it->path());
  }
  return folders;
}

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

std::string skipped_text(const std::vector<SkippedFile>& skipped) {
  constexpr size_t kMostTold = 3;
  std::string text =
      fmt::format("skipped {} file{} that cannot be read: ", skipped.size(), skipped.size() == 1 ? "" : "s");
  for (size_t i = 0; i < std::min(kMostTold, skipped.size()); ++i) {
    text += fmt::format("{}{} ({})", i == 0 ? "" : ", ", skipped[i].first, skipped[i].second);
  }
  return skipped.size() > kMostTold ? text + ", ..." : text;
}

}  // namespace latent::data
