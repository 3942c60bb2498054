#include <latent/space/maps/spectral.hpp>

#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>

namespace latent::space {

namespace {

// The vectors of a block stand side by side, so that a neighbour is one piece of a cache line.
constexpr int64_t kSubspaceBlock = 8;
constexpr int64_t kGrain = 512;
using Small = Eigen::Matrix<double, kSubspaceBlock, kSubspaceBlock>;
using Block = std::vector<float>;  // (N, kSubspaceBlock)

// M = D^-1/2 W D^-1/2, without its first eigenvector, which is known.
class NormalizedAdjacency {
 public:
  explicit NormalizedAdjacency(const Graph& graph) : graph_(graph), weight_(graph.value.size()) {
    const auto N = static_cast<size_t>(graph.rows());
    trivial_.resize(N);
    double total = 0.0;
    for (size_t i = 0; i < N; ++i) {
      double degree = 0.0;
      for (auto e = static_cast<size_t>(graph.begin[i]); e < static_cast<size_t>(graph.begin[i + 1]); ++e) {
        degree += graph.value[e];
      }
      trivial_[i] = std::sqrt(degree);
      total += degree;
    }
    for (size_t i = 0; i < N; ++i) {
      for (auto e = static_cast<size_t>(graph.begin[i]); e < static_cast<size_t>(graph.begin[i + 1]); ++e) {
        const double scale = trivial_[i] * trivial_[static_cast<size_t>(graph.column[e])];
        weight_[e] = static_cast<float>(graph.value[e] / scale);
      }
    }
    for (double& value : trivial_) value /= std::sqrt(total);
  }

  int64_t size() const { return graph_.rows(); }
  const std::vector<double>& trivial() const { return trivial_; }

  /// y = scale M x + shift x + other * z; z may be y.
  void apply(const Block& x, float scale, float shift, float other, const Block& z, Block& y) const {
    parallel_for(size(), kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        float sum[kSubspaceBlock] = {};
        for (auto e = graph_.begin[static_cast<size_t>(i)]; e < graph_.begin[static_cast<size_t>(i) + 1]; ++e) {
          const float weight = weight_[static_cast<size_t>(e)];
          const float* from = x.data() + int64_t{graph_.column[static_cast<size_t>(e)]} * kSubspaceBlock;
          for (int64_t c = 0; c < kSubspaceBlock; ++c) sum[c] += weight * from[c];
        }
        for (int64_t c = 0; c < kSubspaceBlock; ++c) {
          const auto at = static_cast<size_t>(i * kSubspaceBlock + c);
          y[at] = scale * sum[c] + shift * x[at] + other * z[at];
        }
      }
    });
  }

 private:
  const Graph& graph_;
  std::vector<float> weight_;
  std::vector<double> trivial_;  // unit length
};

// The sum over vertices of f(i), which adds to a small matrix: by blocks of fixed size, so that it does not depend on
// threads.
template <class Sum, class F>
Sum sum_over(int64_t N, const F& f) {
  constexpr int64_t kRows = 2048;
  const int64_t parts = (N + kRows - 1) / kRows;
  std::vector<Sum> partial(static_cast<size_t>(parts), Sum::Zero());
  parallel_for(parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; ++part) {
      for (int64_t i = part * kRows; i < std::min(N, (part + 1) * kRows); ++i) f(i, partial[static_cast<size_t>(part)]);
    }
  });
  Sum sum = Sum::Zero();
  for (const Sum& one : partial) sum += one;
  return sum;
}

using Row = Eigen::Map<const Eigen::Matrix<float, 1, kSubspaceBlock>>;
Row row(const Block& x, int64_t i) { return Row(x.data() + i * kSubspaceBlock); }

Small products(const Block& x, const Block& y, int64_t N) {
  return sum_over<Small>(N, [&](int64_t i, Small& sum) {
    sum.noalias() += row(x, i).cast<double>().transpose() * row(y, i).cast<double>();
  });
}

void remove_trivial(const std::vector<double>& trivial, Block& x) {
  using Sum = Eigen::Matrix<double, 1, kSubspaceBlock>;
  const auto N = static_cast<int64_t>(trivial.size());
  const Sum dots =
      sum_over<Sum>(N, [&](int64_t i, Sum& sum) { sum += row(x, i).cast<double>() * trivial[static_cast<size_t>(i)]; });
  parallel_for(N, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      for (int64_t c = 0; c < kSubspaceBlock; ++c) {
        x[static_cast<size_t>(i * kSubspaceBlock + c)] -= static_cast<float>(dots[c] * trivial[static_cast<size_t>(i)]);
      }
    }
  });
}

