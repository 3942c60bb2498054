#pragma once
// Missing values of rows from the others: the conditional mean of a Gaussian.

#include <latent/core/tensor.hpp>

#include <cstdint>
#include <memory>
#include <span>

namespace latent::space {

/// A Gaussian with the mean and the covariance of complete rows (1e-4 of the mean variance is added to each variance).
/// What it gives for missing values is exact where columns depend on each other linearly. Values stay in the range of
/// the complete rows, and columns of two values there get one of these. Immutable after construction.
/// Source: Little & Rubin 2002, "Statistical Analysis with Missing Data", section 2.2 (imputation by regression).
class ConditionalMean {
 public:
  /// @param rows  (N, D) f32, finite, N >= 1   @throws std::invalid_argument otherwise
  explicit ConditionalMean(const Tensor& rows);
  ~ConditionalMean();
  ConditionalMean(ConditionalMean&&) noexcept;
  ConditionalMean& operator=(ConditionalMean&&) noexcept;

  /// Replaces the missing values of a row by E[missing | others].
  /// @param row      D values
  /// @param missing  which of them are missing, ascending   @throws std::invalid_argument for columns outside [0, D)
  void fill(std::span<float> row, std::span<const int64_t> missing) const;

 private:
  struct Gaussian;
  std::unique_ptr<const Gaussian> gaussian_;
};

}  // namespace latent::space
