#pragma once
// checkpoint.safetensors: everything that training needs to go on as if it had never stopped. See docs/files.md.

#include <latent/core/json.hpp>
#include <latent/core/tensor.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace latent {

/// Version of the checkpoints this program writes. It reads those before, too: 1 held the whole history.
constexpr int kCheckpointFormatVersion = 2;

struct Checkpoint {
  Json config;    ///< config of the model, for make_model()
  Json options;   ///< TrainingOptions
  Json info;      ///< what travels in the model file
  Json progress;  ///< epoch, step, sums, mark of the log: see training_state.hpp
  /// "model.NAME", "optimizer.PHASE.exp_avg.NAME", "ema.NAME", "best.NAME"; in the middle of an epoch "good.*" too.
  std::vector<std::pair<std::string, Tensor>> tensors;
};

/// Replaces `path` atomically. @throws IoError; `path` is untouched then
void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);

/// @throws DataError if it is not a checkpoint, is damaged, or comes from another version; IoError if it cannot be read
Checkpoint read_checkpoint(const std::filesystem::path& path);

/// As read_checkpoint(), without the tensors: what is needed to rebuild model, data and options before
/// Trainer::restore(). Reads the header alone.
Checkpoint read_checkpoint_header(const std::filesystem::path& path);

}  // namespace latent
