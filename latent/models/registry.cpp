#include <latent/models/registry.hpp>

#include <latent/core/choice.hpp>
#include <latent/core/detail/json_fields.hpp>
#include <latent/models/classifier.hpp>
#include <latent/models/gan.hpp>
#include <latent/models/vae.hpp>
#include <latent/models/word_embedding.hpp>

namespace latent {

namespace {

struct Model {
  decltype(&Vae::make) make;
  ModelCosts (*costs)(const Json& config);
};

template <class Plan>
ModelCosts costs_by(const Json& config) {
  const Plan plan = Plan::from(config);
  return {plan.num_weights(), plan.num_activations()};
}

constexpr auto kModels = std::to_array<Choice<Model>>({
    {"vae", {Vae::make, costs_by<VaePlan>}},
    {"ae", {Vae::make, costs_by<VaePlan>}},
    {"classifier", {Classifier::make, costs_by<ClassifierPlan>}},
    {"gan", {Gan::make, costs_by<GanPlan>}},
    {"words", {WordEmbedding::make, costs_by<WordEmbeddingPlan>}},
});

const Model& model_named_in(const nlohmann::json& config) {
  LATENT_CHECK(config.is_object(), "[model] expected a JSON object, got {}", printable(config));
  const auto model = config.find("model");
  LATENT_CHECK(model != config.end() && model->is_string(), "[model] model: expected a string, got {}",
               model == config.end() ? "nothing" : printable(*model));
  return choose("model", model->get<std::string>(), kModels);
}

}  // namespace

std::unique_ptr<LatentModel> make_model(const Json& config, Rng& rng, int64_t max_elements, const DataFacts* data) {
  return model_named_in(*config).make(config, rng, max_elements, data);
}

ModelCosts costs_of(const Json& config) { return model_named_in(*config).costs(config); }

}  // namespace latent