void rotate(Block& x, const Small& by) {
  parallel_for(static_cast<int64_t>(x.size()) / kSubspaceBlock, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      Eigen::Map<Eigen::Matrix<float, 1, kSubspaceBlock>> here(x.data() + i * kSubspaceBlock);
      const Eigen::Matrix<double, 1, kSubspaceBlock> rotated = here.cast<double>() * by;
      here = rotated.cast<float>();
    }
  });
}

// Rayleigh-Ritz: turns x into the best approximate eigenvectors of its span, the largest eigenvalue first, and mx = M x
// with it. @return the eigenvalues
Eigen::Matrix<double, kSubspaceBlock, 1> ritz(Block& x, Block& mx, int64_t N) {
  const Small gram = products(x, x, N), projected = products(x, mx, N);
  // Unit columns first: the filter has made them very unequal.
  const Eigen::Matrix<double, kSubspaceBlock, 1> unit = gram.diagonal().cwiseMax(1e-300).cwiseSqrt().cwiseInverse();
  const Small G = unit.asDiagonal() * gram * unit.asDiagonal();
  const Small H = unit.asDiagonal() * (0.5 * (projected + projected.transpose())) * unit.asDiagonal();
  // A ridge of the size of f32's rounding keeps columns apart that have become the same.
  constexpr double kRidge = 1e-9;
  const Eigen::GeneralizedSelfAdjointEigenSolver<Small> solver(H, G + kRidge * Small::Identity());
  const Small by = unit.asDiagonal() * solver.eigenvectors().rowwise().reverse();
  rotate(x, by);
  rotate(mx, by);
  return solver.eigenvalues().reverse();
}

double largest_residual(const Block& x, const Block& mx, const Eigen::Matrix<double, kSubspaceBlock, 1>& values,
                        int64_t N, int64_t dims) {
  using Sum = Eigen::Matrix<double, kSubspaceBlock, 1>;
  const Sum squares = sum_over<Sum>(N, [&](int64_t i, Sum& sum) {
    const Sum residual =
        row(mx, i).cast<double>().transpose() - values.cwiseProduct(row(x, i).cast<double>().transpose());
    sum += residual.cwiseAbs2();
  });
  return std::sqrt(squares.head(dims).maxCoeff());
}

Tensor first_columns(const Block& x, int64_t N, int64_t dims) {
  Tensor layout = Tensor::empty({N, dims});
  for (int64_t c = 0; c < dims; ++c) {
    float largest = 0.0f;
    for (int64_t i = 0; i < N; ++i) {
      const float value = x[static_cast<size_t>(i * kSubspaceBlock + c)];
      if (std::abs(value) > std::abs(largest)) largest = value;
    }
    const float sign = largest < 0.0f ? -1.0f : 1.0f;
    for (int64_t i = 0; i < N; ++i)
      layout.data<float>()[i * dims + c] = sign * x[static_cast<size_t>(i * kSubspaceBlock + c)];
  }
  return layout;
}

}  // namespace

Tensor spectral_layout(const Graph& graph, const SpectralOptions& options) {
  constexpr int64_t kDegree = 16;  // of the filter: so many products lie between two looks
  const int64_t N = graph.rows(), dims = options.dims;
  LATENT_CHECK(dims >= 1 && dims < kSubspaceBlock && N > dims + 1,
               "[spectral_layout] dims from 1 to {} and below N - 1 expected, got {} for N = {}", kSubspaceBlock - 1,
               dims, N);
  const NormalizedAdjacency M(graph);
  Block x(static_cast<size_t>(N * kSubspaceBlock)), mx(x.size());
  Rng(options.seed).fork(0x5bec).normal(x);
  double cut = 0.5;  // eigenvalues of M below are damped
  for (int64_t products_done = 0;;) {
    remove_trivial(M.trivial(), x);
    M.apply(x, 1.0f, 0.0f, 0.0f, x, mx);
    const auto values = ritz(x, mx, N);
    products_done += kDegree;
    if (products_done > options.most_products || largest_residual(x, mx, values, N, dims) < options.tolerance) break;
    // Chebyshev polynomials of t(M), where t maps [-1, cut] to [-1, 1]: T_1 = t x, T_2 = 2 t T_1 - T_0, ...
    cut = std::clamp(values[kSubspaceBlock - 1], cut, 1.0 - 1e-6);
    const auto slope = static_cast<float>(2.0 / (cut + 1.0)), shift = static_cast<float>((1.0 - cut) / (cut + 1.0));
    for (size_t i = 0; i < x.size(); ++i) mx[i] = slope * mx[i] + shift * x[i];
    for (int64_t degree = 2; degree <= kDegree; ++degree) {
      M.apply(mx, 2.0f * slope, 2.0f * shift, -1.0f, x, x);
      std::swap(x, mx);
    }
    std::swap(x, mx);
  }
  return first_columns(x, N, dims);
}

}  // namespace latent::space
