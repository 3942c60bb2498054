#include <latent/space/anomalies/detail/column_mahalanobis.hpp>

#include <latent/core/threads.hpp>

#include <algorithm>
#include <cmath>

namespace latent::space {

namespace {

double one_over(double variance) { return variance > 0.0 ? 1.0 / variance : 1.0; }

// The square of a row's distance from the mean of M rows, one of which it is, as it would be from the M - 1 others:
// the inverse of a covariance less one row is known from the whole one (Sherman & Morrison 1950).
double left_out(double square, double M) {
  constexpr double kLeast = 1e-6;  // of a row that alone spans a direction, up to rounding
  if (M < 3.0) return square;
  const double ratio = M / (M - 1.0), rest = 1.0 - M * square / ((M - 1.0) * (M - 1.0));
  return ratio * ratio * (M - 2.0) / (M - 1.0) * square / std::max(rest, kLeast);
}

}  // namespace

ColumnMahalanobis::ColumnMahalanobis(const Tensor& reference) : mean_(reference.rows(0, 1)) {
  const int64_t M = reference.dim(0), P = reference.dim(1), dims = std::min({M, P, kMostComponents});
  if (M >= 2) {
    pca_ = fit_pca(reference, {.dims = dims});
    mean_ = pca_->mean;
    const double added = kAddedVariance * pca_->total_variance / static_cast<double>(P);
    double rest = pca_->total_variance;
    for (const double variance : pca_->variance) {
      precision_.push_back(one_over(std::max(variance, 0.0) + added));
      rest -= variance;
    }
    const double beside = P > dims ? std::max(rest, 0.0) / static_cast<double>(P - dims) : 0.0;
    of_the_rest_ = one_over(beside + added);
  }
  own_ = squares(reference);
  for (double& value : own_) value = std::sqrt(left_out(value, static_cast<double>(M)));
}

std::vector<double> ColumnMahalanobis::squares(const Tensor& x) const {
  const int64_t N = x.dim(0), P = x.dim(1), dims = static_cast<int64_t>(precision_.size());
  const Tensor projected = pca_ ? pca_->project(x) : Tensor();  // (N, dims)
  std::vector<double> sums(static_cast<size_t>(N));
  parallel_for(N, 64, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      double sum = 0.0, rest = 0.0;
      for (int64_t p = 0; p < P && dims < P; ++p) {
        const double from_mean = double{x.data<float>()[n * P + p]} - mean_.data<float>()[p];
        rest += from_mean * from_mean;
      }
      for (int64_t i = 0; i < dims; ++i) {
        const double value = projected.data<float>()[n * dims + i];
        sum += value * value * precision_[static_cast<size_t>(i)];
        rest -= value * value;
      }
      sums[static_cast<size_t>(n)] = sum + std::max(rest, 0.0) * of_the_rest_;
    }
  });
  return sums;
}

std::vector<double> ColumnMahalanobis::operator()(const Tensor& x) const {
  std::vector<double> distances = squares(x);
  for (double& value : distances) value = std::sqrt(value);
  return distances;
}

}  // namespace latent::space
