#pragma once
// Likelihood `logistic-mixture`: whole 8-bit values.

#include <latent/probability/slots.hpp>

namespace latent {

/// p(x|z) = prod_i P(x_i), each value a mixture of K logistic distributions discretised to the 256 levels of 8 bits, so
/// that -log p is a number of bits that a coder can reach.
/// Source: Salimans et al. 2017, arXiv:1701.05517, without its coupling of colours (see `causal-mixture`).
class LogisticMixtureLikelihood : public Likelihood {
 public:
  /// @param config {"name": "logistic-mixture", "components": 10}
  static std::unique_ptr<Likelihood> make(const Json& config, const SlotContext& context);
  explicit LogisticMixtureLikelihood(int64_t components);

  int64_t outputs_per_value() const override { return 3 * components_; }
  std::unique_ptr<Distribution> distribution(const Tensor& params) const override;
  Tensor nll(const Tensor& params, const Tensor& x, double expected_grad) const override;
  bool needs_unit_interval() const override { return true; }
  bool samples_are_draws() const override { return true; }
  Values values() const override { return Values::levels; }
  Json config() const override;

  int64_t components() const { return components_; }

 private:
  int64_t components_;
};

}  // namespace latent
