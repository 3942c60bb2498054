#pragma once
// PosteriorSampler: codes from the posteriors of some training samples.

#include <latent/probability/sampler.hpp>

#include <vector>

namespace latent {

/// The mixture of q(z|x) over K samples x, with equal weights: with all training samples the aggregate posterior, of
/// which this is a sample. Tensors: "means", "stddevs" (K, D).
/// Source: Tomczak & Welling 2018, arXiv:1705.07120, with data in place of learned pseudo-inputs.
class PosteriorSampler : public Sampler {
 public:
  static std::unique_ptr<Sampler> make(const Json& config, int64_t latent_dim, Rng& rng);
  static double num_elements(const Json& config, int64_t latent_dim);
  /// @throws std::invalid_argument for sizes below 1
  PosteriorSampler(int64_t components, int64_t latent_dim);

  Tensor sample(int64_t n, Rng& rng) const override;
  Json config() const override;

  /// @param means, stddevs (K, D) f32   @throws std::invalid_argument for other shapes
  void set(const Tensor& means, const Tensor& stddevs);

 private:
  Tensor means_, stddevs_;
};

/// n numbers of rows, each with the probability that its weight has among all. @param weights (K) f32, not negative
std::vector<int64_t> draw_rows(int64_t n, const Tensor& weights, Rng& rng);

}  // namespace latent
