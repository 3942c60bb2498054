#include <latent/probability/causal_mixture_likelihood.hpp>

#include <latent/autograd/mixture.hpp>
#include <latent/core/detail/json_fields.hpp>
#include <latent/probability/logistic_mixture.hpp>

namespace latent {

std::unique_ptr<Likelihood> CausalMixtureLikelihood::make(const Json& config, const SlotContext& context) {
  const Shape& data = context.data_shape;
  const JsonFields fields("likelihood", *config,
                          {"name", "channels", "components", "features", "hidden", "layers", "reach"});
  const int64_t channels = fields.integer("channels", data.ndim() == 3 ? data[0] : 1, 1, 64);
  LATENT_CHECK(data.ndim() == 0 || (data.ndim() == 3 && data[0] == channels),
               "[causal-mixture] needs images (C, H, W) with C = channels = {}, got samples of shape {}", channels,
               data.str());
  return std::make_unique<CausalMixtureLikelihood>(
      Options{
          .channels = channels,
          .components = fields.integer("components", 10, 1, 64),
          .features = fields.integer("features", 8, 1, 1024),
          .hidden = fields.integer("hidden", 32, 1, 1024),
          .layers = fields.integer("layers", 2, 0, 64),
          .reach = fields.integer("reach", 3, 1, nn::CausalNetwork::kMaxReach),
      },
      context.rng);
}

CausalMixtureLikelihood::CausalMixtureLikelihood(const Options& options, Rng& rng) : options_(options) {
  network_ =
      std::make_unique<nn::CausalNetwork>(nn::CausalNetwork::Options{.channels = options.channels,
                                                                     .features = options.features * options.channels,
                                                                     .outputs_per_value = 3 * options.components,
                                                                     .hidden = options.hidden,
                                                                     .layers = options.layers,
                                                                     .reach = options.reach},
                                          rng);
  add_child("causal", *network_);
}

std::unique_ptr<Distribution> CausalMixtureLikelihood::distribution(const Tensor& params) const {
  return std::make_unique<CausalMixture>(params, *network_);
}

Tensor CausalMixtureLikelihood::nll(const Tensor& params, const Tensor& x, double expected_grad) const {
  return logistic_mixture_nll(network_->forward(params, x), values_in_row_order(x), expected_grad);
}

Json CausalMixtureLikelihood::config() const {
  return nlohmann::json{
      {"name", "causal-mixture"},      {"channels", options_.channels}, {"components", options_.components},
      {"features", options_.features}, {"hidden", options_.hidden},     {"layers", options_.layers},
      {"reach", options_.reach}};
}

}  // namespace latent
