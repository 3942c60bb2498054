#pragma once
// Traversals: codes that differ in one dimension only.

#include <latent/core/tensor.hpp>
#include <latent/space/metrics/quantile.hpp>

#include <span>
#include <vector>

namespace latent::space {

/// How one dimension of the codes is used.
struct Dimension {
  int64_t index = 0;
  double mean = 0.0, stddev = 0.0;  ///< moments of the posterior means over the samples
  double kl = 0.0;  ///< mean of KL(q(z_d|x) || N(0, s_d^2)) over the samples, nats; NaN for point posteriors
  bool active = false;
};

/// All dimensions, the most active first: by kl where posteriors have a width, otherwise by the variance of the means.
/// Active are those whose variance of means is above 0.01 (Burda et al. 2016, arXiv:1509.00519) and whose kl is above
/// 0.1 nats: below that the decoder hardly notices them. For point posteriors, which have no scale of their own:
/// variance above 0.0001 of the largest.
/// @param mu, stddev  (N, D) f32, finite, N >= 1
/// @param scales      (D) f32 above 0: s, the standard deviations of the prior, in units of which these variances are;
///                    undefined for N(0, I)
/// @throws std::invalid_argument for other shapes
std::vector<Dimension> rank_dimensions(const Tensor& mu, const Tensor& stddev, const Tensor& scales = {});

/// For each of K dimensions the codes that are `from` but for that dimension, which takes each of its values in turn.
/// @param from (D) f32   @param dimensions  K in [0, D)   @param values (K, steps) f32
/// @return (K * steps, D), one dimension after the other
/// @throws std::invalid_argument for other shapes
Tensor traverse(const Tensor& from, std::span<const int64_t> dimensions, const Tensor& values);

}  // namespace latent::space
