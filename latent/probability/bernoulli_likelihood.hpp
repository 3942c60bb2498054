#pragma once
// Likelihood `bernoulli`: each value is a probability or a black-or-white pixel.

#include <latent/probability/slots.hpp>

namespace latent {

/// p(x|z) = prod_i Bernoulli(x_i; sigmoid(logits_i)). Grey levels in [0, 1] are taken as probabilities: the usual
/// binary cross-entropy, summed over the values of a sample.
class BernoulliLikelihood : public Likelihood {
 public:
  /// @param config {"name": "bernoulli"}
  static std::unique_ptr<Likelihood> make(const Json& config, const SlotContext& context);

  std::unique_ptr<Distribution> distribution(const Tensor& params) const override;
  Tensor nll(const Tensor& params, const Tensor& x, double expected_grad) const override;
  bool needs_unit_interval() const override { return true; }
  Values values() const override { return Values::bits; }
  Json config() const override;
};

}  // namespace latent
