#pragma once
// The directory that training writes: may it be made, and making it.

#include <cli/result_file.hpp>

#include <filesystem>
#include <string>

namespace latent::cli {

/// Checks that a run can be written to `path`, without writing anything.
/// @throws UsageError if it exists and is not to be replaced, is no run (then it is never replaced), or cannot be
/// written
void check_run_directory(const std::filesystem::path& path, Existing existing);

/// A run directory that belongs to this process: the files of an earlier run are gone, other files stay.
/// If it is still empty at the end (training failed before the first epoch), it is removed again.
class RunDirectory {
 public:
  /// @throws IoError
  explicit RunDirectory(std::filesystem::path path);
  ~RunDirectory();
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace latent::cli
