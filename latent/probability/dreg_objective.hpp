#pragma once
// Objective `dreg`: the importance-weighted bound with doubly reparameterised gradients.

#include <latent/probability/slots.hpp>

namespace latent {

/// The bound of `iwae`, with another estimate of the encoder's gradient, whose noise does not outgrow it as K grows.
/// With w_k = p(x, z_k) / q(z_k|x), z_k = z(eps_k; phi), and normalised weights v_k = w_k / sum_j w_j held fixed:
///   d loss / d theta = -sum_k v_k   d log w_k / d theta                           (decoder and prior, as `iwae`)
///   d loss / d phi   = -sum_k v_k^2 (d log w_k / d z_k) (d z_k / d phi)           (encoder: through the codes alone)
/// Source: Tucker, Lawson, Gu & Maddison 2019, "Doubly reparameterized gradient estimators for Monte Carlo objectives",
/// arXiv:1810.04152, equation 8.
class DregObjective : public Objective {
 public:
  /// @param config {"name": "dreg", "num_samples": 5}
  static std::unique_ptr<Objective> make(const Json& config, const SlotContext& context);
  /// @param num_samples  K >= 1
  explicit DregObjective(int64_t num_samples) : num_samples_(num_samples) {}

  SampleNeeds needs() const override {
    return {.num_samples = num_samples_, .log_probs = true, .weighted_gradient = true};
  }
  ObjectiveTerms combine(const ObjectiveInputs& inputs) const override;
  /// 0, as for `iwae`.
  double expected_grad(int64_t) const override { return 0.0; }
  void check(const Posterior& posterior, const Prior& prior) const override;
  Json config() const override;

 private:
  int64_t num_samples_;
};

}  // namespace latent
