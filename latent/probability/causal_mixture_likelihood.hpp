#pragma once
// Likelihood `causal-mixture`: whole 8-bit values of images, each pixel given those before it.

#include <latent/nn/causal_network.hpp>
#include <latent/probability/slots.hpp>

namespace latent {

/// p(x|z) = prod_i P(x_i | z, the pixels before i): a mixture of logistic distributions whose parameters come from the
/// decoder's features of the pixel and, by a small network of masked convolutions, from its neighbours above and left.
/// The code is left with what neighbours do not tell.
/// Source: Gulrajani et al. 2017, arXiv:1611.05013 (PixelVAE); Salimans et al. 2017, arXiv:1701.05517.
class CausalMixtureLikelihood : public Likelihood {
 public:
  struct Options {
    int64_t channels = 1;     ///< C of the images
    int64_t components = 10;  ///< components of each value's mixture
    int64_t features = 8;     ///< decoder outputs for each value
    int64_t hidden = 32;      ///< channels of the masked convolutions
    int64_t layers = 2;
    int64_t reach = 3;  ///< rows and columns of neighbours that are seen directly
  };
  /// @param config {"name": "causal-mixture", "channels": 1, "components": 10, "features": 8, "hidden": 32, "layers":
  ///               2, "reach": 3}; the channels are the data's if they are left out
  /// @throws std::invalid_argument for samples that are no images of so many channels
  static std::unique_ptr<Likelihood> make(const Json& config, const SlotContext& context);
  CausalMixtureLikelihood(const Options& options, Rng& rng);

  int64_t outputs_per_value() const override { return options_.features; }
  std::unique_ptr<Distribution> distribution(const Tensor& params) const override;
  Tensor nll(const Tensor& params, const Tensor& x, double expected_grad) const override;
  bool needs_unit_interval() const override { return true; }
  bool samples_are_draws() const override { return true; }
  Values values() const override { return Values::levels; }
  bool has_exact_mean() const override { return false; }
  Json config() const override;

  const nn::CausalNetwork& network() const { return *network_; }

 private:
  Options options_;
  std::unique_ptr<nn::CausalNetwork> network_;
};

}  // namespace latent
