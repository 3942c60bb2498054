#pragma once
// Prior `fitted-gaussian`: a normal distribution fitted to the codes of the training data.

#include <latent/probability/slots.hpp>

namespace latent {

/// p(z) = N(mean, L L^T), by maximum likelihood once training is over. It is how a plain autoencoder, whose codes lie
/// where they fall, can be sampled from. For codes of many dimensions L may be diagonal.
class FittedGaussianPrior : public Prior {
 public:
  /// Largest code of a full covariance, which has D * D elements.
  static constexpr int64_t kMaxLatentDim = 4096;
  enum class Covariance : uint8_t { full, diagonal };

  /// @param config {"name": "fitted-gaussian"}; with "covariance": "full" (default) or "diagonal"
  static std::unique_ptr<Prior> make(const Json& config, const SlotContext& context);
  /// @throws std::invalid_argument if latent_dim is above kMaxLatentDim and the covariance full
  explicit FittedGaussianPrior(int64_t latent_dim, Covariance covariance = Covariance::full);

  /// @throws std::invalid_argument before fit()
  Tensor sample(int64_t n, Rng& rng) const override;
  /// @throws std::invalid_argument before fit()
  Tensor log_prob(const Tensor& z) const override;
  /// Mean and covariance (divided by N) of the codes, in double. The covariance is regularised by 1e-6 of its mean
  /// variance, so that a code that never changes or copies another is no obstacle.
  /// @throws std::invalid_argument unless codes is (N, D) f32 with N >= 1, all finite
  void fit(const Tensor& codes) override;
  bool needs_fit() const override { return true; }
  Json config() const override;

 private:
  void check_fitted() const;
  void fit_full(const Tensor& codes);
  void fit_diagonal(const Tensor& codes);

  int64_t latent_dim_;
  Covariance covariance_;
  Tensor mean_;      // (D), buffer "mean"
  Tensor cholesky_;  // (D, D), buffer "cholesky": L, lower triangular; zeros before fit(). Undefined if diagonal
  Tensor stddev_;    // (D), buffer "stddev": the diagonal of L in its place
};

}  // namespace latent
