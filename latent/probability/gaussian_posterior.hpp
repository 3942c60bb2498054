#pragma once
// Posterior `gaussian`: a diagonal normal distribution over codes for each input.

#include <latent/nn/layers.hpp>
#include <latent/probability/slots.hpp>

namespace latent {

/// q(z|x) = N(mu(x), diag(exp(logvar(x)))), with [mu | logvar] = h weight^T + bias from one layer.
/// KL is taken in closed form against a standard normal prior, and as log q(z|x) - log p(z) at the samples otherwise.
/// logvar is not limited: float32 holds exp(logvar) up to logvar = 88, and training notices what is not finite.
/// Source: Kingma & Welling 2014, arXiv:1312.6114.
class GaussianPosterior : public Posterior {
 public:
  /// @param config {"name": "gaussian"}
  static std::unique_ptr<Posterior> make(const Json& config, const SlotContext& context);
  GaussianPosterior(int64_t features, int64_t latent_dim, Rng& rng);

  std::unique_ptr<Distribution> distribution(const Tensor& h) const override;
  /// Takes one rng.normal() call of N * D numbers in the order (N, D), or K * N * D in the order (K, N, D).
  PosteriorSample sample(const Tensor& h, const Prior& prior, const SampleNeeds& needs, Rng& rng,
                         nn::Mode mode) const override;
  bool has_density() const override { return true; }
  GaussianMoments moments(const Tensor& h) const override;
  bool is_gaussian() const override { return true; }
  void start_from_features(std::span<const float> logvar) override;
  Json config() const override;

 private:
  GaussianMoments split(const Tensor& stats) const;

  int64_t latent_dim_;
  nn::Linear head_;  // "weight" (2 D, features): mu in the first D rows, logvar in the rest; "bias" (2 D)
};

}  // namespace latent
