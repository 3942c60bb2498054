#pragma once
// Vae: an encoder and a decoder with a posterior, a prior, a likelihood and an objective between them.

#include <latent/models/adversary.hpp>
#include <latent/models/denoiser.hpp>
#include <latent/models/latent_model.hpp>
#include <latent/models/network.hpp>
#include <latent/models/vae_options.hpp>
#include <latent/probability/sampler.hpp>
#include <latent/probability/slots.hpp>

#include <optional>

namespace latent {

/// What a config of "vae" or "ae" asks for: all sizes, and no weights but those of the likelihood.
struct VaePlan {
  NetworkEnds ends;
  std::unique_ptr<Network> network;
  std::unique_ptr<Likelihood> likelihood;
  double prior_parameters = 0.0;
  double sampler_elements = 0.0;
  std::optional<UNet::Options> denoiser;
  std::optional<AdversaryOptions> critic;
  int64_t posterior_outputs = 2;  ///< rows of the posterior's layer for each code: mu and logvar, the code alone, none

  /// @param rng   of the likelihood's own weights, where it has some; does not move on
  /// @param data, max_elements  as for make_model()
  /// @throws std::invalid_argument as make_model()
  static VaePlan from(const Json& config, const Rng& rng = Rng(0), const DataFacts* data = nullptr,
                      int64_t max_elements = int64_t{1} << 31);
  /// Elements of all weights of matrix products and convolutions, and of the parameters of likelihood and prior.
  double num_weights() const;
  /// Values of all layers' results for one sample, in training.
  double num_activations() const;

 private:
  double critic_weights() const;
};

/// The JSON of the options, as make_model() takes it.
Json config_of(const VaeOptions& options);

/// The variational autoencoder, and with posterior `none` the plain one. Paper by paper, what differs are the slots.
/// With a critic (VAE-GAN) it has two phases, "vae" and "critic"; the bound and every tool stay as they are.
/// Tensors: "encoder.*", "posterior.*", "decoder.*", "prior.*", "likelihood.*", "denoiser.*", "critic.*", "sampler.*".
/// Source: Kingma & Welling 2014, arXiv:1312.6114; Rezende et al. 2014, arXiv:1401.4082.
class Vae : public LatentModel {
 public:
  struct Parts {
    NetworkEnds ends;
    std::unique_ptr<Network> network;  ///< the plan of encoder and decoder
    std::unique_ptr<nn::Layer> encoder, decoder;
    std::unique_ptr<Denoiser> denoiser;  ///< null: cleaning goes through the code
    std::unique_ptr<Adversary> critic;   ///< null: the likelihood alone teaches the decoder
    std::unique_ptr<Posterior> posterior;
    std::unique_ptr<Prior> prior;
    std::unique_ptr<Likelihood> likelihood;
    std::unique_ptr<Objective> objective;
    std::unique_ptr<Sampler> sampler;  ///< null: new codes are drawn from the prior
  };
  /// Builds "vae" or "ae" from its config; see make_model().
  static std::unique_ptr<LatentModel> make(const Json& config, Rng& rng, int64_t max_elements, const DataFacts* data);
  /// @throws std::invalid_argument for slots that make no sense together
  explicit Vae(Parts parts);
  /// With fresh weights: Vae vae({.data_shape = {1, 28, 28}, .likelihood = slots::Bernoulli{}}, rng);
  /// @param data  as for make_model()   @throws std::invalid_argument as make_model()
  Vae(const VaeOptions& options, Rng& rng, const DataFacts* data = nullptr);

  /// "vae", or "ae" with posterior `none`.
  std::string kind() const override;
  Shape data_shape() const override { return parts_.ends.data_shape; }
  int64_t latent_dim() const override { return parts_.ends.latent_dim; }
  bool has_likelihood() const override { return parts_.posterior->has_density(); }

  std::unique_ptr<Distribution> encode(const Tensor& x) const override;
  std::unique_ptr<Distribution> decode(const Tensor& z) const override;
  /// From the sampler, where there is one.
  Tensor sample_prior(int64_t n, Rng& rng) const override;
  Tensor code_scales() const override { return parts_.prior->scales(); }
  bool has_normal_prior() const override { return !parts_.sampler && parts_.prior->is_diagonal_normal(); }
  LossTerms loss(const Batch& batch, const StepContext& context) const override;
  Tensor importance_weighted_bound(const Tensor& x, int64_t num_samples, Rng& rng) const override;
  Tensor features(const Tensor& x) const override;
  std::unique_ptr<Distribution> encode_from(const Tensor& features) const override;
  LossTerms loss_from(const Tensor& features, const Batch& batch, Rng& rng) const override;
  Tensor importance_weighted_bound_from(const Tensor& features, const Tensor& x, int64_t num_samples,
                                        Rng& rng) const override;

  std::vector<Phase> phases() override;

  bool has_skips() const override { return parts_.denoiser != nullptr; }
  Tensor clean(const Tensor& x) const override;
  Tensor linear_view(const Tensor& x) const override;
  void start_from_axes(const PrincipalAxes& axes) override;

  void finish(const Tensor& codes) override { parts_.prior->fit(codes); }
  bool needs_finish() const override { return parts_.prior->needs_fit(); }
  bool needs_unit_interval() const override { return parts_.likelihood->needs_unit_interval(); }
  bool samples_are_draws() const override { return parts_.likelihood->samples_are_draws(); }
  Values values() const override { return parts_.likelihood->values(); }
  bool has_exact_mean() const override { return parts_.likelihood->has_exact_mean(); }
  int64_t codebook_size() const override { return parts_.posterior->codebook_size(); }
  Tensor code_indices(const Tensor& z) const override { return parts_.posterior->code_indices(z); }
  Json config() const override;
  /// For what works with the parts one by one (compression).
  const Parts& parts() const { return parts_; }

 private:
  static Parts parts_from(const Json& config, Rng& rng, int64_t max_elements, const DataFacts* data);
  LossTerms loss_of(const Tensor& h, const Batch& batch, const StepContext& context) const;
  Tensor nll(const Tensor& z, const Tensor& x, const nn::Context& context, double expected_grad) const;
  Tensor nll_of_params(const Tensor& params, const Tensor& x, nn::Mode mode, double expected_grad) const;
  Tensor denoising_nll(const Tensor& input, const Tensor& params, const Tensor& x, const nn::Context& context) const;
  Tensor generated_mean(const Tensor& z, const nn::Context& context) const;
  LossTerms critic_loss(const Batch& batch, const StepContext& context) const;
  Tensor log_weights(const Distribution& q, const Tensor& x, int64_t num_samples, Rng& rng) const;

  Parts parts_;
};

}  // namespace latent
