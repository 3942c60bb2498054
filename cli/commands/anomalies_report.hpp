#pragma once
// What `latent anomalies` says of scores.

#include <cli/report.hpp>

#include <latent/run/anomalies/odd_samples.hpp>
#include <latent/run/anomalies/scoring.hpp>

#include <optional>
#include <string>
#include <vector>

namespace latent::cli {

/// The scores, what they are made of, how well they find what labels call anomalies, and the oddest samples.
/// @param report  begun by head(), which names the output
/// @param part    what was scored, for people
void add_scores(Report& report, const std::string& part, const ScoredData& scored,
                const std::optional<AnomalyLabels>& labels, const std::vector<OddSample>& oddest);

}  // namespace latent::cli
