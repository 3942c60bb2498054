#include <latent/models/registry.hpp>

#include <latent/core/choice.hpp>
#include <latent/models/vae.hpp>
#include <latent/models/word_embedding.hpp>

namespace latent {

namespace {

constexpr auto kModels = std::to_array<Choice<decltype(&Vae::make)>>({
    {"vae", Vae::make},
    {"ae", Vae::make},
    {"words", WordEmbedding::make},
});

}  // namespace

std::unique_ptr<LatentModel> make_model(const nlohmann::json& config, Rng& rng, int64_t max_elements,
                                        const DataFacts* data) {
  LATENT_CHECK(config.is_object(), "[model] expected a JSON object, got {}", printable(config));
  const auto model = config.find("model");
  LATENT_CHECK(model != config.end() && model->is_string(), "[model] model: expected a string, got {}",
               model == config.end() ? "nothing" : printable(*model));
  return choose("model", model->get<std::string>(), kModels)(config, rng, max_elements, data);
}

}  // namespace latent
