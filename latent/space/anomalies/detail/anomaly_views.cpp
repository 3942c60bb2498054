#include <latent/space/anomalies/detail/anomaly_views.hpp>

#include <latent/core/threads.hpp>
#include <latent/space/metrics/quantile.hpp>
#include <latent/space/neighbors/neighbors.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <limits>

namespace latent::space {

namespace {

using RowMatrixD = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// A spread below this part of the standard deviation belongs to a column that hardly ever changes.
constexpr double kLeastSpread = 0.05;
// Distances below this part of the usual one are taken for it: copies of rows must not make ratios of nothing.
constexpr double kLeastDistance = 0.05;
constexpr int64_t kMostComponents = 128;
// Variance that is added to every principal component, in parts of their mean.
constexpr double kAddedVariance = 0.01;

struct Moments {
  double mean = 0.0, stddev = 0.0;
};

std::vector<float> column_of(const Tensor& x, int64_t c) {
  const int64_t N = x.dim(0), P = x.dim(1);
  std::vector<float> column(static_cast<size_t>(N));
  for (int64_t row = 0; row < N; ++row) column[static_cast<size_t>(row)] = x.data<float>()[row * P + c];
  return column;
}

Moments moments_of(const std::vector<float>& values) {
  Moments m;
  const auto n = static_cast<double>(values.size());
  for (const float value : values) m.mean += value / n;
  for (const float value : values) m.stddev += (value - m.mean) * (value - m.mean) / n;
  m.stddev = std::sqrt(m.stddev);
  return m;
}

// f(value, column) for every element.
template <class F>
Tensor map_columns(const Tensor& x, const F& f) {
  Tensor y = Tensor::empty(x.shape());
  const int64_t P = x.dim(1);
  const auto* from = x.data<float>();
  auto* to = y.data<float>();
  parallel_for(x.dim(0), 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin * P; i < end * P; ++i) to[i] = f(from[i], static_cast<size_t>(i % P));
  });
  return y;
}

// Calls f(column) for all columns, in parallel.
template <class F>
void for_columns(const Tensor& x, const F& f) {
  parallel_for(x.dim(1), 1, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c) f(c);
  });
}

double total_variance(const Tensor& x) {
  std::vector<double> variances(static_cast<size_t>(x.dim(1)));
  for_columns(x, [&](int64_t c) {
    const double stddev = moments_of(column_of(x, c)).stddev;
    variances[static_cast<size_t>(c)] = stddev * stddev;
  });
  double sum = 0.0;
  for (const double variance : variances) sum += variance;
  return sum;
}

// The value that a share `tail` of the standard normal distribution lies above, for 0 < tail <= 1/2: by bisection.
double upper_quantile(double tail) {
  constexpr double kHighest = 38.0;  // where the tail is no longer a normal number
  double low = 0.0, high = kHighest;
  for (int step = 0; step < std::numeric_limits<double>::digits; ++step) {
    const double middle = 0.5 * (low + high);
    (0.5 * std::erfc(middle / std::sqrt(2.0)) > tail ? low : high) = middle;
  }
  return low;
}

double mean_of(const float* values, int64_t count) {
  double sum = 0.0;
  for (int64_t i = 0; i < count; ++i) sum += values[i];
  return sum / static_cast<double>(count);
}

}  // namespace

Tensor bounded(const Tensor& x) {
  return map_columns(
      x, [](float value, size_t) { return std::isnan(value) ? kFarthest : std::clamp(value, -kFarthest, kFarthest); });
}

DampedColumns::DampedColumns(const Tensor& reference)
    : median_(static_cast<size_t>(reference.dim(1))), spread_(static_cast<size_t>(reference.dim(1))) {
  constexpr double kNormalRange = 1.349;  // interquartile range of a normal distribution in standard deviations
  for_columns(reference, [&](int64_t c) {
    std::vector<float> values = column_of(reference, c);
    const double stddev = moments_of(values).stddev;
    std::sort(values.begin(), values.end());
    double spread = (quantile<float>(values, 0.75) - quantile<float>(values, 0.25)) / kNormalRange;
    if (spread < kLeastSpread * stddev) spread = stddev;
    median_[static_cast<size_t>(c)] = static_cast<float>(quantile<float>(values, 0.5));
    spread_[static_cast<size_t>(c)] = spread > 0.0 ? static_cast<float>(spread) : 1.0F;
  });
}

