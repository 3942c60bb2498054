#include <latent/models/vae_options.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/models/vae.hpp>

namespace latent {

namespace {

using nlohmann::json;

json config_of(const slots::Mlp& o) {
  return {{"name", "mlp"}, {"hidden", o.hidden}, {"activation", o.activation}, {"normalization", o.normalization}};
}
json config_of(const slots::Conv& o) {
  return {{"name", "conv"},
          {"channels", o.channels},
          {"kernel", o.kernel},
          {"stride", o.stride},
          {"hidden", o.hidden},
          {"activation", o.activation},
          {"normalization", o.normalization}};
}
json config_of(const slots::ResNet& o) {
  json config = {{"name", "resnet"}, {"blocks", o.blocks}, {"linear", o.linear}};
  if (!o.channels.empty()) config["channels"] = o.channels;
  return config;
}
json config_of(const slots::Gaussian&) { return {{"name", "gaussian"}}; }
json config_of(const slots::Point&) { return {{"name", "none"}}; }
json config_of(const slots::VectorQuantized& o) {
  json config = {{"name", "vq"}, {"entries", o.entries}};
  if (o.codebooks) config["codebooks"] = *o.codebooks;
  return config;
}
json config_of(const slots::Normal&) { return {{"name", "normal"}}; }
json config_of(const slots::ScaledNormal&) { return {{"name", "scaled-normal"}}; }
json config_of(const slots::FittedGaussian&) { return {{"name", "fitted-gaussian"}}; }
json config_of(const slots::MixtureOfGaussians& o) { return {{"name", "mixture"}, {"components", o.components}}; }
json config_of(const slots::Vamp& o) { return {{"name", "vamp"}, {"components", o.components}}; }
json config_of(const slots::Bernoulli&) { return {{"name", "bernoulli"}}; }
json config_of(const slots::GaussianNoise& o) {
  return {{"name", "gaussian"}, {"scale", o.scale ? json(*o.scale) : json("learned")}};
}
json config_of(const slots::LaplaceNoise& o) { return {{"name", "laplace"}, {"scale", o.scale}}; }
json config_of(const slots::LogisticMixture& o) { return {{"name", "logistic-mixture"}, {"components", o.components}}; }
json config_of(const slots::TableColumns&) { return {{"name", "table"}}; }
json config_of(const slots::Elbo& o) {
  return {{"name", "elbo"}, {"beta", o.beta}, {"kl_warmup_epochs", o.kl_warmup_epochs}, {"free_bits", o.free_bits}};
}
json config_of(const slots::Iwae& o) { return {{"name", "iwae"}, {"num_samples", o.num_samples}}; }
json config_of(const slots::Dreg& o) { return {{"name", "dreg"}, {"num_samples", o.num_samples}}; }
json config_of(const slots::TotalCorrelation& o) { return {{"name", "tc"}, {"beta", o.beta}}; }
json config_of(const slots::Mmd& o) { return {{"name", "mmd"}, {"alpha", o.alpha}, {"lambda", o.lambda}}; }

template <class Slot>
json config_of_choice(const Slot& slot) {
  return std::visit([](const auto& chosen) { return config_of(chosen); }, slot);
}

}  // namespace

Json config_of(const VaeOptions& options) {
  const bool has_density = std::holds_alternative<slots::Gaussian>(options.posterior);
  const slots::Prior usual = has_density ? slots::Prior(slots::Normal{}) : slots::Prior(slots::FittedGaussian{});
  const std::span<const int64_t> sizes = options.data_shape.sizes();
  return json{{"model", has_density ? "vae" : "ae"},
              {"data_shape", std::vector<int64_t>(sizes.begin(), sizes.end())},
              {"latent_dim", options.latent_dim},
              {"network", config_of_choice(options.network)},
              {"posterior", config_of_choice(options.posterior)},
              {"prior", config_of_choice(options.prior.value_or(usual))},
              {"likelihood", config_of_choice(options.likelihood)},
              {"objective", config_of_choice(options.objective)}};
}

}  // namespace latent
