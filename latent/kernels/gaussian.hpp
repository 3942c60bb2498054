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

/// What pairs of codes and distributions are compared by: mu and logvar (M, D), z (N, D).
template <class T>
struct GaussianPairs {
  int64_t M = 0, N = 0, D = 0;
  const T* z = nullptr;
  const T* mu = nullptr;
  const T* logvar = nullptr;
};

/// log_prob[j, i, d] = log N(z[i, d]; mu[j, d], exp(logvar[j, d])): (M, N, D).
template <class T>
void pairwise_gaussian_log_prob(const GaussianPairs<T>& pairs, T* log_prob);

/// dz (N, D), dmu and dlogvar (M, D) from dlog_prob (M, N, D). With t = (z - mu) / exp(logvar):
/// dz = -sum over j of g t, dmu = sum over i of g t, dlogvar = sum over i of g ((z - mu) t - 1) / 2.
template <class T>
void pairwise_gaussian_log_prob_backward(const GaussianPairs<T>& pairs, const T* dlog_prob, T* dz, T* dmu, T* dlogvar);

}  // namespace latent::kernels
