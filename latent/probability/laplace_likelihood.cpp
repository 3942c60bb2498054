#include <latent/probability/laplace_likelihood.hpp>

#include <latent/autograd/likelihood.hpp>
#include <latent/core/detail/json_fields.hpp>

#include <cmath>

namespace latent {

std::unique_ptr<Likelihood> LaplaceLikelihood::make(const Json& config, const SlotContext&) {
  const JsonFields fields("likelihood", *config, {"name", "scale"});
  return std::make_unique<LaplaceLikelihood>(fields.number("scale", 1.0, 1e-6, 1e6));
}

LaplaceLikelihood::LaplaceLikelihood(double scale) : scale_(scale) {
  LATENT_CHECK(scale > 0 && std::isfinite(scale), "[laplace] scale must be positive, got {}", scale);
}

std::unique_ptr<Distribution> LaplaceLikelihood::distribution(const Tensor& params) const {
  return std::make_unique<Laplace>(params, scale_);
}

Tensor LaplaceLikelihood::nll(const Tensor& params, const Tensor& x, double expected_grad) const {
  return laplace_nll(params, x, scale_, expected_grad);
}

Json LaplaceLikelihood::config() const { return nlohmann::json{{"name", "laplace"}, {"scale", scale_}}; }

}  // namespace latent
