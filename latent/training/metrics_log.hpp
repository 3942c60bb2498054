#pragma once
// metrics.jsonl: one line of JSON for each epoch. See docs/files.md.

#include <latent/core/json.hpp>
#include <latent/training/observer.hpp>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace latent {

/// {"epoch", "seconds", "samples_per_second", "lr", "train": {...}, HELD_OUT_NAME: {...}, "kl_per_dim": [...]}; what is
/// empty is left out. Numbers that are not finite become null.
Json to_json(const EpochReport& report, const std::string& held_out_name);
/// @throws std::exception if the JSON is not what to_json() writes
EpochReport epoch_report_from_json(const Json& value, const std::string& held_out_name);

/// How a log stands at some moment. A checkpoint remembers it in place of the epochs themselves, so that saving takes
/// as long after thousands of them as at first.
struct LogMark {
  uint64_t bytes = 0;     ///< size of the file
  uint64_t checksum = 0;  ///< checksum of these bytes: FNV-1a, 64 bits
  friend bool operator==(const LogMark&, const LogMark&) = default;
};

/// The log of a run that is being trained. Only its owner writes to the file.
class MetricsLog {
 public:
  MetricsLog(std::filesystem::path path, std::string held_out_name);

  /// The file is at another place now.
  void move_to(std::filesystem::path path) { path_ = std::move(path); }
  /// Replaces the file by the lines of `history`, atomically. @throws IoError
  void rewrite(std::span<const EpochReport> history);
  /// Cuts the file, which begins with what read_metrics_log() found at `mark`, off there. @throws IoError
  void cut(const LogMark& mark);
  /// Adds one line. @throws IoError
  void append(const EpochReport& report);
  /// Waits until all lines are on disk: before a checkpoint that counts on them. @throws IoError
  void flush() const;
  const LogMark& mark() const { return mark_; }

 private:
  std::filesystem::path path_;
  std::string held_out_name_;
  LogMark mark_;
};

/// What a log tells when it is taken up again.
struct LoggedHistory {
  std::vector<EpochReport> reports;  ///< reports of epochs up to the one asked for, in order
  bool is_intact = false;            ///< whether the file begins with the bytes that the mark is of
};
/// Reads the epochs 1 to `last_epoch` that a file still tells of. What is missing, torn or no report is left out.
LoggedHistory read_metrics_log(const std::filesystem::path& path, const LogMark& mark, int64_t last_epoch,
                               const std::string& held_out_name);

}  // namespace latent
