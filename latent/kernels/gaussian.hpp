#pragma once
// The reparameterised Gaussian sample and its KL against N(0, 1).

#include <cstdint>

namespace latent::kernels {

/// From stats (N, 2 D) = [mu | logvar] and eps (N, D): z = mu + exp(logvar / 2) eps and
/// kl = (mu^2 + exp(logvar) - 1 - logvar) / 2, both (N, D).
template <class T>
void gaussian_sample(int64_t N, int64_t D, const T* stats, const T* eps, T* z, T* kl);

/// dstats (N, 2 D) from dz and dkl (N, D); either may be null (no gradient came back).
template <class T>
void gaussian_sample_backward(int64_t N, int64_t D, const T* stats, const T* eps, const T* dz, const T* dkl, T* dstats);

}  // namespace latent::kernels
