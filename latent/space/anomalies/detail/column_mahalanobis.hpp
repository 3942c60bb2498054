#pragma once
// Private to this folder: how far a row is from the middle of all rows, in proportion to how columns vary together.

#include <latent/core/tensor.hpp>
#include <latent/space/linear/pca.hpp>

#include <optional>
#include <vector>

namespace latent::space {

/// Mahalanobis distance of the columns from the reference's mean. The covariance is that of probabilistic principal
/// components: kMostComponents directions have variances of their own and all others their mean variance, plus
/// kAddedVariance of the columns' mean variance, so that columns which hardly vary do not decide alone.
/// Source: Tipping & Bishop 1999, "Probabilistic principal component analysis".
class ColumnMahalanobis {
 public:
  static constexpr int64_t kMostComponents = 128;
  static constexpr double kAddedVariance = 0.01;

  /// @param reference (M, P) f32, finite; where it has no variance, distances are Euclidean
  explicit ColumnMahalanobis(const Tensor& reference);
  /// @param x (N, P) f32, finite   @return N distances
  std::vector<double> operator()(const Tensor& x) const;
  /// Distances of the reference's rows, each from mean and covariance of the others (the added variance is taken to
  /// change alike).
  const std::vector<double>& own() const { return own_; }

 private:
  std::vector<double> squares(const Tensor& x) const;

  Tensor mean_;                    // (P) f32
  std::optional<Pca> pca_;         // none for a single row
  std::vector<double> precision_;  // one over the variance of each component,
  double of_the_rest_ = 1.0;       // and of every direction beside them
  std::vector<double> own_;
};

}  // namespace latent::space
