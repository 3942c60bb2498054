#include <latent/probability/gaussian_likelihood.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/likelihood.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/detail/json_fields.hpp>

#include <algorithm>
#include <cmath>

namespace latent {

namespace {

/// What a scale that has met no data is stored as: the value of a new model.
constexpr float kUnset = 0.0F;
constexpr double kLowest = GaussianLikelihood::kLowest;

// The log variance of a stored one, kLowest + softplus(l - kLowest), and back.
double logvar_of(double l) {
  const double above = l - kLowest;
  return kLowest + std::max(above, 0.0) + std::log1p(std::exp(-std::abs(above)));
}
double stored_logvar(double variance) {
  // Below the floor there is no way back: e^kNearest above it stands for everything there.
  constexpr double kNearest = -20.0;
  const double above = std::log(variance) - kLowest;
  if (!(above > std::exp(kNearest))) return kLowest + kNearest;
  return kLowest + above + std::log(-std::expm1(-above));
}

}  // namespace

std::unique_ptr<Likelihood> GaussianLikelihood::make(const Json& config, const SlotContext&) {
  const JsonFields fields("likelihood", *config, {"name", "scale"});
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

double GaussianLikelihood::scale() const {
  return scale_ ? *scale_ : std::exp(0.5 * logvar_of(static_cast<double>(logvar_.item())));
}

void GaussianLikelihood::calibrate(const Tensor& params, const Tensor& x) {
  if (scale_) return;
  const NoGrad no_grad;
  const Tensor error = sub(params.detach(), cast(x, params.dtype()));
  const double mse = mean(square(error)).item();
  if (!std::isfinite(mse)) return;  // the loss will say so
  Tensor stored = logvar_.detach();
  auto& l = *stored.data<float>();
  double variance = mse;
  if (l != kUnset) {
    const auto samples = static_cast<double>(x.dim(0));
    const double before = std::exp(logvar_of(static_cast<double>(l)));
    variance = before + samples / (samples + kWindow) * (mse - before);
  }
  l = static_cast<float>(stored_logvar(variance));
}

std::unique_ptr<Distribution> GaussianLikelihood::distribution(const Tensor& params) const {
  const double logvar = 2.0 * std::log(scale());
  return std::make_unique<DiagonalGaussian>(params, Tensor::full(params.shape(), logvar, params.dtype()));
}

Tensor GaussianLikelihood::nll(const Tensor& params, const Tensor& x, double expected_grad) const {
  if (scale_) return gaussian_nll(params, x, *scale_, expected_grad);
  return gaussian_nll(params, x, scale(), expected_grad);
}

Json GaussianLikelihood::config() const {
  nlohmann::json config = {{"name", "gaussian"}, {"scale", "learned"}};
  if (scale_) config["scale"] = *scale_;
  return config;
}

}  // namespace latent
