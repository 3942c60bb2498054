#include <latent/probability/bernoulli_likelihood.hpp>

#include <latent/autograd/likelihood.hpp>
#include <latent/core/detail/json_fields.hpp>

namespace latent {

std::unique_ptr<Likelihood> BernoulliLikelihood::make(const Json& config, const SlotContext&) {
  const JsonFields no_options("likelihood", *config, {"name"});
  return std::make_unique<BernoulliLikelihood>();
}

std::unique_ptr<Distribution> BernoulliLikelihood::distribution(const Tensor& params) const {
  return std::make_unique<Bernoulli>(params);
}

Tensor BernoulliLikelihood::nll(const Tensor& params, const Tensor& x, double expected_grad) const {
  return bernoulli_nll(params, x, expected_grad);
}

Json BernoulliLikelihood::config() const { return nlohmann::json{{"name", "bernoulli"}}; }

}  // namespace latent
