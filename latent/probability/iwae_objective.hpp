#pragma once
// Objective `iwae`: the importance-weighted bound.

#include <latent/probability/slots.hpp>

namespace latent {

/// loss = -log 1/K sum_k w_k with w_k = p(x|z_k) p(z_k) / q(z_k|x), z_k ~ q(z|x): a bound on -log p(x) that tightens
/// with K, and with K = 1 the ELBO with its KL taken at the sample. The reported kl is that of q(z|x), so that
/// -(reconstruction + kl) is the ELBO, which lies below the bound.
/// Source: Burda, Grosse & Salakhutdinov 2016, "Importance weighted autoencoders", arXiv:1509.00519.
class IwaeObjective : public Objective {
 public:
  /// @param config {"name": "iwae", "num_samples": 5}
  static std::unique_ptr<Objective> make(const Json& config, const SlotContext& context);
  /// @param num_samples  K >= 1
  explicit IwaeObjective(int64_t num_samples) : num_samples_(num_samples) {}

  SampleNeeds needs() const override { return {.num_samples = num_samples_, .log_probs = true}; }
  ObjectiveTerms combine(const ObjectiveInputs& inputs) const override;
  /// 0: the weights of the samples are known only when all of them have been seen.
  double expected_grad(int64_t) const override { return 0.0; }
  void check(const Posterior& posterior, const Prior& prior) const override;
  Json config() const override;

 private:
  int64_t num_samples_;
};

}  // namespace latent
