#pragma once
// Diagonal Gaussians: the reparameterisation trick and its Kullback-Leibler divergence.

#include <latent/core/tensor.hpp>

namespace latent {

/// KL(q(z|x) || N(0, I)) of a diagonal Gaussian, for each dimension, in nats: (mu^2 + exp(logvar) - 1 - logvar) / 2.
/// @param mu, logvar  (N, D)
/// @return (N, D), non-negative up to rounding
/// Source: Kingma & Welling 2014, arXiv:1312.6114, appendix B.
Tensor gaussian_kl(const Tensor& mu, const Tensor& logvar);

/// z = mu + exp(logvar / 2) * eps.
/// @param mu, logvar  (N, D)
/// @param eps         (N, D) or (K, N, D) standard normal draws
/// @return the shape of eps
/// Source: Kingma & Welling 2014, section 2.4.
Tensor reparameterize(const Tensor& mu, const Tensor& logvar, const Tensor& eps);

struct GaussianSample {
  Tensor z;   ///< (N, D), a draw from q(z|x)
  Tensor kl;  ///< (N, D), KL against N(0, 1) for each dimension, in nats
};
/// reparameterize and gaussian_kl in one pass forth and one pass back.
/// @param stats  (N, 2 D): mu in the first D columns, logvar in the rest
/// @param eps    (N, D) standard normal draws
GaussianSample gaussian_sample(const Tensor& stats, const Tensor& eps);

/// log N(z; mu, exp(logvar)), summed over the last dimension.
/// @param z           (..., D)
/// @param mu, logvar  the shape of z, or a trailing part of it
/// @return (...)
Tensor gaussian_log_prob(const Tensor& z, const Tensor& mu, const Tensor& logvar);
/// log N(z[i, d]; mu[j, d], exp(logvar[j, d])) of every code under every distribution, for each dimension.
/// @param z           (N, D)
/// @param mu, logvar  (M, D)
/// @return (M, N, D)
Tensor pairwise_gaussian_log_prob(const Tensor& z, const Tensor& mu, const Tensor& logvar);
/// log sum_c exp(log_weights[c]) N(z; mu[c], exp(logvar[c])): under a mixture of C diagonal Gaussians, by two matrix
/// products.
/// @param z            (..., D)
/// @param mu, logvar   (C, D)
/// @param log_weights  (C), whose exponentials sum to 1
/// @return (...)
Tensor gaussian_mixture_log_prob(const Tensor& z, const Tensor& mu, const Tensor& logvar, const Tensor& log_weights);
/// log N(z; 0, I), summed over the last dimension: (..., D) -> (...).
Tensor standard_normal_log_prob(const Tensor& z);

}  // namespace latent
