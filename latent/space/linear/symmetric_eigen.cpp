#include <latent/space/linear/symmetric_eigen.hpp>

#include <latent/core/error.hpp>
#include <latent/core/rng.hpp>
#include <latent/kernels/multiply.hpp>

#include <Eigen/Eigenvalues>
#include <Eigen/QR>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

namespace latent::space {

namespace {

// Row-major, as all arrays are here.
using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Residual of an eigenpair as a share of the largest eigenvalue, and of its own one: what is small beside the largest
// would pass the first bound as it was drawn.
constexpr double kTolerance = 1e-8, kOwnTolerance = 1e-6;
// Below this share of the largest eigenvalue rounding keeps an iteration from the second bound.
constexpr double kLeastShare = 1e-9;

Matrix multiply(const Matrix& a, const Matrix& x) {
  Matrix y(a.rows(), x.cols());
  kernels::multiply_f64(a.rows(), x.cols(), a.cols(), a.data(), x.data(), y.data());
  return y;
}

// An orthonormal basis of the columns of x.
Matrix orthonormal(const Matrix& x) {
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr{Eigen::MatrixXd(x)};
  return qr.householderQ() * Eigen::MatrixXd::Identity(x.rows(), x.cols());
}

// Eigenpairs of A within the span of an orthonormal basis: columns of `vectors`, the largest value first.
struct Ritz {
  Eigen::VectorXd values;
  Matrix vectors, products;  // (n, l); products = A vectors
};
Ritz ritz_of(const Matrix& A, const Matrix& basis) {
  const Matrix products = multiply(A, basis);
  const Matrix transposed = basis.transpose();
  const Eigen::MatrixXd small = multiply(transposed, products);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver((small + small.transpose()) / 2.0);
  const Matrix turn = solver.eigenvectors().rowwise().reverse();
  return {solver.eigenvalues().reverse(), multiply(basis, turn), multiply(products, turn)};
}

bool has_converged(const Ritz& ritz, int64_t k) {
  for (int64_t i = 0; i < k; ++i) {
    const double limit = std::max(0.0, std::min(kTolerance * ritz.values[0], kOwnTolerance * ritz.values[i]));
    if ((ritz.products.col(i) - ritz.values[i] * ritz.vectors.col(i)).norm() > limit) return false;
  }
  return true;
}

// T_degree of A, mapped so that the unwanted eigenvalues in [0, low] stay within [-1, 1] while those above grow.
Matrix filtered(const Matrix& A, const Ritz& ritz, double low, int degree) {
  const double half = low / 2.0;
  const auto apply = [&](const Matrix& product, const Matrix& x) -> Matrix { return (product - half * x) / half; };
  Matrix before = ritz.vectors, now = apply(ritz.products, ritz.vectors);
  for (int i = 1; i < degree; ++i) {
    Matrix next = 2.0 * apply(multiply(A, now), now) - before;
    before = std::move(now);
    now = std::move(next);
  }
  return now;
}

// The degree at which the largest eigenvalue grows so much more than the smallest wanted one that the latter keeps
// eight digits beside it.
int filter_degree(const Ritz& ritz, double low, int64_t k) {
  constexpr double kGrowth = 18.0;  // e^18 = 7e7
  constexpr int kLeast = 2, kMost = 24;
  const auto rate = [&](double value) { return std::acosh(std::max(1.0, 2.0 * value / low - 1.0)); };
  const double difference = rate(ritz.values[0]) - rate(ritz.values[k - 1]);
  if (difference * kMost <= kGrowth) return kMost;
  return std::max(kLeast, static_cast<int>(kGrowth / difference));
}

std::optional<Ritz> iterate(const Matrix& A, int64_t k, int64_t width) {
  constexpr int kMostRounds = 40;
  Matrix start(A.rows(), width);
  Rng(0).normal(std::span<double>(start.data(), static_cast<size_t>(start.size())));
  Ritz ritz = ritz_of(A, orthonormal(multiply(A, start)));
  for (int round = 0; round < kMostRounds; ++round) {
    if (!(ritz.values[k - 1] >= kLeastShare * ritz.values[0])) return std::nullopt;
    if (has_converged(ritz, k)) return ritz;
    const double low = ritz.values[width - 1];
    // Nothing outside of the span is left to be told apart from rounding.
    if (!(low > 1e-14 * ritz.values[0])) return std::nullopt;
    ritz = ritz_of(A, orthonormal(filtered(A, ritz, low, filter_degree(ritz, low, k))));
  }
  return std::nullopt;
}

Eigenpairs pairs_of(const Eigen::VectorXd& values, const Matrix& vectors, int64_t k) {
  Eigenpairs pairs;
  const int64_t n = vectors.rows();
  pairs.vectors.resize(static_cast<size_t>(k * n));
  for (int64_t i = 0; i < k; ++i) {
    pairs.values.push_back(values[i]);
    for (int64_t d = 0; d < n; ++d) pairs.vectors[static_cast<size_t>(i * n + d)] = vectors(d, i);
  }
  return pairs;
}

}  // namespace

Eigenpairs largest_eigenpairs_plain(int64_t n, const std::vector<double>& A, int64_t k) {
  LATENT_CHECK(k >= 1 && k <= n, "[largest_eigenpairs] k: expected 1 to {}, got {}", n, k);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(Eigen::Map<const Eigen::MatrixXd>(A.data(), n, n));
  return pairs_of(solver.eigenvalues().reverse(), solver.eigenvectors().rowwise().reverse(), k);
}

std::vector<double> orthonormal_columns(int64_t n, int64_t l, const std::vector<double>& x) {
  const Matrix basis = orthonormal(Eigen::Map<const Matrix>(x.data(), n, l));
  return {basis.data(), basis.data() + basis.size()};
}

Eigenpairs largest_eigenpairs(int64_t n, const std::vector<double>& A, int64_t k) {
  LATENT_CHECK(k >= 1 && k <= n, "[largest_eigenpairs] k: expected 1 to {}, got {}", n, k);
  constexpr int64_t kWorthIt = 4;                 // iterating is faster where n is that many times the block
  const int64_t width = (k + 12 + 15) / 16 * 16;  // whole vectors
  if (n >= kWorthIt * width) {
    const std::optional<Ritz> ritz = iterate(Eigen::Map<const Matrix>(A.data(), n, n), k, width);
    if (ritz) return pairs_of(ritz->values, ritz->vectors, k);
  }
  return largest_eigenpairs_plain(n, A, k);
}

}  // namespace latent::space