Tensor DampedColumns::operator()(const Tensor& x) const {
  return map_columns(x, [&](float value, size_t c) { return std::asinh((value - median_[c]) / spread_[c]); });
}

UnitColumns::UnitColumns(const Tensor& reference) : factor_(static_cast<size_t>(reference.dim(1))) {
  for_columns(reference, [&](int64_t c) {
    const double stddev = moments_of(column_of(reference, c)).stddev;
    factor_[static_cast<size_t>(c)] = stddev > 0.0 ? static_cast<float>(1.0 / stddev) : 1.0F;
  });
}

Tensor UnitColumns::operator()(const Tensor& x) const {
  return bounded(map_columns(x, [&](float value, size_t c) { return value * factor_[c]; }));
}

CodeAndResidual::CodeAndResidual(const Tensor& x, const Tensor& codes, const Tensor& x_hat) {
  const double of_codes = total_variance(codes), of_x_hat = total_variance(x_hat);
  if (of_codes > 0.0 && of_x_hat > 0.0) code_factor_ = std::sqrt(of_x_hat / of_codes);
  const Tensor rows = joined(x, codes, x_hat);
  const int64_t dims = std::min({rows.dim(1), rows.dim(0), kMostComponents});
  if (rows.dim(0) < 2) return;
  pca_ = fit_pca(rows, {.dims = dims});
  const double added = kAddedVariance * pca_->total_variance / static_cast<double>(rows.dim(1));
  for (const double variance : pca_->variance) {
    const double sum = std::max(variance, 0.0) + added;
    factor_.push_back(static_cast<float>(sum > 0.0 ? std::pow(sum, -0.25) : 1.0));
  }
}

Tensor CodeAndResidual::joined(const Tensor& x, const Tensor& codes, const Tensor& x_hat) const {
  const int64_t N = x.dim(0), P = x.dim(1), D = codes.dim(1);
  Tensor rows = Tensor::empty({N, D + P});
  parallel_for(N, 64, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      auto* row = rows.data<float>() + n * (D + P);
      for (int64_t d = 0; d < D; ++d) row[d] = static_cast<float>(code_factor_ * codes.data<float>()[n * D + d]);
      for (int64_t p = 0; p < P; ++p) row[D + p] = x.data<float>()[n * P + p] - x_hat.data<float>()[n * P + p];
    }
  });
  return bounded(rows);
}

Tensor CodeAndResidual::operator()(const Tensor& x, const Tensor& codes, const Tensor& x_hat) const {
  Tensor rows = joined(x, codes, x_hat);
  if (!pca_) return rows;
  return bounded(map_columns(pca_->project(rows), [&](float value, size_t c) { return value * factor_[c]; }));
}

MahalanobisDistance::MahalanobisDistance(const Tensor& reference) {
  constexpr double kRidge = 1e-6;
  const int64_t N = reference.dim(0), D = reference.dim(1);
  const Tensor rows = reference.to(DType::f64);
  const Eigen::Map<const RowMatrixD> x(rows.data<double>(), N, D);
  const Eigen::RowVectorXd mean = x.colwise().mean();
  const RowMatrixD centred = x.rowwise() - mean;
  RowMatrixD covariance = centred.transpose() * centred / static_cast<double>(N);
  const double ridge = kRidge * covariance.trace() / static_cast<double>(D);
  covariance.diagonal().array() += ridge > 0.0 ? ridge : 1.0;  // a code that never varies: Euclidean distance
  const Eigen::LLT<RowMatrixD> llt(covariance);
  const RowMatrixD inverse = llt.matrixL().solve(RowMatrixD::Identity(D, D));
  mean_ = Tensor::from(std::span<const double>(mean.data(), static_cast<size_t>(D)), {D});
  inverse_cholesky_ = Tensor::from(std::span<const double>(inverse.data(), static_cast<size_t>(D * D)), {D, D});
}

