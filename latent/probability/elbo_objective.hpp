#pragma once
// Objective `elbo`: the evidence lower bound, with the usual weights on its KL.

#include <latent/probability/slots.hpp>

namespace latent {

/// loss = nll + w * KL, with w = beta * min(1, epoch / kl_warmup_epochs) and, when free_bits = lambda > 0,
/// KL = sum_d max(lambda, mean over the batch of KL_d). The reported kl is always the true one.
/// Source: Kingma & Welling 2014, arXiv:1312.6114 (beta = 1); Higgins et al. 2017 (beta);
/// Bowman et al. 2016, arXiv:1511.06349 (warm-up); Kingma et al. 2016, arXiv:1606.04934 (free bits).
class ElboObjective : public Objective {
 public:
  struct Options {
    double beta = 1.0;              ///< weight of the KL, >= 0
    double kl_warmup_epochs = 0.0;  ///< epochs in which the weight rises from 0 to beta; 0 = none
    double free_bits = 0.0;         ///< nats of each dimension that cost nothing, >= 0
    int64_t num_samples = 1;        ///< K, codes drawn for each input; their bounds are averaged
  };
  /// @param config {"name": "elbo", "beta": 1.0, "kl_warmup_epochs": 0.0, "free_bits": 0.0, "num_samples": 1}
  static std::unique_ptr<Objective> make(const Json& config, const SlotContext& context);
  explicit ElboObjective(const Options& options) : options_(options) {}

  SampleNeeds needs() const override { return {.num_samples = options_.num_samples}; }
  ObjectiveTerms combine(const ObjectiveInputs& inputs) const override;
  double expected_grad(int64_t batch) const override;
  /// Refuses weights of a KL and several samples with a posterior that has neither KL nor noise, and free_bits with one
  /// that does not know the KL of each dimension.
  void check(const Posterior& posterior, const Prior& prior) const override;
  Json config() const override;
  /// The weight of the KL after so many epochs.
  double kl_weight(double epoch) const;

 private:
  Options options_;
};

}  // namespace latent
