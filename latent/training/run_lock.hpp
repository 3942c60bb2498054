#pragma once
// Who trains into a run directory: one process at a time.

#include <latent/formats/temporary.hpp>

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace latent {

/// A run directory that another process trains into. what() names that process.
class RunBusy : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The right to write a run's files, held for as long as this lives or its process does: a lock (flock) on a file in
/// the directory that holds the number of the process and its machine. Readers need none: each file is replaced whole.
class RunLock {
 public:
  static constexpr std::string_view kFileName = ".latent-lock";

  /// @param directory  must exist
  /// @throws RunBusy if another process holds it; IoError if nothing can be written there
  explicit RunLock(const std::filesystem::path& directory);
  /// Removes the file.
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

  /// False where the file system has no locks: then nothing keeps others out.
  bool is_held() const { return is_held_; }

  /// The process that holds the lock of `directory` now: "process 1234", with the machine if it is another one. Empty
  /// if nobody holds it.
  static std::string owner(const std::filesystem::path& directory);

 private:
  std::filesystem::path path_;
  int fd_ = -1;
  bool is_held_ = false;
  std::optional<RemovedOnSignal> on_signal_;
};

}  // namespace latent
