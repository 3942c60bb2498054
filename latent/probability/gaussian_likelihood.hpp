#pragma once
// Likelihood `gaussian`: a squared error, as a proper density. The scale is fixed, or one learned parameter.

#include <latent/probability/slots.hpp>

#include <optional>

namespace latent {

/// p(x|z) = prod_i N(x_i; mu_i, scale^2). With scale 1, nll is half the summed squared error plus a constant.
///
/// A learned scale is one number for all values and samples, exp(logvar / 2) with logvar = kLowest + softplus(l -
/// kLowest) of the parameter `logvar` l: nearly l itself, but never below kLowest, so that data which the decoder
/// reproduces exactly does not drive the density to infinity, and without a hard edge at which learning would stop.
/// Source: Rybkin et al. 2021, "Simple and effective VAE training with calibrated decoders", arXiv:2006.13202.
class GaussianLikelihood : public Likelihood {
 public:
  /// Lowest learned log variance: scale 0.0025, finer than one of 256 grey levels.
  static constexpr double kLowest = -12.0;

  /// @param config {"name": "gaussian", "scale": 1.0} or {"name": "gaussian", "scale": "learned"}
  static std::unique_ptr<Likelihood> make(const nlohmann::json& config);
  /// @param scale  fixed scale > 0; nullopt for a learned one, which starts at 1
  explicit GaussianLikelihood(std::optional<double> scale);

  std::unique_ptr<Distribution> distribution(const Tensor& params) const override;
  Tensor nll(const Tensor& params, const Tensor& x, double expected_grad) const override;
  bool takes_means() const override { return true; }
  nlohmann::json config() const override;
  /// The scale as it stands.
  double scale() const;

 private:
  Tensor effective_logvar() const;

  std::optional<double> scale_;
  Tensor logvar_;  // (), parameter "logvar"; undefined with a fixed scale
};

}  // namespace latent
