#pragma once
// Anomaly scores: how odd samples are beside the samples that a model was trained on.

#include <latent/core/tensor.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace latent::space {

/// What is known of N samples: the samples themselves, and what a model says of them.
struct AnomalyFeatures {
  Tensor x;      ///< (N, P) f32, in model values; needed
  Tensor codes;  ///< (N, D) f32; undefined for a model without encoder
  Tensor x_hat;  ///< (N, P) f32, reconstructions; undefined for a model without encoder or decoder
  /// Losses of the model with their names, N numbers each, higher = odder: "reconstruction", "neg_elbo", "nll".
  std::vector<std::pair<std::string, std::vector<double>>> terms;
};

struct AnomalyOptions {
  /// Whether the P values are quantities of their own, as the columns of a table are, rather than pixels: long tails of
  /// columns are then drawn in before distances are taken, and rare values of single columns count.
  bool by_column = true;
};

/// One score of every sample, higher = odder.
struct AnomalyComponent {
  std::string name;            ///< "distance", "neg_elbo", ...
  bool is_combined = false;    ///< whether it is part of the combined score
  double weight = 0.0;         ///< how much it counts there: 1 as a plain component, 0 not at all
  std::vector<double> values;  ///< as the component measures: nats, distances, ratios
};

struct AnomalyScores {
  std::vector<double> score;    ///< the combined one: 0 is usual, 3 and above odd
  std::vector<double> p_value;  ///< conformal, by the held-out samples: see conformal_p_values()
  std::vector<AnomalyComponent> components;
};

/// Scores beside a reference (samples the model was trained on) and a calibration (normal samples that it was not).
///
/// Components, as far as the features allow:
///   distance        mean distance to the kNeighbors nearest reference rows, of the values as the model takes them
///   density         the same distance divided by what is usual for those rows themselves, as in the local outlier
///                   factor; by_column: long tails drawn in, asinh((x - median) / spread)
///   joint_density   the same ratio of the code beside the residual x - x_hat: their principal components, scaled by
///                   variance^(-1/4), half way to being whitened
///   code_distance, code_density   of the code alone, each dimension scaled to unit variance
///   wide_density, wide_joint_density, wide_code_density   the three ratios with kMoreNeighbors
///   mahalanobis     of the code, from mean and covariance of the reference's codes
///   column_mahalanobis   by_column: of the values, from mean and covariance of the reference's
///   tails           by_column: minus the log of the smaller tail of the reference that each value lies in, summed
///   neg_elbo, ...   the terms given
///   constants       by_column: in how many columns that never varied in the reference the row holds another value
/// The combined score is a mean of all but mahalanobis and the terms, of which it takes one, the model's loss
/// (neg_elbo, or reconstruction where there is none). All have weight 1 but the density ratios by column: where
/// values are few, distances tie, and a ratio of two of them may be noise. With d the probability that two rows of the
/// reference differ in a column, averaged over the columns that vary, they weigh d^2 + (1 - d^2) g^2: g = 2 AUROC - 1
/// says how well `density` tells rows whose columns come from two rows of the reference from the reference itself. What
/// they weigh less, column_mahalanobis takes: where neighbourhoods say little, how columns vary together in all rows is
/// what is left. Each is made comparable first: the logarithm of distances and ratios, then (value - median) / (84th
/// percentile - median) over reference and calibration, with asinh of tails and terms, so that none decides alone. Of
/// the loss the size counts: samples simpler than all that training saw have too little of it. What a change of
/// constants is worth is added to the mean: the normal quantile of 1 - r times the root of their number, where r is the
/// rate of such changes that the reference's own rows, each left out, suggest. A reference row is compared with the
/// others, never with itself.
///
/// Immutable after construction; the same scores for any number of threads.
/// Source: Breunig et al. 2000 (local outlier factor); Li et al. 2022, arXiv:2201.00382 (tails of columns: ECOD); An &
/// Cho 2015 (reconstruction); Bates et al. 2023, arXiv:2104.08279 (conformal p-values); Simpson 1949, "Measurement of
/// diversity" (equal pairs); Tipping & Bishop 1999 (the covariance of many columns).
class AnomalyScorer {
 public:
  /// Neighbours that distances and ratios look at, or all rows where there are fewer.
  static constexpr int64_t kNeighbors = 5, kMoreNeighbors = 15;

  /// @param reference    M >= 1 rows
  /// @param calibration  n >= 1 rows with the same features, none of which the model was trained on
  /// @throws std::invalid_argument for features of other shapes, types or names, and for x that is not finite
  AnomalyScorer(const AnomalyFeatures& reference, const AnomalyFeatures& calibration,
                const AnomalyOptions& options = {});
  ~AnomalyScorer();
  AnomalyScorer(const AnomalyScorer&) = delete;
  AnomalyScorer& operator=(const AnomalyScorer&) = delete;
  AnomalyScorer(AnomalyScorer&&) noexcept;
  AnomalyScorer& operator=(AnomalyScorer&&) noexcept;

  /// @throws std::invalid_argument as the constructor. What a model could not compute (a code or a term that is not
  ///         finite) is as odd as can be.
  AnomalyScores score(const AnomalyFeatures& samples) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace latent::space
