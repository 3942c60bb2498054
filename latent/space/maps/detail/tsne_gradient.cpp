#include <latent/core/threads.hpp>
#include <latent/kernels/tsne.hpp>
#include <latent/space/maps/detail/tsne_gradient.hpp>

#include <algorithm>
#include <cmath>

namespace latent::space {

namespace {

constexpr int64_t kGradientGrain = 256;  // points that are worth a thread

// From the sums over w of all points, each of which found itself with w = 1.
double normalization(const std::vector<float>& sums) {
  double Z = 0.0;
  for (const float sum : sums) Z += static_cast<double>(sum) - 1.0;
  return std::isnan(Z) ? Z : std::max(Z, TsneGradient::least_normalization(static_cast<int64_t>(sums.size())));
}

kernels::SparseRows<float> view(const Affinities& p) { return {p.begin.data(), p.column.data(), p.value.data()}; }

}  // namespace

TsneGradient::TsneGradient(int dims, int64_t count)
    : dims_(dims), sum_(static_cast<size_t>(count)), force_(static_cast<size_t>(count * dims)) {}

double TsneGradient::joint(const Affinities& p, const PointTree& tree, double theta, double exaggeration,
                           const float* y, float* gradient) {
  cauchy_repulsion(tree, tree, theta, sum_.data(), force_.data());
  const double Z = normalization(sum_);
  const auto attraction = static_cast<float>(4.0 * exaggeration), repulsion = static_cast<float>(4.0 / Z);
  parallel_for(p.rows(), kGradientGrain, [&](int64_t begin, int64_t end) {
    kernels::tsne_attraction(dims_, view(p), begin, end, y, y, gradient);
    for (int64_t at = begin * dims_; at < end * dims_; ++at) {
      gradient[at] = attraction * gradient[at] - repulsion * force_[static_cast<size_t>(at)];
    }
  });
  return Z;
}

void TsneGradient::conditional(const Affinities& p, const PointTree& sources, const PointTree& tree, double theta,
                               double exaggeration, const float* s, const float* y, float* gradient) {
  cauchy_repulsion(sources, tree, theta, sum_.data(), force_.data());
  const auto attraction = static_cast<float>(4.0 * exaggeration);
  parallel_for(p.rows(), kGradientGrain, [&](int64_t begin, int64_t end) {
    kernels::tsne_attraction(dims_, view(p), begin, end, y, s, gradient);
    for (int64_t i = begin; i < end; ++i) {
      const float repulsion = 4.0f / std::max(sum_[static_cast<size_t>(i)], 1e-30f);  // far from everything: no force
      for (int64_t at = i * dims_; at < (i + 1) * dims_; ++at) {
        gradient[at] = attraction * gradient[at] - repulsion * force_[static_cast<size_t>(at)];
      }
    }
  });
}

double tsne_normalization(int dims, int64_t count, double theta, const float* y) {
  PointTree tree(dims, count);
  tree.divide(y);
  std::vector<float> sums(static_cast<size_t>(count)), forces(static_cast<size_t>(count * dims));
  cauchy_repulsion(tree, tree, theta, sums.data(), forces.data());
  return normalization(sums);
}

double tsne_divergence(const Affinities& p, int dims, double Z, const float* y) {
  const auto N = static_cast<size_t>(p.rows());
  std::vector<double> rows(N);
  const double log_normalization = std::log(Z);
  parallel_for(p.rows(), kGradientGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const auto row = static_cast<size_t>(i);
      for (auto at = static_cast<size_t>(p.begin[row]); at < static_cast<size_t>(p.begin[row + 1]); ++at) {
        const double value = p.value[at];
        if (value <= 0.0) continue;
        double square = 1.0;
        for (int k = 0; k < dims; ++k) {
          const double r = static_cast<double>(y[i * dims + k]) - y[int64_t{p.column[at]} * dims + k];
          square += r * r;
        }
        rows[row] += value * (std::log(value * square) + log_normalization);
      }
    }
  });
  double total = 0.0;
  for (const double row : rows) total += row;
  return total;
}

}  // namespace latent::space
