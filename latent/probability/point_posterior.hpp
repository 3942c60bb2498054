#pragma once
// Posterior `none`: one code for each input, as in a plain autoencoder.

#include <latent/nn/layers.hpp>
#include <latent/probability/slots.hpp>

namespace latent {

/// z = h weight^T + bias, without noise and without KL.
class PointPosterior : public Posterior {
 public:
  /// @param config {"name": "none"}
  static std::unique_ptr<Posterior> make(const Json& config, const SlotContext& context);
  PointPosterior(int64_t features, int64_t latent_dim, Rng& rng);

  std::unique_ptr<Distribution> distribution(const Tensor& h) const override;
  /// All K samples are the same code; kl is undefined.
  PosteriorSample sample(const Tensor& h, const Prior& prior, const SampleNeeds& needs, Rng& rng,
                         nn::Mode mode) const override;
  bool has_density() const override { return false; }
  void start_from_features(std::span<const float> logvar) override;
  Json config() const override;

 private:
  nn::Linear head_;  // "weight" (D, features), "bias" (D)
};

}  // namespace latent
