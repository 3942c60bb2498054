#include <latent/space/clusters/mixture.hpp>

#include <latent/core/names.hpp>
#include <latent/kernels/gemm.hpp>
#include <latent/space/clusters/kmeans.hpp>
#include <latent/space/linear/detail/row_blocks.hpp>
#include <latent/space/linear/detail/rows.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

namespace latent::space {

namespace {

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
constexpr double kLeastVariance = 1e-30;  // of rows that are all the same: 1 / sqrt of it is a float
constexpr std::array<std::string_view, 4> kCovariances = {"diagonal", "full", "spherical", "tied"};

// What the density of a component needs: (x - mean) whiten has the unit covariance, and log sqrt |covariance|.
struct Component {
  std::vector<float> whiten;  // D, or (D, D) upper triangular for full covariances
  double half_log_determinant = 0.0;
};

// Covariances that rounding or too few rows left singular are strengthened until they have a Cholesky factor.
Component full_component(const double* covariance, int64_t D) {
  RowMatrix matrix = Eigen::Map<const RowMatrix>(covariance, D, D);
  const double scale = std::max(matrix.trace() / static_cast<double>(D), std::numeric_limits<double>::min());
  double added = 0.0;
  Eigen::LLT<RowMatrix> cholesky(matrix);
  for (double strength = 1e-12; cholesky.info() != Eigen::Success; strength *= 10.0) {
    LATENT_CHECK(strength <= 1.0 && std::isfinite(scale), "[mixture] values too large: their squares are not finite");
    matrix.diagonal().array() += strength * scale - added;
    added = strength * scale;
    cholesky.compute(matrix);
  }
  const RowMatrix lower = cholesky.matrixL();
  Component component;
  for (int64_t d = 0; d < D; ++d) component.half_log_determinant += std::log(lower(d, d));
  // x - mean = L e, so that e = (x - mean) L^-T for rows.
  const RowMatrix whiten = cholesky.matrixL().solve(RowMatrix(RowMatrix::Identity(D, D))).transpose();
  for (int64_t i = 0; i < D * D; ++i) component.whiten.push_back(static_cast<float>(whiten.data()[i]));
  return component;
}

Component diagonal_component(const double* variance, int64_t D) {
  Component component;
  for (int64_t d = 0; d < D; ++d) {
    component.whiten.push_back(static_cast<float>(1.0 / std::sqrt(variance[d])));
    component.half_log_determinant += 0.5 * std::log(variance[d]);
  }
  return component;
}

std::vector<Component> components_of(const Mixture& mixture) {
  const int64_t k = mixture.size(), D = mixture.means.dim(1);
  const bool full = is_square(mixture.covariance);
  std::vector<Component> components(static_cast<size_t>(k));
  parallel_for(k, 1, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c) {
      const double* variances = mixture.variances.data() + c * (full ? D * D : D);
      components[static_cast<size_t>(c)] = full ? full_component(variances, D) : diagonal_component(variances, D);
    }
  });
  return components;
}

// (x - mean) of a block of rows.
void differences(const float* x, int64_t rows, int64_t D, const float* mean, std::vector<float>& out) {
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t d = 0; d < D; ++d) out[static_cast<size_t>(i * D + d)] = x[i * D + d] - mean[d];
  }
}

// ||(x - mean) whiten||^2 of a block of rows, from their differences.
void mahalanobis(const Component& component, Covariance covariance, int64_t rows, int64_t D,
                 const std::vector<float>& diff, std::vector<float>& whitened, std::vector<double>& squares) {
  if (is_square(covariance)) {
    kernels::gemm({.M = rows, .N = D, .K = D, .on_this_thread = true}, diff.data(), component.whiten.data(), nullptr,
                  whitened.data());
  } else {
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t d = 0; d < D; ++d) {
        whitened[static_cast<size_t>(i * D + d)] =
            diff[static_cast<size_t>(i * D + d)] * component.whiten[static_cast<size_t>(d)];
      }
    }
  }
  for (int64_t i = 0; i < rows; ++i) {
    double sum = 0.0;
    for (int64_t d = 0; d < D; ++d) {
      const double value = whitened[static_cast<size_t>(i * D + d)];
      sum += value * value;
    }
    squares[static_cast<size_t>(i)] = sum;
  }
}

// log (weight N(x)) of each row and component. (N, k)
void log_joint_into(const Mixture& mixture, const Tensor& x, double* out) {
  const int64_t D = x.dim(1), k = mixture.size();
  const std::vector<Component> components = components_of(mixture);
  const RowBlocks blocks(x.dim(0), D);
  blocks.for_each([&](int64_t block) {
    const int64_t begin = blocks.begin(block), rows = blocks.rows_in(block);
    std::vector<float> diff(static_cast<size_t>(rows * D)), whitened(diff.size());
    std::vector<double> squares(static_cast<size_t>(rows));
    for (int64_t c = 0; c < k; ++c) {
      const Component& component = components[static_cast<size_t>(c)];
      const double constant = std::log(mixture.weights[static_cast<size_t>(c)]) - component.half_log_determinant -
                              0.5 * static_cast<double>(D) * std::log(2.0 * std::numbers::pi);
      differences(x.data<float>() + begin * D, rows, D, mixture.means.data<float>() + c * D, diff);
      mahalanobis(component, mixture.covariance, rows, D, diff, whitened, squares);
      for (int64_t i = 0; i < rows; ++i) out[(begin + i) * k + c] = constant - 0.5 * squares[static_cast<size_t>(i)];
    }
  });
}

