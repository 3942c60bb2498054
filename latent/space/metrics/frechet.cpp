#include <latent/space/metrics/frechet.hpp>

#include <latent/kernels/gemm.hpp>
#include <latent/space/linear/detail/rows.hpp>
#include <latent/space/linear/symmetric_eigen.hpp>

#include <algorithm>
#include <cmath>

namespace latent::space {

namespace {

using Matrix = std::vector<double>;  // (n, n), row-major

Matrix product(int64_t n, const Matrix& a, const Matrix& b) {
  Matrix c(static_cast<size_t>(n * n));
  kernels::gemm({.M = n, .N = n, .K = n, .a = DType::f64, .b = DType::f64, .c = DType::f64}, a.data(), b.data(),
                nullptr, c.data());
  return c;
}

// The symmetric root of a positive semi-definite matrix; what rounding made negative counts as 0.
Matrix root_of(int64_t n, const Matrix& a) {
  const Eigenpairs pairs = largest_eigenpairs_plain(n, a, n);
  Matrix scaled = pairs.vectors;  // rows are eigenvectors, each times the fourth root of its value
  for (int64_t i = 0; i < n; ++i) {
    const double factor = std::pow(std::max(pairs.values[static_cast<size_t>(i)], 0.0), 0.25);
    for (int64_t j = 0; j < n; ++j) scaled[static_cast<size_t>(i * n + j)] *= factor;
  }
  Matrix root(static_cast<size_t>(n * n));
  kernels::gemm({.M = n, .N = n, .K = n, .transpose_a = true, .a = DType::f64, .b = DType::f64, .c = DType::f64},
                scaled.data(), scaled.data(), nullptr, root.data());
  return root;
}

// tr((A^1/2 B A^1/2)^1/2)
double trace_of_root(int64_t n, const Matrix& a, const Matrix& b) {
  const Matrix root = root_of(n, a);
  Matrix middle = product(n, product(n, root, b), root);
  for (int64_t i = 0; i < n; ++i) {  // symmetric but for rounding
    for (int64_t j = 0; j < i; ++j) {
      const auto below = static_cast<size_t>(i * n + j), above = static_cast<size_t>(j * n + i);
      middle[below] = middle[above] = 0.5 * (middle[below] + middle[above]);
    }
  }
  double trace = 0.0;
  for (const double value : largest_eigenpairs_plain(n, middle, n).values) trace += std::sqrt(std::max(value, 0.0));
  return trace;
}

}  // namespace

GaussianMoments gaussian_moments(const Tensor& x) {
  check_rows("gaussian_moments", x);
  const int64_t N = x.dim(0), D = x.dim(1);
  LATENT_CHECK(N > D, "[gaussian_moments] a covariance of {} dimensions needs at least {} rows, got {}", D, D + 1, N);
  GaussianMoments moments{.mean = column_means(x), .covariance = Matrix(static_cast<size_t>(D * D), 0.0)};
  constexpr int64_t kRowsAtOnce = 1024;
  Matrix block;
  for (int64_t begin = 0; begin < N; begin += kRowsAtOnce) {
    const int64_t rows = std::min(kRowsAtOnce, N - begin);
    block.resize(static_cast<size_t>(rows * D));
    const float* values = x.data<float>() + begin * D;
    for (int64_t i = 0; i < rows * D; ++i) {
      block[static_cast<size_t>(i)] = double{values[i]} - moments.mean[static_cast<size_t>(i % D)];
    }
    kernels::gemm({.M = D,
                   .N = D,
                   .K = rows,
                   .transpose_a = true,
                   .a = DType::f64,
                   .b = DType::f64,
                   .c = DType::f64,
                   .accumulate = true},
                  block.data(), block.data(), nullptr, moments.covariance.data());
  }
  for (double& value : moments.covariance) value /= static_cast<double>(N - 1);
  return moments;
}

double frechet_distance(const GaussianMoments& a, const GaussianMoments& b) {
  const int64_t D = a.dims();
  LATENT_CHECK(D >= 1 && b.dims() == D && a.covariance.size() == static_cast<size_t>(D * D) &&
                   b.covariance.size() == a.covariance.size(),
               "[frechet_distance] moments of one number of dimensions expected, got {} and {}", D, b.dims());
  double distance = 0.0;
  for (size_t d = 0; d < a.mean.size(); ++d) {
    distance += (a.mean[d] - b.mean[d]) * (a.mean[d] - b.mean[d]);
    const size_t diagonal = d * a.mean.size() + d;
    distance += a.covariance[diagonal] + b.covariance[diagonal];
  }
  return std::max(distance - 2.0 * trace_of_root(D, a.covariance, b.covariance), 0.0);
}

}  // namespace latent::space
