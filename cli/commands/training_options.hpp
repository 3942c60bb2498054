#pragma once
// The options of `train` that say how it is trained.

#include <cli/arguments.hpp>

#include <latent/training/trainer.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace latent::cli {

/// The option --save-every of train and resume.
void declare_save_every(Arguments& arguments, double& seconds);

struct TrainingFlags {
  std::optional<int64_t> epochs, batch, patience;
  std::optional<double> lr, momentum, weight_decay, warmup, clip, ema;
  std::string optimizer, schedule, augment, corrupt;

  void declare(Arguments& arguments);

  /// The preset's training settings with every option given in its place.
  /// @param preset_training  JSON text of a Preset
  /// @throws std::invalid_argument for unknown names; UsageError for options that do not belong together
  TrainingOptions options(std::string_view preset_training, uint64_t seed, Precision precision) const;
};

}  // namespace latent::cli
