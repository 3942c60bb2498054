#include <latent/probability/gaussian_likelihood.hpp>

#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/likelihood.hpp>
#include <latent/core/json_fields.hpp>

#include <cmath>

namespace latent {

std::unique_ptr<Likelihood> GaussianLikelihood::make(const nlohmann::json& config) {
  const JsonFields fields("likelihood", config, {"name", "scale"});
  const nlohmann::json* scale = fields.find("scale");
  if (scale != nullptr && scale->is_string()) {
    if (scale->get_ref<const std::string&>() != "learned") fields.refuse("scale", "expected a number or \"learned\"");
    return std::make_unique<GaussianLikelihood>(std::nullopt);
  }
  return std::make_unique<GaussianLikelihood>(fields.number("scale", 1.0, 1e-6, 1e6));
}

GaussianLikelihood::GaussianLikelihood(std::optional<double> scale) : scale_(scale) {
  if (scale_) {
    LATENT_CHECK(*scale_ > 0 && std::isfinite(*scale_), "[gaussian] scale must be positive, got {}", *scale_);
  } else {
    logvar_ = add_parameter("logvar", Tensor::zeros({}));
  }
}

Tensor GaussianLikelihood::effective_logvar() const { return softplus(logvar_ - kLowest) + kLowest; }

double GaussianLikelihood::scale() const { return scale_ ? *scale_ : std::exp(0.5 * effective_logvar().item()); }

std::unique_ptr<Distribution> GaussianLikelihood::distribution(const Tensor& params) const {
  const double logvar = 2.0 * std::log(scale());
  return std::make_unique<DiagonalGaussian>(params, Tensor::full(params.shape(), logvar, params.dtype()));
}

Tensor GaussianLikelihood::nll(const Tensor& params, const Tensor& x, double expected_grad) const {
  if (scale_) return gaussian_nll(params, x, *scale_, expected_grad);
  return gaussian_nll(params, cast(effective_logvar(), params.dtype()), x);
}

nlohmann::json GaussianLikelihood::config() const {
  nlohmann::json config = {{"name", "gaussian"}, {"scale", "learned"}};
  if (scale_) config["scale"] = *scale_;
  return config;
}

}  // namespace latent
