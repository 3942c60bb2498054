#pragma once
// The Fréchet distance between two sets of rows, each taken for a Gaussian.

#include <latent/core/tensor.hpp>

#include <vector>

namespace latent::space {

/// Mean and covariance of the rows of a set, in double.
struct GaussianMoments {
  std::vector<double> mean;        ///< D
  std::vector<double> covariance;  ///< (D, D), row-major, with N - 1 below
  int64_t dims() const { return static_cast<int64_t>(mean.size()); }
};

/// Fewer rows than D + 1 leave a covariance without an inverse, which says more of the number of rows than of them.
/// @param x (N, D) f32, finite, N > D
/// @throws std::invalid_argument for other shapes or types, or too few rows
GaussianMoments gaussian_moments(const Tensor& x);

/// ||mu_a - mu_b||^2 + tr(A + B - 2 (A^1/2 B A^1/2)^1/2), the squared 2-Wasserstein distance of N(mu_a, A) and
/// N(mu_b, B), and what is called FID where rows are features of a network; 0 for equal moments, not negative.
/// Source: Dowson & Landau 1982, "The Fréchet distance between multivariate normal distributions"; Heusel et al. 2017,
/// arXiv:1706.08500.
/// @throws std::invalid_argument for moments of different dimensions
double frechet_distance(const GaussianMoments& a, const GaussianMoments& b);

}  // namespace latent::space
