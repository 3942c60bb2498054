#pragma once
// Files and folders that are not finished: each has one form of name, a lock that tells whether anybody still works on
// it, and is gone again however its process ends.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace latent {

/// What names of unfinished files begin and end with: ".latent-PID-N.tmp". They hide from listings, and no reader of
/// data looks at them.
constexpr std::string_view kTemporaryPrefix = ".latent-", kTemporarySuffix = ".tmp";

/// Whether a file of this name is an unfinished one.
bool is_temporary_name(std::string_view name);

/// While one lives, remove_on_signal() removes the file or folder. Has room for a few at a time in a process; what
/// finds none is left for remove_abandoned(). Safe from many threads.
class RemovedOnSignal {
 public:
  explicit RemovedOnSignal(const std::filesystem::path& path);
  ~RemovedOnSignal();
  RemovedOnSignal(const RemovedOnSignal&) = delete;
  RemovedOnSignal& operator=(const RemovedOnSignal&) = delete;

 private:
  int slot_ = -1;
};

/// Removes what every RemovedOnSignal and Temporary of this process stands for. For the handler of a signal that ends
/// the process: it calls only what a handler may. The library installs no such handler itself.
void remove_on_signal() noexcept;

/// An unfinished file or folder beside the place that it is meant for, locked for as long as this lives; removed at the
/// end unless it was moved to its place.
class Temporary {
 public:
  enum class Kind : uint8_t { file, folder };

  /// @param target  where the finished thing belongs: this stands in the same folder
  /// @throws IoError naming `target`
  Temporary(std::filesystem::path target, Kind kind);
  ~Temporary();
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Open for writing if it is a file.
  int fd() const { return fd_; }
  /// Flushes a file to disk, and renames it onto its target; a folder that is there already is removed. Last call.
  /// @throws IoError
  void move_to_target();

 private:
  void create();
  bool take_lock() const;

  std::filesystem::path target_, path_;
  Kind kind_;
  int fd_ = -1;
  bool moved_ = false;
  std::optional<RemovedOnSignal> on_signal_;
};

/// Removes the unfinished files and folders in `folder` that nobody works on any more: those whose lock is free, and,
/// where the file system has no locks, those that are older than a day and whose process is not there. What cannot be
/// removed stays. Never throws because of what it finds.
void remove_abandoned(const std::filesystem::path& folder);

/// Makes renames in `folder` survive a power cut. A folder that cannot be opened (no permission to list it) or flushed
/// (some network file systems) is let be.
void flush_folder(const std::filesystem::path& folder);

}  // namespace latent
