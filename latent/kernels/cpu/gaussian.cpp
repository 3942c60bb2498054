#include <latent/kernels/gaussian.hpp>

#include <latent/core/threads.hpp>

#include <algorithm>
#include <cmath>

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

template void gaussian_sample<float>(int64_t, int64_t, const float*, const float*, float*, float*);
template void gaussian_sample<double>(int64_t, int64_t, const double*, const double*, double*, double*);
template void gaussian_sample_backward<float>(int64_t, int64_t, const float*, const float*, const float*, const float*,
                                              float*);
template void gaussian_sample_backward<double>(int64_t, int64_t, const double*, const double*, const double*,
                                               const double*, double*);

}  // namespace latent::kernels
