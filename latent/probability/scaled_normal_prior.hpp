#pragma once
// Prior `scaled-normal`: p(z) = N(0, diag(s^2)), with the spread that the data has along each axis.

#include <latent/probability/slots.hpp>

#include <span>

namespace latent {

/// A prior that keeps distances. Under N(0, I) every dimension of a code is worth the same, a thousandth of the
/// variance of the data as much as half of it; here a dimension spreads as far as the data does along the principal
/// axis that it starts from, up to one factor for all, so that codes are as far apart as what they stand for. As a
/// model it is the same: only the units of the code are others. Where nothing starts from principal axes, it is N(0,
/// I).
class ScaledNormalPrior : public Prior {
 public:
  /// @param config {"name": "scaled-normal"}
  static std::unique_ptr<Prior> make(const Json& config, const SlotContext& context);
  explicit ScaledNormalPrior(int64_t latent_dim);

  Tensor sample(int64_t n, Rng& rng) const override;
  Tensor log_prob(const Tensor& z) const override;
  Tensor scales() const override { return scales_; }
  /// s_i is the standard deviation of axis i over the root mean square of all, at least 0.01; dimensions without an
  /// axis get that of the last one.
  void start_from_variances(std::span<const double> variances) override;
  Json config() const override;

 private:
  Tensor scales_;  // (D), buffer "scales"; ones before start_from_variances()
};

}  // namespace latent
