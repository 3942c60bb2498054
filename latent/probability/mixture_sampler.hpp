#pragma once
// MixtureSampler: codes from a mixture of Gaussians.

#include <latent/probability/sampler.hpp>

namespace latent {

/// Components with any covariance. Tensors: "weights" (K), "means" (K, D), "cholesky" (K, D, D), lower triangular.
class MixtureSampler : public Sampler {
 public:
  static std::unique_ptr<Sampler> make(const Json& config, int64_t latent_dim, Rng& rng);
  static double num_elements(const Json& config, int64_t latent_dim);
  /// @throws std::invalid_argument for sizes below 1
  MixtureSampler(int64_t components, int64_t latent_dim);

  Tensor sample(int64_t n, Rng& rng) const override;
  Json config() const override;

  /// The mixture to draw from. @param weights  K, not negative   @param means (K, D) f32
  /// @param covariances  K * D * D, row-major, positive semi-definite but for rounding
  /// @throws std::invalid_argument for other sizes, or values that are not finite
  void set(std::span<const double> weights, const Tensor& means, std::span<const double> covariances);

 private:
  Tensor weights_, means_, cholesky_;
};

}  // namespace latent
