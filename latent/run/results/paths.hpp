#pragma once
// Paths that the user typed: what the system says about them, as a usage error in one line.

#include <filesystem>
#include <string_view>

namespace latent {

/// What `path` is; nothing there is no error.
/// @param option  the option that named it ("--out"), or empty for an argument
/// @throws UsageError if the system does not say: a name that is too long, a loop of links, a folder that may not be
///         looked into
std::filesystem::file_status status_of(const std::filesystem::path& path, std::string_view option);

/// The path from the root, without "." and "..". @throws UsageError if the working directory was deleted
std::filesystem::path absolute_path(const std::filesystem::path& path, std::string_view option);

/// Whether the folder holds nothing, unfinished files and locks of this program aside. @throws UsageError as
/// status_of()
bool is_empty_folder(const std::filesystem::path& folder, std::string_view option);

/// @throws UsageError unless a new file or folder at `path` could be made: its nearest existing ancestor is a folder
///         that may be written to
void check_can_create(const std::filesystem::path& path, std::string_view option);

}  // namespace latent
