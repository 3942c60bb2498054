#pragma once
// Likelihood `laplace`: an absolute error, as a proper density.

#include <latent/probability/slots.hpp>

namespace latent {

/// p(x|z) = prod_i exp(-|x_i - mu_i| / scale) / (2 scale).
class LaplaceLikelihood : public Likelihood {
 public:
  /// @param config {"name": "laplace", "scale": 1.0}
  static std::unique_ptr<Likelihood> make(const Json& config, const SlotContext& context);
  /// @throws std::invalid_argument unless scale > 0
  explicit LaplaceLikelihood(double scale);

  std::unique_ptr<Distribution> distribution(const Tensor& params) const override;
  Tensor nll(const Tensor& params, const Tensor& x, double expected_grad) const override;
  bool takes_means() const override { return true; }
  Json config() const override;

 private:
  double scale_;
};

}  // namespace latent
