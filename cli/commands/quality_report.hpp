#pragma once
// What `latent evaluate --features` says of new samples.

#include <cli/report.hpp>

#include <latent/run/evaluation/generated_quality.hpp>

namespace latent::cli {

/// For both: "generated_samples" with everything that was measured, and lines for people.
void add_generated_quality(Report& report, const GeneratedQuality& found, const std::string& features, uint64_t seed);

}  // namespace latent::cli
