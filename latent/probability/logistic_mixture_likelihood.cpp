#include <latent/probability/logistic_mixture_likelihood.hpp>

#include <latent/autograd/mixture.hpp>
#include <latent/core/detail/json_fields.hpp>
#include <latent/probability/logistic_mixture.hpp>

namespace latent {

std::unique_ptr<Likelihood> LogisticMixtureLikelihood::make(const Json& config, const SlotContext&) {
  const JsonFields fields("likelihood", *config, {"name", "components"});
  return std::make_unique<LogisticMixtureLikelihood>(fields.integer("components", 10, 1, 64));
}

LogisticMixtureLikelihood::LogisticMixtureLikelihood(int64_t components) : components_(components) {
  LATENT_CHECK(components >= 1 && components <= 64, "[logistic-mixture] 1 to 64 components, got {}", components);
}

std::unique_ptr<Distribution> LogisticMixtureLikelihood::distribution(const Tensor& params) const {
  return std::make_unique<LogisticMixture>(params, components_);
}

Tensor LogisticMixtureLikelihood::nll(const Tensor& params, const Tensor& x, double expected_grad) const {
  return logistic_mixture_nll(mixture_rows(params, components_), values_in_row_order(x), expected_grad);
}

Json LogisticMixtureLikelihood::config() const {
  return nlohmann::json{{"name", "logistic-mixture"}, {"components", components_}};
}

}  // namespace latent
