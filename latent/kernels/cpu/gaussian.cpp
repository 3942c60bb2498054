#include <latent/kernels/gaussian.hpp>

#include <latent/core/threads.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace latent::kernels {

namespace {
// Codes are small (20 numbers for an image of 784): plain loops. Even a batch of 128 is worth splitting, because a
// thread that waits for the other one falls asleep, and the next product waits until it is awake.
constexpr int64_t kGrain = 512;
int64_t grain(int64_t D) { return std::max<int64_t>(1, kGrain / std::max<int64_t>(1, D)); }
}  // namespace

template <class T>
void gaussian_sample(int64_t N, int64_t D, const T* stats, const T* eps, T* z, T* kl) {
  parallel_for(N, grain(D), [=](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      const T* mu = stats + n * 2 * D;
      const T* logvar = mu + D;
      for (int64_t i = 0; i < D; ++i) {
        const T sigma = std::exp(T(0.5) * logvar[i]);
        z[n * D + i] = mu[i] + sigma * eps[n * D + i];
        kl[n * D + i] = T(0.5) * (mu[i] * mu[i] + sigma * sigma - T(1) - logvar[i]);
      }
    }
  });
}

template <class T>
void gaussian_sample_backward(int64_t N, int64_t D, const T* stats, const T* eps, const T* dz, const T* dkl,
                              T* dstats) {
  parallel_for(N, grain(D), [=](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      const T* mu = stats + n * 2 * D;
      const T* logvar = mu + D;
      T* dmu = dstats + n * 2 * D;
      T* dlogvar = dmu + D;
      for (int64_t i = 0; i < D; ++i) {
        const T sigma = std::exp(T(0.5) * logvar[i]);
        const T g = dz == nullptr ? T(0) : dz[n * D + i];
        const T h = dkl == nullptr ? T(0) : dkl[n * D + i];
        dmu[i] = g + h * mu[i];
        dlogvar[i] = T(0.5) * (g * sigma * eps[n * D + i] + h * (sigma * sigma - T(1)));
      }
    }
  });
}

template <class T>
void pairwise_gaussian_log_prob(const GaussianPairs<T>& pairs, T* log_prob) {
  const auto [M, N, D, z, mu, logvar] = pairs;
  const T log_2_pi = std::log(T(2) * std::numbers::pi_v<T>);
  std::vector<T> factor(static_cast<size_t>(M * D)), offset(factor.size());
  for (size_t i = 0; i < factor.size(); ++i) {
    factor[i] = T(-0.5) * std::exp(-logvar[i]);
    offset[i] = T(-0.5) * (log_2_pi + logvar[i]);
  }
  parallel_for(M, grain(N * D), [&, N = N, D = D, z = z, mu = mu](int64_t begin, int64_t end) {
    for (int64_t j = begin; j < end; ++j) {
      const T* m = mu + j * D;
      const T* f = factor.data() + j * D;
      const T* o = offset.data() + j * D;
      for (int64_t i = 0; i < N; ++i) {
        const T* x = z + i * D;
        T* y = log_prob + (j * N + i) * D;
        for (int64_t d = 0; d < D; ++d) y[d] = o[d] + f[d] * (x[d] - m[d]) * (x[d] - m[d]);
      }
    }
  });
}

template <class T>
void pairwise_gaussian_log_prob_backward(const GaussianPairs<T>& pairs, const T* dlog_prob, T* dz, T* dmu, T* dlogvar) {
  const auto [M, N, D, z, mu, logvar] = pairs;
  std::vector<T> precision(static_cast<size_t>(M * D));
  for (size_t i = 0; i < precision.size(); ++i) precision[i] = std::exp(-logvar[i]);
  std::fill_n(dz, N * D, T(0));
  std::fill_n(dmu, M * D, T(0));
  std::fill_n(dlogvar, M * D, T(0));
  parallel_for(M, grain(N * D), [&, N = N, D = D, z = z, mu = mu](int64_t begin, int64_t end) {
    for (int64_t j = begin; j < end; ++j) {
      const T* m = mu + j * D;
      const T* p = precision.data() + j * D;
      T* to_mu = dmu + j * D;
      T* to_logvar = dlogvar + j * D;
      for (int64_t i = 0; i < N; ++i) {
        const T* x = z + i * D;
        const T* g = dlog_prob + (j * N + i) * D;
        for (int64_t d = 0; d < D; ++d) {
          const T difference = x[d] - m[d], t = difference * p[d];
          to_mu[d] += g[d] * t;
          to_logvar[d] += g[d] * T(0.5) * (difference * t - T(1));
        }
      }
    }
  });
  parallel_for(N, grain(M * D), [&, M = M, N = N, D = D, z = z, mu = mu](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const T* x = z + i * D;
      T* to_z = dz + i * D;
      for (int64_t j = 0; j < M; ++j) {
        const T* m = mu + j * D;
        const T* p = precision.data() + j * D;
        const T* g = dlog_prob + (j * N + i) * D;
        for (int64_t d = 0; d < D; ++d) to_z[d] -= g[d] * (x[d] - m[d]) * p[d];
      }
    }
  });
}

template void pairwise_gaussian_log_prob<float>(const GaussianPairs<float>&, float*);
template void pairwise_gaussian_log_prob<double>(const GaussianPairs<double>&, double*);
template void pairwise_gaussian_log_prob_backward<float>(const GaussianPairs<float>&, const float*, float*, float*,
                                                         float*);
template void pairwise_gaussian_log_prob_backward<double>(const GaussianPairs<double>&, const double*, double*, double*,
                                                          double*);
template void gaussian_sample<float>(int64_t, int64_t, const float*, const float*, float*, float*);
template void gaussian_sample<double>(int64_t, int64_t, const double*, const double*, double*, double*);
template void gaussian_sample_backward<float>(int64_t, int64_t, const float*, const float*, const float*, const float*,
                                              float*);
template void gaussian_sample_backward<double>(int64_t, int64_t, const double*, const double*, const double*,
                                               const double*, double*);

}  // namespace latent::kernels
