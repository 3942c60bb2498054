#pragma once
// The discretised mixture of logistics.

#include <latent/core/tensor.hpp>

namespace latent {

/// -log P(x; params) of mixtures of K logistic distributions over 256 levels (kernels/mixture.hpp has the formula), in
/// nats, summed over the values of a sample.
/// @param params         (N V, 3 K): for each value K logits, K means, K logarithms of scales
/// @param x              (N, ...), V values each, multiples of 1/255; takes no gradient
/// @param expected_grad  see likelihood.hpp
/// @return (N)
/// @throws std::invalid_argument if shapes or types do not fit
/// Source: Salimans et al. 2017, arXiv:1701.05517.
Tensor logistic_mixture_nll(const Tensor& params, const Tensor& x, double expected_grad = 0.0);

/// One mixture among parameters in memory: parameter j stands at params[j * stride].
struct MixtureView {
  const float* params = nullptr;
  int64_t stride = 1;
  int64_t components = 1;
};
/// The mean of a mixture, limited to [0, 1] as its levels are: in closed form, within half a level of the sum over all.
double mixture_mean(const MixtureView& mixture);
/// The standard deviation over the levels.
double mixture_stddev(const MixtureView& mixture);
/// The level v / 255 at which the distribution reaches u in [0, 1).
double mixture_quantile(const MixtureView& mixture, double u);

}  // namespace latent