double log_sum_exp(const double* values, int64_t count) {
  const double highest = *std::max_element(values, values + count);
  double total = 0.0;
  for (int64_t c = 0; c < count; ++c) total += std::exp(values[c] - highest);
  return highest + std::log(total);
}

// Turns log joints (N, k) into responsibilities. @return log p(x) of each row
std::vector<double> normalize_rows(int64_t N, int64_t k, double* joint) {
  std::vector<double> log_prob(static_cast<size_t>(N));
  parallel_for(N, 256, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      double* row = joint + i * k;
      const double total = log_sum_exp(row, k);
      log_prob[static_cast<size_t>(i)] = total;
      for (int64_t c = 0; c < k; ++c) row[c] = std::exp(row[c] - total);
    }
  });
  return log_prob;
}

// EM on centred rows.
class Fit {
 public:
  Fit(const Tensor& x, const MixtureOptions& options, double mean_variance)
      : x_(x), N_(x.dim(0)), D_(x.dim(1)), k_(options.k), options_(options) {
    mixture_.covariance = options.covariance;
    mixture_.weights.resize(static_cast<size_t>(k_));
    mixture_.means = Tensor::empty({k_, D_});
    mixture_.variances.resize(static_cast<size_t>(k_ * variance_size()));
    added_ = std::max(options.regularization * mean_variance, kLeastVariance);
  }

  Mixture run(const std::vector<int64_t>& clusters) {
    Tensor shares = Tensor::zeros({N_, k_}, DType::f64);
    for (int64_t i = 0; i < N_; ++i) shares.data<double>()[i * k_ + clusters[static_cast<size_t>(i)]] = 1.0;
    maximize(shares);
    double before = -std::numeric_limits<double>::infinity();
    while (mixture_.iterations < options_.max_iterations && !mixture_.converged) {
      ++mixture_.iterations;
      mixture_.log_likelihood = expect(shares);
      maximize(shares);
      mixture_.converged = std::abs(mixture_.log_likelihood - before) < options_.tolerance;
      before = mixture_.log_likelihood;
    }
    mixture_.log_likelihood = expect(shares);
    return mixture_;
  }

 private:
  int64_t variance_size() const { return is_square(options_.covariance) ? D_ * D_ : D_; }

  // Fills in the responsibilities. @return the mean log-likelihood
  double expect(Tensor& shares) const {
    log_joint_into(mixture_, x_, shares.data<double>());
    const std::vector<double> log_prob = normalize_rows(N_, k_, shares.data<double>());
    return std::accumulate(log_prob.begin(), log_prob.end(), 0.0) / static_cast<double>(N_);
  }

  // Each component sums over all rows in their order, so that threads do not change the sums.
  void maximize(const Tensor& shares) {
    parallel_for(k_, 1, [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; ++c) update(c, shares.data<double>());
    });
    const double total = std::accumulate(mixture_.weights.begin(), mixture_.weights.end(), 0.0);
    for (double& weight : mixture_.weights) weight /= total;
    if (options_.covariance == Covariance::tied) tie();
  }

  void update(int64_t c, const double* shares) {
    constexpr double kNothing = 10.0 * std::numeric_limits<double>::epsilon();
    std::vector<double> mean(static_cast<size_t>(D_), 0.0);
    double weight = kNothing;
    for (int64_t i = 0; i < N_; ++i) {
      const double share = shares[i * k_ + c];
      if (share == 0.0) continue;
      weight += share;
      for (int64_t d = 0; d < D_; ++d) mean[static_cast<size_t>(d)] += share * x_.data<float>()[i * D_ + d];
    }
    mixture_.weights[static_cast<size_t>(c)] = weight;
    float* narrow = mixture_.means.data<float>() + c * D_;
    for (int64_t d = 0; d < D_; ++d) narrow[d] = static_cast<float>(mean[static_cast<size_t>(d)] / weight);
    spread(c, shares, weight);
  }

  // All components get their mean covariance.
  void tie() {
    const auto size = static_cast<size_t>(variance_size());
    std::vector<double> mean(size, 0.0);
    for (size_t c = 0; c < mixture_.weights.size(); ++c) {
      for (size_t i = 0; i < size; ++i) mean[i] += mixture_.weights[c] * mixture_.variances[c * size + i];
    }
    for (size_t i = 0; i < mixture_.variances.size(); ++i) mixture_.variances[i] = mean[i % size];
  }

  // The covariance of a component about its mean: weighted differences, block by block.
  void spread(int64_t c, const double* shares, double weight) {
    const bool full = is_square(options_.covariance);
    double* variances = mixture_.variances.data() + c * variance_size();
    std::fill_n(variances, variance_size(), 0.0);
    const RowBlocks blocks(N_, D_);
    std::vector<float> diff(static_cast<size_t>(blocks.largest() * D_));
    std::vector<float> product(static_cast<size_t>(full ? D_ * D_ : 0));
    for (int64_t block = 0; block < blocks.count(); ++block) {
      const int64_t begin = blocks.begin(block), rows = blocks.rows_in(block);
      differences(x_.data<float>() + begin * D_, rows, D_, mixture_.means.data<float>() + c * D_, diff);
      for (int64_t i = 0; i < rows; ++i) {
        const auto root = static_cast<float>(std::sqrt(shares[(begin + i) * k_ + c]));
        for (int64_t d = 0; d < D_; ++d) diff[static_cast<size_t>(i * D_ + d)] *= root;
      }
      if (full) {
        kernels::gemm({.M = D_, .N = D_, .K = rows, .transpose_a = true, .on_this_thread = true}, diff.data(),
                      diff.data(), nullptr, product.data());
        for (int64_t i = 0; i < D_ * D_; ++i) variances[i] += product[static_cast<size_t>(i)];
      } else {
        for (int64_t i = 0; i < rows * D_; ++i) {
          variances[i % D_] += static_cast<double>(diff[static_cast<size_t>(i)]) * diff[static_cast<size_t>(i)];
        }
      }
    }
    for (int64_t i = 0; i < variance_size(); ++i) variances[i] /= weight;
    if (options_.covariance == Covariance::spherical) {
      std::fill_n(variances, D_, std::accumulate(variances, variances + D_, 0.0) / static_cast<double>(D_));
    }
    for (int64_t d = 0; d < D_; ++d) variances[full ? d * D_ + d : d] += added_;
  }

  const Tensor& x_;
  int64_t N_, D_, k_;
  MixtureOptions options_;
  double added_;
  Mixture mixture_;
};

}  // namespace

