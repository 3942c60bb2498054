#pragma once
// The directory that training writes: may it be made, making it, and keeping others out of it.

#include <latent/run/remark.hpp>
#include <latent/run/results/result_file.hpp>
#include <latent/training/run_lock.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace latent {

/// Checks that a run can be written to `path`, without writing anything.
/// @throws UsageError if it exists and is not to be replaced, is no run (then it is never replaced), cannot be
/// written, or is being written by another process
void check_run_directory(const std::filesystem::path& path, Existing existing);

/// A run directory that this process alone writes. What a process that is no more left unfinished in it is removed. If
/// it is still empty at the end (training failed before the first checkpoint), it is removed again.
class RunDirectory {
 public:
  /// For a new run: makes the directory. A run that is there already stays as it is until the trainer replaces it.
  /// @throws UsageError as check_run_directory(); IoError
  RunDirectory(std::filesystem::path path, Existing existing);
  /// For a run that is there and goes on. @throws UsageError if another process writes it; IoError
  explicit RunDirectory(std::filesystem::path path);
  ~RunDirectory();
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }
  /// Whether nothing keeps others out of it, because its file system has no locks.
  const std::vector<Remark>& remarks() const { return remarks_; }

 private:
  void lock();

  std::filesystem::path path_;
  std::optional<RunLock> lock_;
  std::vector<Remark> remarks_;
};

}  // namespace latent
