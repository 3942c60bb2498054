#pragma once
// Mixtures of logistic distributions, discretised to 256 levels: Salimans et al. 2017, arXiv:1701.05517 (PixelCNN++).
//
// A value x = v / 255 has 3 K parameters: K logits of weights, K means, K logarithms of scales, with
//   mu_k = mean_k + k / (K - 1)          (0.5 for K = 1), so that zeros are components spread over [0, 1]
//   log s_k = clamp(scale_k + kLogScaleOffset, kLogScaleLow, kLogScaleHigh)
//   P(v) = sum_k pi_k (F((v + 1/2) / 255; mu_k, s_k) - F((v - 1/2) / 255; mu_k, s_k)), F the logistic distribution,
//   where the first level takes all that lies below it, and the last one all above.

#include <cstdint>

namespace latent::kernels {

constexpr float kLogScaleOffset = -3.0f;
constexpr float kLogScaleLow = -9.0f;
constexpr float kLogScaleHigh = 4.0f;
constexpr float kLevels = 255.0f;  ///< steps between 0 and 1

/// Where the mean of component k stands if its parameter is 0.
inline float mixture_anchor(int64_t k, int64_t K) {
  return K == 1 ? 0.5f : static_cast<float>(k) / static_cast<float>(K - 1);
}

/// Most components that a mixture can have.
constexpr int64_t kMaxComponents = 64;

/// nll[n] = sum over the values v of sample n of -log P(x[n, v] | params[n, v]), and
/// dparams[n, v, :] = grad[n] * d nll[n] / d params[n, v, :].
/// @param params   (samples, values, 3 K)
/// @param x        (samples, values), multiples of 1/255 in [0, 1]; others count as the nearest level
/// @param grad     one factor for each sample, or null for `grad_all` everywhere
/// @param nll      (samples), or null
/// @param dparams  (samples, values, 3 K), or null
struct MixturePass {
  int64_t samples = 0, values = 0, components = 0;
  double grad_all = 1.0;
};
void mixture_nll(const MixturePass& pass, const float* params, const float* x, const float* grad, float* nll,
                 float* dparams);
/// The plain version: what the other one is tested against.
void mixture_nll(const MixturePass& pass, const double* params, const double* x, const double* grad, double* nll,
                 double* dparams);

}  // namespace latent::kernels