Covariance covariance_from(std::string_view name) {
  for (size_t i = 0; i < kCovariances.size(); ++i) {
    if (name == kCovariances[i]) return static_cast<Covariance>(i);
  }
  unknown_name("covariance", name, kCovariances);
}

bool is_square(Covariance covariance) { return covariance == Covariance::full || covariance == Covariance::tied; }

std::string_view name_of(Covariance covariance) { return kCovariances[static_cast<size_t>(covariance)]; }

Tensor Mixture::log_joint(const Tensor& x) const {
  LATENT_CHECK(x.ndim() == 2 && x.dim(1) == means.dim(1) && x.dtype() == DType::f32,
               "[mixture] x (N, {}) f32: got {} {}", means.dim(1), name_of(x.dtype()), x.shape().str());
  Tensor joint = Tensor::empty({x.dim(0), size()}, DType::f64);
  log_joint_into(*this, x, joint.data<double>());
  return joint;
}

std::vector<double> Mixture::log_prob(const Tensor& x) const {
  Tensor joint = log_joint(x);
  return normalize_rows(x.dim(0), size(), joint.data<double>());
}

Tensor Mixture::responsibilities(const Tensor& x) const {
  Tensor joint = log_joint(x);
  normalize_rows(x.dim(0), size(), joint.data<double>());
  return joint;
}

double Mixture::bic(int64_t rows) const {
  const auto k = static_cast<double>(size()), D = static_cast<double>(means.dim(1));
  double spreads = 0.0;  // numbers that describe all covariances
  switch (covariance) {
    case Covariance::spherical: spreads = k; break;
    case Covariance::diagonal: spreads = k * D; break;
    case Covariance::tied: spreads = D * (D + 1.0) / 2.0; break;
    case Covariance::full: spreads = k * D * (D + 1.0) / 2.0; break;
  }
  const auto n = static_cast<double>(rows);
  return -2.0 * n * log_likelihood + (k * D + spreads + k - 1.0) * std::log(n);
}

Mixture fit_mixture(const Tensor& x, const MixtureOptions& options) {
  check_rows("mixture", x);
  LATENT_CHECK(options.k >= 1 && options.k <= x.dim(0), "[mixture] k: from 1 to the {} rows, got {}", x.dim(0),
               options.k);
  LATENT_CHECK(options.max_iterations >= 1 && options.tolerance > 0.0 && options.regularization >= 0.0,
               "[mixture] max_iterations, tolerance and regularization: positive numbers expected, got {}, {} and {}",
               options.max_iterations, options.tolerance, options.regularization);
  const std::vector<double> mean = column_means(x);
  const std::vector<double> variances = column_variances(x, mean);
  const double variance =
      std::accumulate(variances.begin(), variances.end(), 0.0) / static_cast<double>(variances.size());
  const Tensor centred = subtract_mean(x, mean);
  const Kmeans start = fit_kmeans(centred, {.k = options.k, .restarts = options.restarts, .seed = options.seed});
  Mixture mixture = Fit(centred, options, variance).run(start.clusters);
  const int64_t D = x.dim(1);
  for (int64_t i = 0; i < mixture.means.numel(); ++i) {
    float& value = mixture.means.data<float>()[i];
    value = static_cast<float>(value + mean[static_cast<size_t>(i % D)]);
  }
  return mixture;
}

}  // namespace latent::space
