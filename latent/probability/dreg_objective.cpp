#include <latent/probability/dreg_objective.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/autograd/shaping.hpp>
#include <latent/core/detail/json_fields.hpp>
#include <latent/probability/importance_weights.hpp>

namespace latent {

std::unique_ptr<Objective> DregObjective::make(const Json& config, const SlotContext&) {
  const JsonFields fields("objective", *config, {"name", "num_samples"});
  return std::make_unique<DregObjective>(fields.integer("num_samples", kUsualImportanceSamples, 1, 1024));
}

ObjectiveTerms DregObjective::combine(const ObjectiveInputs& inputs) const {
  const Tensor log_w = importance_log_weights(inputs);  // (K, N)
  if (num_samples_ > 1) {
    // log_w brings v_k to the gradient of each code; v_k once more on its way to the encoder makes the square.
    const NoGrad no_grad;
    const Tensor log_sum = repeat(logsumexp_first(log_w.detach()), num_samples_);
    Tensor weights = inputs.sample.gradient_weights;
    weights.copy_from(exp(sub(log_w.detach(), log_sum)));
  }
  return importance_weighted_terms(inputs, log_w);
}

void DregObjective::check(const Posterior& posterior, const Prior&) const { check_has_density("dreg", posterior); }

Json DregObjective::config() const { return nlohmann::json{{"name", "dreg"}, {"num_samples", num_samples_}}; }

}  // namespace latent
