#pragma once
// Mixtures of Gaussians.

#include <latent/core/tensor.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace latent::space {

enum class Covariance : uint8_t {
  diagonal,   ///< columns are independent within a component
  full,       ///< any
  spherical,  ///< one variance for all columns
  tied,       ///< any, the same for all components
};
/// "diagonal", "full", "spherical" or "tied". @throws std::invalid_argument for others, with the nearest
Covariance covariance_from(std::string_view name);
std::string_view name_of(Covariance covariance);

struct MixtureOptions {
  int64_t k = 10;
  Covariance covariance = Covariance::full;
  int64_t restarts = 1;          ///< runs of k-means, the best of which is the start
  int64_t max_iterations = 200;  ///< iterations of EM
  double tolerance = 1e-3;       ///< done when the mean log-likelihood grows by less, in nats
  double regularization = 1e-6;  ///< added to variances, in units of the mean variance of the columns
  uint64_t seed = 0;
};

/// p(x) = sum over c of weight_c N(x; mean_c, covariance_c).
struct Mixture {
  Covariance covariance = Covariance::full;
  std::vector<double> weights;    ///< k
  Tensor means;                   ///< (k, D) f32
  std::vector<double> variances;  ///< k * D, or k * D * D for full and tied covariances, row-major
  double log_likelihood = 0.0;    ///< mean over the rows it was fitted to, in nats
  int64_t iterations = 0;
  bool converged = false;

  int64_t size() const { return static_cast<int64_t>(weights.size()); }
  /// log (weight_c N(x; ...)) for each row and component. (N, k) f64
  /// @param x (N, D) f32   @throws std::invalid_argument for other shapes
  Tensor log_joint(const Tensor& x) const;
  /// log p(x). N, in nats
  std::vector<double> log_prob(const Tensor& x) const;
  /// p(c | x). (N, k) f64, rows sum to 1
  Tensor responsibilities(const Tensor& x) const;
  /// -2 log likelihood + parameters * log N: smaller is better. @param rows  N that it was fitted to
  double bic(int64_t rows) const;
};

/// Whether covariances have entries off the diagonal: full and tied.
bool is_square(Covariance covariance);

/// Expectation maximisation from a start by k-means (one step on its hard assignment). Products in f32 within blocks,
/// everything else in double; the same bits with any number of threads.
/// Source: Dempster, Laird & Rubin 1977; as sklearn.mixture.GaussianMixture.
/// @param x (N, D) f32, finite, N >= k   @throws std::invalid_argument for anything else
Mixture fit_mixture(const Tensor& x, const MixtureOptions& options = {});

}  // namespace latent::space
