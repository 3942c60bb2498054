#pragma once
// What train and resume share: the parts of the data, the training itself, the pictures and the summary.

#include <cli/command.hpp>
#include <cli/run.hpp>

#include <latent/training/trainer.hpp>

#include <memory>
#include <string>

namespace latent::cli {

/// What is trained on and what is looked at after each epoch.
struct TrainingParts {
  std::shared_ptr<const data::Dataset> train;
  std::shared_ptr<const data::Dataset> once;      ///< train with each sample once, whatever repeat_samples() does
  std::shared_ptr<const data::Dataset> held_out;  ///< null if nothing is held out
  std::string held_out_name;                      ///< "validation", "test", or empty
  /// What pictures show, and commands take of the run's own data unless told otherwise.
  const data::Dataset& shown() const { return held_out ? *held_out : *train; }
};
/// Held-out samples of the training part where a fraction is held out, or else the source's own test part.
TrainingParts training_parts(const data::Source& source, const HeldOut& held_out);

/// Takes every training sample so many times in an epoch: a small set then makes as many steps as its model needs
/// without thousands of epochs, each of which is evaluated and saved.
void repeat_samples(TrainingParts& parts, int64_t times);

/// Runs `trainer` to its end or to Ctrl-C, with progress on standard error; then writes the pictures and sums up.
/// @param directory  the run's
/// @throws what Trainer::run() throws
Result run_session(Trainer& trainer, const TrainingParts& parts, const std::filesystem::path& directory,
                   const TrainingOptions& options);

}  // namespace latent::cli
