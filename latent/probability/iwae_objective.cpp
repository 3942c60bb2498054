#include <latent/probability/iwae_objective.hpp>

#include <latent/core/detail/json_fields.hpp>
#include <latent/probability/importance_weights.hpp>

namespace latent {

std::unique_ptr<Objective> IwaeObjective::make(const Json& config, const SlotContext&) {
  const JsonFields fields("objective", *config, {"name", "num_samples"});
  return std::make_unique<IwaeObjective>(fields.integer("num_samples", kUsualImportanceSamples, 1, 1024));
}

ObjectiveTerms IwaeObjective::combine(const ObjectiveInputs& inputs) const {
  return importance_weighted_terms(inputs, importance_log_weights(inputs));
}

void IwaeObjective::check(const Posterior& posterior, const Prior&) const { check_has_density("iwae", posterior); }

Json IwaeObjective::config() const { return nlohmann::json{{"name", "iwae"}, {"num_samples", num_samples_}}; }

}  // namespace latent
