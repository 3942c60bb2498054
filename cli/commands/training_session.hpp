#pragma once
// What train and resume share: the parts of the data, the training itself, the pictures and the summary.

#include <cli/command.hpp>

#include <server/training.hpp>
#include <cli/run.hpp>

#include <latent/run/training/train.hpp>

#include <memory>
#include <string>

namespace latent::cli {

/// Runs `trainer` to its end or to Ctrl-C, with progress on standard error; then writes the pictures and sums up.
/// @param directory  the run's
/// @throws what Trainer::run() throws
Result run_session(Trainer& trainer, const TrainingParts& parts, const std::filesystem::path& directory,
                   const TrainingOptions& options, server::TrainingWatch* watch = nullptr);

}  // namespace latent::cli
