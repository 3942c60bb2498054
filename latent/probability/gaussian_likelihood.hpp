#pragma once
// Likelihood `gaussian`: a squared error, as a proper density. The scale is fixed, or calibrated while training.

#include <latent/probability/slots.hpp>

#include <optional>

namespace latent {

/// p(x|z) = prod_i N(x_i; mu_i, scale^2). With scale 1, nll is half the summed squared error plus a constant.
///
/// A learned scale is one number for all values and samples. Given the decoder, its optimum is known: the root mean
/// squared error. Each training batch moves the stored squared scale towards its own mean squared error, by the batch's
/// share of a window of kWindow samples; the first batch sets it. So the scale begins with the data, follows the
/// decoder, and needs no learning rate. Evaluation, sampling and the model file use the stored value.
///
/// The scale is exp(logvar / 2) with logvar = kLowest + softplus(l - kLowest) of the stored `logvar` l: nearly l
/// itself, but never below kLowest, so that data which the decoder reproduces exactly (constant pixels or columns) does
/// not drive the density to infinity. Source: Rybkin et al. 2021, "Simple and effective VAE training with calibrated
/// decoders", arXiv:2006.13202.
class GaussianLikelihood : public Likelihood {
 public:
  /// Lowest learned log variance: scale 0.0025. That is 0.6 of one of 255 steps between grey levels, and a quarter of a
  /// hundredth of a standardised column's deviation: finer than what such data is known to.
  static constexpr double kLowest = -12.0;
  /// Samples over which the squared error is averaged: enough that the scale is known to a hundredth, few enough to
  /// follow the decoder.
  static constexpr double kWindow = 2000.0;

  /// @param config {"name": "gaussian", "scale": 1.0} or {"name": "gaussian", "scale": "learned"}
  static std::unique_ptr<Likelihood> make(const Json& config, const SlotContext& context);
  /// @param scale  fixed scale > 0; nullopt for a learned one, which is 1 until it has met data
  explicit GaussianLikelihood(std::optional<double> scale);

  std::unique_ptr<Distribution> distribution(const Tensor& params) const override;
  Tensor nll(const Tensor& params, const Tensor& x, double expected_grad) const override;
  void calibrate(const Tensor& params, const Tensor& x) override;
  bool takes_means() const override { return true; }
  Json config() const override;
  /// The scale as it stands.
  double scale() const;

 private:
  std::optional<double> scale_;
  // (), parameter "logvar"; undefined with a fixed scale. A parameter, because its average (ema) belongs to that of
  // the weights, but one that no gradient reaches.
  Tensor logvar_;
};

}  // namespace latent
