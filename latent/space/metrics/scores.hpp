#pragma once
// Figures of merit: of predicted classes, of clusterings, of predicted numbers.

#include <latent/core/tensor.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace latent::space {

/// The share of equal entries. @throws std::invalid_argument for other lengths, or none
double accuracy(std::span<const int64_t> truth, std::span<const int64_t> predicted);

/// (classes, classes) i64: how often class `row` was taken for class `column`.
/// @throws std::invalid_argument for other lengths, or a class outside [0, classes)
Tensor confusion_matrix(std::span<const int64_t> truth, std::span<const int64_t> predicted, int64_t classes);

/// The share of each class that was recognised; NaN for a class without samples.
/// @param confusion (C, C) i64   @throws std::invalid_argument for other shapes or types
std::vector<double> class_accuracies(const Tensor& confusion);

/// How far two partitions agree on pairs, corrected for chance: 1 the same, about 0 unrelated, symmetric.
/// Source: Hubert & Arabie 1985; as sklearn.metrics.adjusted_rand_score.
/// @throws std::invalid_argument for other lengths, or none
double adjusted_rand_index(std::span<const int64_t> a, std::span<const int64_t> b);

/// Mutual information over the mean of both entropies, in [0, 1]; 1 for two partitions of one part each.
/// Source: Strehl & Ghosh 2002; as sklearn.metrics.normalized_mutual_info_score (arithmetic mean).
/// @throws std::invalid_argument for other lengths, or none
double normalized_mutual_information(std::span<const int64_t> a, std::span<const int64_t> b);

/// Mean over rows of (b - a) / max(a, b): a is the mean distance to the others of the own cluster, b the smallest mean
/// distance to another cluster; 0 for a row alone in its cluster. In [-1, 1]. Cost N^2: pass a sample.
/// Source: Rousseeuw 1987; as sklearn.metrics.silhouette_score.
/// @param x (N, D) f32, finite   @param clusters  N numbers, not negative
/// @throws std::invalid_argument for other shapes, or unless there are 2 to N - 1 clusters
double silhouette(const Tensor& x, std::span<const int64_t> clusters);

/// 1 - sum of squared errors / sum of squares about the mean: 1 perfect, 0 as good as the mean. For a constant truth: 1
/// if every prediction is exact, else 0. @throws std::invalid_argument for other lengths, or none
double r_squared(std::span<const double> truth, std::span<const double> predicted);
/// @throws std::invalid_argument as above
double mean_absolute_error(std::span<const double> truth, std::span<const double> predicted);

/// Mean of some scores, and its standard error: their standard deviation (with n - 1) / sqrt(n); 0 for one score.
struct MeanError {
  double mean = 0.0, standard_error = 0.0;
};
/// @throws std::invalid_argument for no scores
MeanError mean_error(std::span<const double> scores);

}  // namespace latent::space
