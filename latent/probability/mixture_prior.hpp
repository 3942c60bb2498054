#pragma once
// Prior `mixture`: diagonal Gaussians, learned with the model.

#include <latent/probability/slots.hpp>

namespace latent {

/// p(z) = sum_c softmax(logits)_c N(z; mu_c, diag(exp(logvar_c))). KL is taken as log q(z|x) - log p(z) at the samples.
/// Source: Dilokthanakul et al. 2016, arXiv:1611.02648; the baseline of Tomczak & Welling 2018, arXiv:1705.07120.
class MixturePrior : public Prior {
 public:
  /// @param config {"name": "mixture", "components": 20}
  static std::unique_ptr<Prior> make(const Json& config, const SlotContext& context);
  /// C of a config. @throws std::invalid_argument for other settings, and values out of range
  static int64_t components_in(const Json& config);
  /// Starts from means drawn from N(0, I), variances of 1 and equal weights.
  MixturePrior(int64_t components, int64_t latent_dim, Rng& rng);

  Tensor sample(int64_t n, Rng& rng) const override;
  Tensor log_prob(const Tensor& z) const override;
  Json config() const override;

 private:
  Tensor mu_, logvar_;  // (C, D), parameters "mu" and "logvar"
  Tensor logits_;       // (C), parameter "logits"
};

/// (n, D) draws from a mixture: first all components, by one uniform number each, then n D normal numbers.
/// @param moments  (C, D)   @param weights  C numbers that sum to 1
Tensor sample_mixture(int64_t n, const GaussianMoments& moments, std::span<const double> weights, Rng& rng);

}  // namespace latent
