#pragma once
// Objective `tc`: the ELBO with a weight on the total correlation of the code (beta-TCVAE).

#include <latent/probability/slots.hpp>

namespace latent {

/// loss = nll + KL(q(z|x) || p(z)) + (beta - 1) TC, with the total correlation TC = KL(q(z) || prod_d q(z_d)) of the
/// aggregate posterior q(z) = mean over the training samples of q(z|x_n): the KL's part that is paid for dimensions
/// which depend on each other. beta = 1 is the ELBO.
///
/// q(z) is estimated from a batch of B of the N training samples:
///   weighted    log q(z_i) ~ log sum_j q(z_i|x_j) - log (B N): biased, but little noise
///   stratified  the terms of the sum weigh 1/N for j = i, (N - B + 1) / (N (B - 1)) for one other, 1/(B - 1) for the
///               rest: unbiased inside the logarithm
/// Source: Chen, Li, Grosse & Duvenaud 2018, "Isolating sources of disentanglement in VAEs", arXiv:1802.04942,
/// equations 4 and S6, with alpha = gamma = 1.
class TcObjective : public Objective {
 public:
  enum class Estimator : uint8_t { weighted, stratified };
  struct Options {
    double beta = 6.0;  ///< weight of the total correlation, >= 0
    Estimator estimator = Estimator::weighted;
  };
  /// @param config {"name": "tc", "beta": 6.0, "estimator": "weighted"}
  static std::unique_ptr<Objective> make(const Json& config, const SlotContext& context);
  explicit TcObjective(const Options& options) : options_(options) {}

  SampleNeeds needs() const override { return {.moments = true}; }
  ObjectiveTerms combine(const ObjectiveInputs& inputs) const override;
  /// Refuses a posterior that is no diagonal Gaussian.
  void check(const Posterior& posterior, const Prior& prior) const override;
  Json config() const override;

  /// log q(z) - sum_d log q(z_d) for each code of a batch, whose mean is the total correlation: (B), with gradients.
  /// @param z        (B, D), drawn from the distributions with these moments (B, D)
  /// @param samples  N, of the whole set; at least B
  static Tensor total_correlation(const Tensor& z, const GaussianMoments& moments, int64_t samples,
                                  Estimator estimator);

 private:
  Options options_;
};

}  // namespace latent
