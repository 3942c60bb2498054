#include <latent/run/training/suggested_model.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/models/network.hpp>
#include <latent/probability/slots.hpp>
#include <latent/run/training/model_choice.hpp>

namespace latent {

namespace {

// Whether such a model can be built for this data, and its values be trained on.
bool can_be_trained(const nlohmann::json& config, const Shape& shape, bool in_unit_interval) {
  try {
    Rng rng(0);
    const std::unique_ptr<Likelihood> likelihood =
        make_likelihood(config.at("likelihood"), {.data_shape = shape, .rng = rng});
    if (likelihood->needs_unit_interval() && !in_unit_interval) return false;
    make_network(config.at("network"), {shape, shape, config.at("latent_dim").get<int64_t>()});
    return true;
  } catch (const std::invalid_argument&) {
    return false;
  }
}

}  // namespace

SuggestedModel suggested_model(const data::Source& source, double low, double high) {
  const data::Kind kind = source.train->kind();
  const InputForm form = input_form_of(source);
  const Shape shape = source.train->sample_shape();
  const bool in_unit_interval = low >= 0.0 && high <= 1.0;
  for (const char* arch : {"", "mlp"}) {
    for (const char* likelihood : {"", "gaussian"}) {
      TrainOptions options;
      options.arch = arch;
      options.likelihood = likelihood;
      const Json config = model_config(options, kind, shape, form);
      if (!can_be_trained(*config, shape, in_unit_interval)) continue;
      return {options, config, preset_name(options, kind, form), options.arch.empty() && options.likelihood.empty()};
    }
  }
  return {{}, model_config({}, kind, shape, form), preset_name({}, kind, form), true};  // training says what is wrong
}

}  // namespace latent
