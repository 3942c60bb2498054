#pragma once
// Gan: a generator of samples and a critic that tells them from data, trained against each other.

#include <latent/models/critic.hpp>
#include <latent/models/latent_model.hpp>
#include <latent/models/network.hpp>

#include <memory>

namespace latent {

/// What a config of "gan" asks for: all sizes, and no weights.
struct GanPlan {
  NetworkEnds ends;
  std::shared_ptr<Network> network;  ///< its decoder is the generator, its encoder the body of critic and encoder
  AdversarialOptions adversarial;
  int64_t critic_steps = 1;              ///< steps of the critic for each one of the generator
  int64_t inversion_steps = 0;           ///< see Gan::encode()
  Activation output = Activation::none;  ///< what the generator ends in: sigmoid for samples in [0, 1]

  /// @throws std::invalid_argument as make_model()
  static GanPlan from(const Json& config);
  double num_weights() const;
  double num_activations() const;
};

/// Generative adversarial network (Goodfellow et al. 2014, arXiv:1406.2661): codes from N(0, I) -> generator ->
/// samples, judged by a critic. An encoder learns beside them to give back the codes of generated samples, so that
/// codes can be found for data, too. What a run saves is the moving average of all weights (training option "ema").
/// Tensors: "generator.*", "critic.*", "encoder.*".
class Gan : public LatentModel {
 public:
  /// @param config {"model": "gan", "data_shape": [1, 28, 28], "latent_dim": 64, "output": "sigmoid" or "linear",
  ///                "network": {"name": "conv", ...} or {"name": "mlp", ...},
  ///                "loss": {"name": "relativistic", "gamma": 1.0, ...}, "critic_steps": 1, "inversion_steps": 300}
  static std::unique_ptr<LatentModel> make(const Json& config, Rng& rng, int64_t max_elements, const DataFacts* data);
  Gan(GanPlan plan, Rng& rng);

  std::string kind() const override { return "gan"; }
  Shape data_shape() const override { return plan_.ends.data_shape; }
  int64_t latent_dim() const override { return plan_.ends.latent_dim; }
  bool needs_unit_interval() const override { return plan_.output == Activation::sigmoid; }

  /// Codes whose samples are like x: the encoder's, and from there inversion_steps() steps of Adam on the squared error
  /// of the sample and a little on the length of the code; each sample by itself.
  /// Source of encoder, then optimisation: Zhu et al. 2016, arXiv:1609.03552, section 3.
  std::unique_ptr<Distribution> encode(const Tensor& x) const override;
  bool encodes_by_search() const override { return plan_.inversion_steps > 0; }
  /// One sample for each code; its log_prob() is that of a Gaussian of scale 1 about it.
  std::unique_ptr<Distribution> decode(const Tensor& z) const override;
  Tensor sample_prior(int64_t n, Rng& rng) const override;
  bool has_normal_prior() const override { return true; }

  /// How many steps encode() takes; 0 leaves it at the encoder's answer. Not while other threads use the model.
  void set_inversion_steps(int64_t steps);
  int64_t inversion_steps() const { return plan_.inversion_steps; }

  /// The critic's loss against fresh samples; see Critic::loss().
  LossTerms loss(const Batch& batch, const StepContext& context) const override;
  /// "critic", "generator" (which reports "spread", see spread_of()) and "encoder".
  std::vector<Phase> phases() override;
  Json config() const override;

  /// What codes go through, before output().
  const nn::Layer& generator() const { return *generator_; }
  /// Sigmoid or none.
  Activation output() const { return plan_.output; }
  /// The weight (out, D) of the first layer that a code goes through.
  const Tensor& first_weight() const { return first_->weight; }
  /// What that layer makes of codes: (N, D) -> (N, out).
  Tensor first_layer(const Tensor& z) const;

 private:
  Tensor generated(const Tensor& z, nn::Mode mode) const;
  Tensor guessed(const Tensor& x, nn::Mode mode) const;
  void refine(Tensor& z, const Tensor& x) const;
  LossTerms critic_loss(const Batch& batch, const StepContext& context) const;
  LossTerms generator_loss(const Batch& batch, const StepContext& context) const;
  LossTerms encoder_loss(const Batch& batch, const StepContext& context) const;

  // Body and code, so that both stand under "encoder".
  struct Encoder : nn::Module {
    Encoder(const Network& network, int64_t latent_dim, Rng& rng);
    std::unique_ptr<nn::Layer> body;
    nn::Linear code;
  };

  GanPlan plan_;
  std::unique_ptr<nn::Layer> generator_;
  Critic critic_;
  Encoder encoder_;
  const nn::Linear* first_ = nullptr;
};

}  // namespace latent
