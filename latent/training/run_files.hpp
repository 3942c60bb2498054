#pragma once
// Where a run keeps its files, and how a new run takes the place of an old one. See docs/files.md.

#include <latent/formats/temporary.hpp>

#include <array>
#include <filesystem>

namespace latent {

/// Where a run keeps its files; see docs/files.md.
struct RunFiles {
  std::filesystem::path directory;
  /// Seconds after which the end of an epoch is saved. Of epochs that take less, a kill loses at most twice as much; 0
  /// saves each.
  double save_seconds = 30.0;
  std::filesystem::path model() const { return directory / "model.safetensors"; }
  std::filesystem::path checkpoint() const { return directory / "checkpoint.safetensors"; }
  std::filesystem::path metrics() const { return directory / "metrics.jsonl"; }
  /// Names of the pictures that may lie beside them.
  static constexpr std::array<const char*, 4> kPictures = {"reconstructions.png", "samples.png", "loss.png",
                                                           "manifold.png"};
  /// Whether a model or a checkpoint is there.
  bool exist() const;
};

/// The files of a new run beside those of an old one, which stays whole until commit(). A kill before it leaves the old
/// run; a kill after its first step leaves what complete() makes the new one of.
class RunReplacement {
 public:
  /// @param directory  of the old run. @throws IoError
  explicit RunReplacement(const std::filesystem::path& directory);

  /// Where the new run's files are written meanwhile: all three of them.
  const std::filesystem::path& directory() const { return staged_.path(); }
  /// The old run's directory.
  const std::filesystem::path& run() const { return run_; }
  /// Puts the new run in the place of the old one, whose pictures are removed. @throws IoError
  void commit();

  /// Finishes a commit() that was killed; does nothing where there is none. For the one process that writes the run.
  /// @throws IoError
  static void complete(const std::filesystem::path& directory);

 private:
  std::filesystem::path run_;
  Temporary staged_;
};

}  // namespace latent
