#pragma once
// Objective `mmd`: codes of all samples together are drawn towards p(z) by the maximum mean discrepancy (InfoVAE).

#include <latent/probability/slots.hpp>

namespace latent {

/// loss = nll + (1 - alpha) KL(q(z|x) || p(z)) + (alpha + lambda - 1) MMD(q(z), p(z)), where q(z) is the distribution
/// of the codes of all samples, estimated on a batch of B against B draws of p(z):
///   MMD = mean of k(z, z') over pairs of codes + mean of k(y, y') over pairs of draws - 2 mean of k(z, y)
/// without pairs of a code with itself. Kernels on squared distances s between codes of D dimensions:
///   imq  sum over c in {0.1, 0.2, 0.5, 1, 2, 5, 10} of 2 D c / (2 D c + s)
///   rbf  exp(-s / (2 D))
/// alpha = 1 leaves the KL of single samples out, so that the code may say what it will of each: a Wasserstein
/// autoencoder, whose posterior may then be a point (`none`).
/// Source: Zhao, Song & Ermon 2017, "InfoVAE", arXiv:1706.02262, equation 6; kernels of Tolstikhin et al. 2018,
/// "Wasserstein auto-encoders", arXiv:1711.01558.
class MmdObjective : public Objective {
 public:
  enum class Kernel : uint8_t { imq, rbf };
  struct Options {
    double alpha = 1.0;      ///< how far the KL is left out, <= 1
    double lambda = 1000.0;  ///< weight of the discrepancy; alpha + lambda >= 1
    Kernel kernel = Kernel::imq;
  };
  /// @param config {"name": "mmd", "alpha": 1.0, "lambda": 1000.0, "kernel": "imq"}
  static std::unique_ptr<Objective> make(const Json& config, const SlotContext& context);
  explicit MmdObjective(const Options& options) : options_(options) {}

  ObjectiveTerms combine(const ObjectiveInputs& inputs) const override;
  /// Refuses a prior that is fitted or learned, and alpha < 1 with a posterior that has no KL.
  void check(const Posterior& posterior, const Prior& prior) const override;
  bool matches_prior() const override { return true; }
  Json config() const override;

  /// MMD^2 between two sets of codes, unbiased (and so below zero at times): (), with gradients to both.
  /// @param z, y  (B, D), B >= 2
  static Tensor mmd(const Tensor& z, const Tensor& y, Kernel kernel);

 private:
  Options options_;
};

}  // namespace latent
