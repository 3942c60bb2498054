#pragma once
// Principal component analysis.

#include <latent/core/rng.hpp>
#include <latent/core/tensor.hpp>

#include <string_view>
#include <vector>

namespace latent::space {

enum class PcaMethod : uint8_t {
  automatic,   ///< exact, or randomized where that is much cheaper
  exact,       ///< eigenvectors of the covariance (or of the Gram matrix where there are fewer rows than columns)
  randomized,  ///< Halko, Martinsson & Tropp 2011, arXiv:0909.4061
};
/// "auto", "exact" or "randomized". @throws std::invalid_argument for others, with the nearest
PcaMethod pca_method_from(std::string_view name);

struct PcaOptions {
  int64_t dims = 2;  ///< k, from 1 to min(N, D)
  PcaMethod method = PcaMethod::automatic;
  uint64_t seed = 0;  ///< seed of the randomized method
};

/// Principal components, the strongest first. The sign of a component is such that its entry of largest magnitude is
/// positive, so that the same data gives the same picture.
struct Pca {
  Tensor mean;                   ///< (D) f32
  Tensor components;             ///< (k, D) f32, orthonormal rows
  std::vector<double> variance;  ///< k, of the projections, with N - 1 below
  double total_variance = 0.0;   ///< variance of all D columns
  /// The share of total_variance that the k components carry.
  double explained() const;
  /// (N, D) f32 -> (N, k). @throws std::invalid_argument for other shapes
  Tensor project(const Tensor& x) const;
  /// (N, k) -> (N, D): the nearest points of the plane. @throws std::invalid_argument for other shapes
  Tensor restore(const Tensor& codes) const;
};

/// @param x (N, D) f32, finite, N >= 2
/// @throws std::invalid_argument for other shapes or types, or dims out of range
Pca fit_pca(const Tensor& x, const PcaOptions& options = {});

}  // namespace latent::space
