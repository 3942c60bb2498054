#pragma once
// Nearest neighbours among posteriors: codes with the uncertainty that the encoder states.

#include <latent/space/neighbors/neighbors.hpp>

namespace latent::space {

/// N diagonal Gaussians over codes.
struct Posteriors {
  Tensor mu;      ///< (N, D) f32, finite
  Tensor stddev;  ///< (N, D) f32, finite, not negative
};

enum class PosteriorMetric : uint8_t {
  /// KL(p || q) + KL(q || p) in nats: 1/2 sum over d of (v_p - v_q)^2 / (v_p v_q) + (mu_p - mu_q)^2 (1/v_p + 1/v_q),
  /// with
  /// variances v (Jeffreys 1946). How surely a draw tells the two apart; needs standard deviations above 0.
  kl,
  /// The 2-Wasserstein distance, the square root of the sum of (mu_p - mu_q)^2 + (stddev_p - stddev_q)^2 (Dowson &
  /// Landau
  /// 1982): how far mass has to be moved. For points, the Euclidean distance.
  wasserstein
};
/// "kl" or "wasserstein". @throws std::invalid_argument for others, with the nearest
PosteriorMetric posterior_metric_from(std::string_view name);
std::string_view name_of(PosteriorMetric metric);

/// The k nearest of `base` for each of `queries`, as nearest() gives them. Wasserstein is searched as fast as Euclidean
/// codes of twice the dimensions; for KL every pair is computed, in double, in parallel.
/// @throws std::invalid_argument for shapes that do not agree, k outside [1, M], values that are not finite, negative
///         standard deviations, or (for kl) any that is 0
Neighbors nearest(const Posteriors& queries, const Posteriors& base, int64_t k, PosteriorMetric metric);

/// The distance of single pairs: row i of `a` to row i of `b`. (N) f64
/// @throws std::invalid_argument as above
Tensor distances(const Posteriors& a, const Posteriors& b, PosteriorMetric metric);

}  // namespace latent::space
