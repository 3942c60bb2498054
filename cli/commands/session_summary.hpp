#pragma once
// What `latent train` and `latent resume` sum up.

#include <cli/command.hpp>
#include <cli/output.hpp>

#include <latent/run/training/train.hpp>

#include <filesystem>
#include <string_view>

namespace latent::cli {

struct SessionSummary {
  Json json;
  Table table;
};

/// How a training ended: "finished", "stopped early", "interrupted".
std::string_view outcome_name(Outcome outcome);

/// How long it took, and the figures of the epoch whose weights are saved.
SessionSummary summary_of(const Trainer& trainer, const TrainingParts& parts, const std::filesystem::path& directory,
                          const TrainingOptions& options, Outcome outcome);

}  // namespace latent::cli
