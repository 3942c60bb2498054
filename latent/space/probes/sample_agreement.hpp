#pragma once
// How well generated rows agree with real ones.

#include <latent/data/dataset.hpp>
#include <latent/models/latent_model.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace latent::space {

/// Figures of generated rows beside real ones that the model was not trained on. They do not depend on the units of the
/// columns.
struct SampleAgreement {
  /// For each column 1 - the Kolmogorov-Smirnov distance between the real and the generated values: 1 is the same
  /// distribution. Source: Patki et al. 2016, "The Synthetic Data Vault" (as its metric KSComplement).
  std::vector<double> columns;
  /// Mean over pairs of columns that vary of 1 - |r_real - r_generated| / 2, r being Pearson's correlation: 1 is the
  /// same correlations. NaN where fewer than two columns vary. Source: as above (CorrelationSimilarity).
  double pairs = 0.0;
  /// AUROC of a classifier that was trained to tell generated rows from real ones, on rows that it was not trained on:
  /// 0.5 if it cannot, 1 if it always can. Source: Lopez-Paz & Oquab 2017, arXiv:1610.06545 (classifier two-sample
  /// test).
  double classifier_auroc = 0.5;
  int64_t rows = 0;  ///< rows of each side that were looked at

  /// The mean of `columns`.
  double mean_of_columns() const;
  /// The column that agrees least; the first of equals.
  int64_t worst_column() const;
};

/// Below so many rows on either side the figures are noise.
constexpr int64_t kLeastRowsToCompare = 20;

/// Compares at most 5,000 rows of each side, drawn by `seed`. The classifier is a logistic regression on the values,
/// their squares, where there are at most 24 columns their products, and, for columns of which the real rows have at
/// most 20 values, whether a value is one of those; it is trained on one half of the rows and judged on the other.
/// Deterministic: the same bits at any number of threads.
/// @param real, generated  (N, D) and (M, D) f32, finite, at least kLeastRowsToCompare rows each, D >= 1
/// @throws std::invalid_argument otherwise
SampleAgreement compare_samples(const Tensor& real, const Tensor& generated, uint64_t seed);

/// Draws as many samples from the model (codes from the prior, values from p(x|z)) as there are in the set, at most
/// 5,000, and compares them with it. Nothing for a set of fewer than kLeastRowsToCompare samples.
/// @param finish  what is made of the drawn rows, (N, D) model values, before they are compared; null: nothing
/// @throws std::invalid_argument for a model without decoder, or samples of another shape than the model's
std::optional<SampleAgreement> judge_samples(const LatentModel& model, const data::Dataset& held_out, uint64_t seed,
                                             const std::function<Tensor(const Tensor& rows)>& finish = nullptr);

}  // namespace latent::space