std::vector<double> MahalanobisDistance::operator()(const Tensor& x) const {
  const int64_t N = x.dim(0), D = x.dim(1);
  std::vector<double> distances(static_cast<size_t>(N));
  const auto* mean = mean_.data<double>();
  const auto* inverse = inverse_cholesky_.data<double>();
  parallel_for(N, 16, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      const float* row = x.data<float>() + n * D;
      double squares = 0.0;
      for (int64_t i = 0; i < D; ++i) {
        double sum = 0.0;
        for (int64_t j = 0; j <= i; ++j) sum += inverse[i * D + j] * (row[j] - mean[j]);
        squares += sum * sum;
      }
      distances[static_cast<size_t>(n)] = std::sqrt(squares);
    }
  });
  return distances;
}

ColumnTails::ColumnTails(const Tensor& reference)
    : rows_(reference.dim(0)), sorted_(static_cast<size_t>(reference.dim(1))) {
  for_columns(reference, [&](int64_t c) {
    std::vector<float>& values = sorted_[static_cast<size_t>(c)];
    values = column_of(reference, c);
    std::sort(values.begin(), values.end());
  });
}

std::vector<double> ColumnTails::operator()(const Tensor& x) const {
  const int64_t N = x.dim(0), P = x.dim(1);
  std::vector<double> sums(static_cast<size_t>(N), 0.0);
  parallel_for(N, 16, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      for (int64_t p = 0; p < P; ++p) {
        const std::vector<float>& values = sorted_[static_cast<size_t>(p)];
        const auto [first, last] = std::equal_range(values.begin(), values.end(), x.data<float>()[n * P + p]);
        const auto tail = std::min(last - values.begin(), values.end() - first);
        sums[static_cast<size_t>(n)] -=
            std::log((static_cast<double>(tail) + 1.0) / (static_cast<double>(rows_) + 1.0));
      }
    }
  });
  return sums;
}

double resolution_of(const Tensor& reference) {
  const int64_t M = reference.dim(0), P = reference.dim(1);
  std::vector<double> differ(static_cast<size_t>(P), 0.0);
  for_columns(reference, [&](int64_t c) {
    std::vector<float> values = column_of(reference, c);
    std::sort(values.begin(), values.end());
    double equal_pairs = 0.0;
    for (auto first = values.begin(); first != values.end();) {
      const auto last = std::upper_bound(first, values.end(), *first);
      const auto count = static_cast<double>(last - first);
      equal_pairs += count * (count - 1.0);
      first = last;
    }
    const double pairs = static_cast<double>(M) * static_cast<double>(M - 1);
    if (pairs > 0.0) differ[static_cast<size_t>(c)] = 1.0 - equal_pairs / pairs;
  });
  double sum = 0.0, varying = 0.0;
  for (const double probability : differ) {
    sum += probability;
    varying += probability > 0.0 ? 1.0 : 0.0;
  }
  return varying > 0.0 ? sum / varying : 0.0;
}

ConstantColumns::ConstantColumns(const Tensor& reference)
    : is_constant_(static_cast<size_t>(reference.dim(1)), 0), value_(static_cast<size_t>(reference.dim(1))) {
  const int64_t M = reference.dim(0), P = reference.dim(1);
  std::vector<int64_t> only_row(static_cast<size_t>(P), -1);
  for_columns(reference, [&](int64_t c) {
    const auto at = static_cast<size_t>(c);
    const std::vector<float> values = column_of(reference, c);
    std::vector<float> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    value_[at] = sorted.front();
    is_constant_[at] = sorted.front() == sorted.back() ? 1 : 0;
    if (is_constant_[at] != 0 || M < 3) return;
    const bool low = sorted[1] == sorted.back(), high = sorted.front() == sorted[sorted.size() - 2];
    if (!low && !high) return;
    const float other = low ? sorted.front() : sorted.back();
    only_row[at] = std::find(values.begin(), values.end(), other) - values.begin();
  });
  std::sort(only_row.begin(), only_row.end());
  only_row.erase(std::unique(only_row.begin(), only_row.end()), only_row.end());
  const auto rows = std::count_if(only_row.begin(), only_row.end(), [](int64_t row) { return row >= 0; });
  rate_ = (static_cast<double>(rows) + 1.0) / (static_cast<double>(M) + 2.0);
}

