#pragma once
// Private to space/: what its rooms do with the rows of (N, D) f32. Sums are in double and in a fixed
// order.

#include <latent/core/tensor.hpp>

#include <span>
#include <vector>

namespace latent::space {

/// @throws std::invalid_argument unless x is (N, D) f32 with N, D >= 1 and all values finite
void check_rows(const char* caller, const Tensor& x);

std::vector<double> column_means(const Tensor& x);
/// Mean squared distance from `mean`, for each column.
std::vector<double> column_variances(const Tensor& x, std::span<const double> mean);
/// x - mean, computed in double. (N, D)
Tensor subtract_mean(const Tensor& x, std::span<const double> mean);
/// ||a - b||^2 of two rows of D values.
double squared_distance(const float* a, const float* b, int64_t D);
/// ||x||^2 of each row.
std::vector<float> squared_lengths(const Tensor& x);
/// Rows `indices` of x, in that order. @throws std::invalid_argument for an index outside [0, N)
Tensor rows_at(const Tensor& x, std::span<const int64_t> indices);
/// x^T x (D, D), row-major; x should be centred.
std::vector<double> gram(const Tensor& x);

/// Values of each column brought to mean 0 and variance 1, as they were on the rows that this was fitted to. A constant
/// column becomes 0.
struct Standardizer {
  std::vector<double> mean, scale;  ///< x' = (x - mean) * scale
  /// @throws std::invalid_argument unless x is (N, D) f32, not empty, finite
  static Standardizer fit(const Tensor& x);
  /// @throws std::invalid_argument for other shapes
  Tensor apply(const Tensor& x) const;
};

}  // namespace latent::space
