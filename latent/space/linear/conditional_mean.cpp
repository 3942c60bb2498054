#include <latent/space/linear/conditional_mean.hpp>

#include <latent/core/error.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <vector>

namespace latent::space {

namespace {

struct Range {
  float low = 0.0F, high = 0.0F;
  bool has_two = true;  // these two values and no other
};

float within(double value, const Range& range) {
  if (range.has_two) return value - double{range.low} < double{range.high} - value ? range.low : range.high;
  return std::clamp(static_cast<float>(value), range.low, range.high);
}

}  // namespace

struct ConditionalMean::Gaussian {
  Eigen::VectorXd mean;
  Eigen::MatrixXd precision;
  std::vector<Range> ranges;
};

ConditionalMean::ConditionalMean(const Tensor& rows) {
  LATENT_CHECK(rows.ndim() == 2 && rows.dtype() == DType::f32 && rows.dim(0) >= 1 && rows.dim(1) >= 1,
               "[ConditionalMean] rows (N, D) of f32, N >= 1, got {}", rows.shape().str());
  constexpr double kAddedVariance = 1e-4, kLeastVariance = 1e-12;
  using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const int64_t N = rows.dim(0), D = rows.dim(1);
  const Eigen::Map<const Rows> x(rows.data<float>(), N, D);
  auto made = std::make_unique<Gaussian>();
  for (int64_t c = 0; c < D; ++c) {
    Range range{x.col(c).minCoeff(), x.col(c).maxCoeff()};
    for (int64_t n = 0; n < N && range.has_two; ++n) range.has_two = x(n, c) == range.low || x(n, c) == range.high;
    made->ranges.push_back(range);
  }
  made->mean = x.cast<double>().colwise().mean();
  const Eigen::MatrixXd centred = x.cast<double>().rowwise() - made->mean.transpose();
  Eigen::MatrixXd covariance = centred.transpose() * centred / static_cast<double>(N);
  covariance.diagonal().array() += kAddedVariance * covariance.trace() / static_cast<double>(D) + kLeastVariance;
  made->precision = covariance.llt().solve(Eigen::MatrixXd::Identity(D, D));
  gaussian_ = std::move(made);
}

ConditionalMean::~ConditionalMean() = default;
ConditionalMean::ConditionalMean(ConditionalMean&&) noexcept = default;
ConditionalMean& ConditionalMean::operator=(ConditionalMean&&) noexcept = default;

// With the precision matrix P: E[m | o] = mean_m - P_mm^-1 P_mo (x_o - mean_o).
void ConditionalMean::fill(std::span<float> row, std::span<const int64_t> missing) const {
  const Gaussian& g = *gaussian_;
  const auto D = static_cast<int64_t>(row.size()), M = static_cast<int64_t>(missing.size());
  LATENT_CHECK(D == g.mean.size(), "[ConditionalMean] a row of {} values, got {}", g.mean.size(), D);
  for (const int64_t c : missing) LATENT_CHECK(c >= 0 && c < D, "[ConditionalMean] column {} of {}", c, D);
  Eigen::VectorXd others(D);
  for (int64_t c = 0; c < D; ++c) others[c] = double{row[static_cast<size_t>(c)]} - g.mean[c];
  for (const int64_t c : missing) others[c] = 0.0;
  Eigen::MatrixXd among(M, M);
  Eigen::VectorXd pull(M);
  for (int64_t a = 0; a < M; ++a) {
    const int64_t c = missing[static_cast<size_t>(a)];
    pull[a] = g.precision.col(c).dot(others);
    for (int64_t b = 0; b < M; ++b) among(a, b) = g.precision(c, missing[static_cast<size_t>(b)]);
  }
  const Eigen::VectorXd shift = among.llt().solve(pull);
  for (int64_t a = 0; a < M; ++a) {
    const auto c = static_cast<size_t>(missing[static_cast<size_t>(a)]);
    row[c] = within(g.mean[static_cast<int64_t>(c)] - shift[a], g.ranges[c]);
  }
}

}  // namespace latent::space