std::vector<double> ConstantColumns::changes(const Tensor& x) const {
  const int64_t N = x.dim(0), P = x.dim(1);
  std::vector<double> counts(static_cast<size_t>(N), 0.0);
  parallel_for(N, 64, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      for (int64_t p = 0; p < P; ++p) {
        const bool changed = contains(p) && x.data<float>()[n * P + p] != value(p);
        counts[static_cast<size_t>(n)] += changed ? 1.0 : 0.0;
      }
    }
  });
  return counts;
}

double ConstantColumns::deviation(double changes) const {
  return upper_quantile(std::min(rate_, 0.5)) * std::sqrt(changes);
}

NeighborView::Scale NeighborView::scale_of(int64_t neighbors, const Tensor& distance) {
  Scale scale{.neighbors = neighbors, .least = 0.0, .own = {}};
  const int64_t M = distance.dim(0), found = distance.dim(1), count = std::min(neighbors, found);
  for (int64_t n = 0; n < M; ++n) scale.own.push_back(mean_of(distance.data<float>() + n * found, count));
  std::vector<double> sorted = scale.own;
  std::sort(sorted.begin(), sorted.end());
  // Where most rows have copies, the usual distance is that of the first which has none.
  for (size_t i = sorted.size() / 2; scale.least == 0.0 && i < sorted.size(); ++i) {
    scale.least = kLeastDistance * sorted[i];
  }
  if (scale.least == 0.0) scale.least = kLeastDistance;  // all rows are equal
  for (double& own : scale.own) own = std::max(own, scale.least);
  return scale;
}

NeighborView::NeighborView(Tensor reference, int64_t few, int64_t more) : reference_(std::move(reference)) {
  const int64_t M = reference_.dim(0);
  if (M < 2) {  // nothing to compare with: distances stand for themselves
    few_.own = more_.own = {1.0};
    own_ = {{1.0}, {1.0}, {1.0}};
    return;
  }
  const Neighbors found = nearest_others(reference_, std::min(more, M - 1));
  few_ = scale_of(few, found.distance);
  more_ = scale_of(more, found.distance);
  own_ = measure(found.index, found.distance);
}

NeighborView::Measures NeighborView::measure(const Tensor& index, const Tensor& distance) const {
  const int64_t N = index.dim(0), found = index.dim(1);
  Measures measures;
  const auto density = [&](const Scale& scale, int64_t n, double mean) {
    const int64_t count = std::min(scale.neighbors, found);
    double usual = 0.0;
    for (int64_t j = 0; j < count; ++j) usual += scale.own[static_cast<size_t>(index.data<int64_t>()[n * found + j])];
    return mean / (usual / static_cast<double>(count));
  };
  for (int64_t n = 0; n < N; ++n) {
    const auto* row = distance.data<float>() + n * found;
    const double near = std::max(mean_of(row, std::min(few_.neighbors, found)), few_.least);
    const double wide = std::max(mean_of(row, std::min(more_.neighbors, found)), more_.least);
    measures.distance.push_back(near);
    measures.density.push_back(density(few_, n, near));
    measures.wide_density.push_back(density(more_, n, wide));
  }
  return measures;
}

NeighborView::Measures NeighborView::operator()(const Tensor& x) const {
  const Neighbors found = nearest(x, reference_, std::min(more_.neighbors, reference_.dim(0)));
  return measure(found.index, found.distance);
}

NeighborView::Measures NeighborView::without(const std::vector<std::array<int64_t, 2>>& left_out,
                                             const Tensor& x) const {
  constexpr int64_t kLeftOut = 2;
  const int64_t N = x.dim(0), asked = std::min(more_.neighbors + kLeftOut, reference_.dim(0)), kept = asked - kLeftOut;
  const Neighbors found = nearest(x, reference_, asked);
  Tensor index = Tensor::empty({N, kept}, DType::i64), distance = Tensor::empty({N, kept});
  for (int64_t n = 0; n < N; ++n) {
    const auto& [a, b] = left_out[static_cast<size_t>(n)];
    for (int64_t j = 0, to = 0; j < asked && to < kept; ++j) {
      const int64_t row = found.index.data<int64_t>()[n * asked + j];
      if (row == a || row == b) continue;
      index.data<int64_t>()[n * kept + to] = row;
      distance.data<float>()[n * kept + to++] = found.distance.data<float>()[n * asked + j];
    }
  }
  return measure(index, distance);
}

}  // namespace latent::space
