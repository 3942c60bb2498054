#pragma once
// Prior `normal`: p(z) = N(0, I).

#include <latent/probability/slots.hpp>

namespace latent {

class NormalPrior : public Prior {
 public:
  /// @param config {"name": "normal"}
  static std::unique_ptr<Prior> make(const Json& config, const SlotContext& context);
  explicit NormalPrior(int64_t latent_dim) : latent_dim_(latent_dim) {}

  Tensor sample(int64_t n, Rng& rng) const override;
  Tensor log_prob(const Tensor& z) const override;
  bool is_standard_normal() const override { return true; }
  Json config() const override;

 private:
  int64_t latent_dim_;
};

}  // namespace latent
