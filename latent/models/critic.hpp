#pragma once
// Critic: a network that tells data from generated samples, and the games that a generator plays against it.

#include <latent/core/json.hpp>
#include <latent/models/latent_model.hpp>

#include <memory>
#include <span>
#include <string_view>

namespace latent {

/// With r the score of a sample of the data and f that of a generated one; what the critic and the generator minimise.
enum class AdversarialLoss : uint8_t {
  relativistic,    ///< softplus(f - r) and softplus(r - f), by pairs; penalties R1 + R2 (Huang et al. 2024,
                   ///< arXiv:2501.05441, "R3GAN")
  non_saturating,  ///< softplus(-r) + softplus(f) and softplus(-f); R1 (Goodfellow et al. 2014, arXiv:1406.2661;
                   ///< Mescheder et al. 2018, arXiv:1801.04406)
  hinge,           ///< relu(1 - r) + relu(1 + f) and -f; R1 (Lim & Ye 2017, arXiv:1705.02894)
  wgan_gp  ///< f - r and -f; the gradient's norm drawn to 1 between both (Gulrajani et al. 2017, arXiv:1704.00028)
};

/// How a generator and a critic play against each other.
struct AdversarialOptions {
  AdversarialLoss loss = AdversarialLoss::relativistic;
  /// Weight of the penalty: 0.5 gamma E ||d critic / d x||^2 of R1 and R2, gamma E (||d critic / d x|| - 1)^2 of
  /// wgan-gp.
  double gamma = 1.0;
  double gamma_end = 1.0;       ///< what it falls to, by half a cosine,
  double burn_in_epochs = 0.0;  ///< in so many epochs
  /// The penalty is taken in one step of so many, drawn at random, with as many times the weight (the lazy
  /// regularisation of Karras et al. 2020, arXiv:1912.04958, section 3.1).
  int64_t penalty_every = 1;

  /// @param config {"name": "relativistic", "gamma": 1.0, "gamma_end": 1.0, "burn_in_epochs": 0, "penalty_every": 1}
  /// @throws std::invalid_argument for unknown keys and names, and values out of range
  static AdversarialOptions from(const Json& config);
  Json config() const;
  /// The weight after `epoch` epochs.
  double gamma_at(double epoch) const;
};
/// "relativistic", "non-saturating", "hinge", "wgan-gp"
std::span<const std::string_view> adversarial_loss_names();

/// x (N, ...) -> body -> features (N, F) -> score (N): high for data, low for generated samples.
/// Each sample is judged by itself, and alike in training and evaluation: its network has neither batch normalisation
/// nor dropout. Tensors: "body.*", "score.*".
class Critic : public nn::Module {
 public:
  Critic(const Network& network, Rng& rng);

  Tensor features(const Tensor& x) const { return body_->forward(x, nn::Mode::eval); }
  Tensor scores(const Tensor& x) const;
  /// Scores (N) of features (N, F).
  Tensor scores_of(const Tensor& features) const;

  /// What the critic minimises. Terms: "adversarial", "penalty" (0 in steps without), "gap" (r - f) and "ranked"
  /// (share of pairs that it ranks rightly; 0.5 is chance).
  /// @param real, fake  (N, ...) f32; nothing flows to either
  LossTerms loss(const Tensor& real, const Tensor& fake, const AdversarialOptions& options,
                 const StepContext& context) const;
  /// What a generator minimises, for each sample: (N).
  /// @param real  (N) scores of data, which takes no gradient; @param fake  (N) scores of generated samples
  static Tensor generator_loss(const Tensor& real, const Tensor& fake, AdversarialLoss loss);

 private:
  Tensor penalty(const Tensor& real, const Tensor& fake, const AdversarialOptions& options, Rng& rng) const;

  std::unique_ptr<nn::Layer> body_;
  nn::Linear score_;
};

/// @throws std::invalid_argument for a network that a critic cannot have: batch normalisation, dropout, and others than
/// "mlp" and "conv". @param who  begins the message: "gan"
void check_critic_network(std::string_view who, const Json& network);

/// How GANs update their parts since Karras et al. 2018 (arXiv:1710.10196): without momentum, and with a second moment
/// that forgets sooner.
UpdateOptions without_momentum(UpdateOptions run);

/// How far generated samples vary as those of the data do: the ratio of their variances, summed over values. Near 0
/// where all generated samples are alike (mode collapse). @param real, fake  (N, ...) f32, N >= 2; 1 for fewer
double spread_of(const Tensor& fake, const Tensor& real);

}  // namespace latent
