#pragma once
// How well a score puts one class above the other, and how unusual a score is among others.

#include <cstdint>
#include <span>
#include <vector>

namespace latent::space {

/// The probability that a random positive scores above a random negative, ties counting half: the area under the ROC
/// curve. The same figure as sklearn.metrics.roc_auc_score.
/// @param scores       finite, higher = more likely positive
/// @param is_positive  one for each score, 0 or 1
/// @throws std::invalid_argument for other lengths, scores that are not finite, or a class without samples
double auroc(std::span<const double> scores, std::span<const uint8_t> is_positive);

/// Average precision: sum over thresholds of (recall - the recall before) * precision, without interpolation; equal
/// scores share one threshold. The same figure as sklearn.metrics.average_precision_score.
/// @throws std::invalid_argument as auroc()
double average_precision(std::span<const double> scores, std::span<const uint8_t> is_positive);

/// Conformal p-values: (1 + how many calibration scores are at least the score) / (n + 1). Where the new sample and the
/// n of the calibration are exchangeable (drawn alike, and none of them seen when the scores were fitted), the
/// probability of a p-value of at most a is at most a, whatever the distribution.
/// Source: Vovk, Gammerman & Shafer 2005, "Algorithmic learning in a random world"; Bates et al. 2023,
/// arXiv:2104.08279.
/// @param calibration  n >= 1 scores of held-out normal samples
/// @return one in [1 / (n + 1), 1] for each score
/// @throws std::invalid_argument for an empty calibration, or scores that are not finite
std::vector<double> conformal_p_values(std::span<const double> scores, std::span<const double> calibration);

}  // namespace latent::space
