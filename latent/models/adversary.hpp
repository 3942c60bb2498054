#pragma once
// Adversary: the critic of a VAE, which teaches its decoder to leave nothing blurred.

#include <latent/core/json.hpp>
#include <latent/models/critic.hpp>
#include <latent/models/network.hpp>

namespace latent {

/// What the decoder of a VAE is taught besides its likelihood.
struct AdversaryOptions {
  AdversarialOptions game;
  double weight = 400.0;        ///< of the generator's loss, beside nats of the bound
  double feature_weight = 1.0;  ///< of 0.5 |features(x) - features(x_hat)|^2, the critic's features

  /// @param config {"loss": {"name": "relativistic", ...}, "weight": 400, "feature_weight": 1}
  /// @throws std::invalid_argument for unknown keys, and values out of range
  static AdversaryOptions from(const Json& config);
  Json config() const;
};

/// Judges reconstructions and new samples alike: of a batch of N, the first half are reconstructions and the others
/// samples of codes from the prior. Source: Larsen et al. 2016, "Autoencoding beyond pixels using a learned similarity
/// metric", arXiv:1512.09300. There the similarity takes the place of the likelihood; here it is added, so that the
/// bound stays one. Tensors: "body.*", "score.*".
class Adversary : public Critic {
 public:
  Adversary(const AdversaryOptions& options, const Network& network, Rng& rng)
      : Critic(network, rng), options_(options) {}

  /// What the critic minimises; see Critic::loss(). @param fake  (N, ...), see judged()
  LossTerms critic_loss(const Tensor& x, const Tensor& fake, const StepContext& context) const {
    return loss(x, fake, options_.game, context);
  }
  /// The rows of `x_hat` that are judged as reconstructions, and of `x_new` as samples: (N, ...), with gradients.
  static Tensor judged(const Tensor& x_hat, const Tensor& x_new);
  /// What the VAE minimises besides its objective, for each sample: (N); terms "adversarial", "features" (before they
  /// are weighed) and "spread".
  LossTerms decoder_loss(const Tensor& x, const Tensor& x_hat, const Tensor& x_new) const;

  Json config() const;

 private:
  AdversaryOptions options_;
};

}  // namespace latent
