#pragma once
// FlowSampler: codes from noise, along a velocity that was learned by flow matching.

#include <latent/nn/layers.hpp>
#include <latent/probability/sampler.hpp>

namespace latent {

/// Noise eps = x_0 is carried to a code by dx/dt = v(x, t), t from 0 to 1, with Heun's method. v is a network that was
/// taught, on straight paths x_t = (1 - t) eps + t x_1 to codes x_1, their velocity x_1 - eps; its mean over all paths
/// through a point is the velocity that carries the whole distribution. Codes are brought to mean 0 and variance 1 by
/// dimension before.
/// Tensors: "mean", "stddev" (D), "velocity.N.weight", "velocity.N.bias".
/// Source: Lipman et al. 2023, arXiv:2210.02747; Liu et al. 2023, arXiv:2209.03003.
class FlowSampler : public Sampler {
 public:
  struct Options {
    int64_t latent_dim = 0;
    int64_t hidden = 384;  ///< width of the velocity's layers
    int64_t layers = 3;    ///< of that width, with SiLU
    int64_t steps = 20;    ///< of Heun's method: two passes through the network each
  };
  static std::unique_ptr<Sampler> make(const Json& config, int64_t latent_dim, Rng& rng);
  static double num_elements(const Json& config, int64_t latent_dim);
  /// @throws std::invalid_argument for sizes below 1
  FlowSampler(const Options& options, Rng& rng);

  Tensor sample(int64_t n, Rng& rng) const override;
  Json config() const override;
  const Options& options() const { return options_; }

  /// What x is measured in: mean and standard deviation of codes. Of a dimension that never changes, every sample has
  /// its value. @param mean, stddev  D each, finite
  void standardize(std::span<const double> mean, std::span<const double> stddev);
  /// (N, D) codes -> (N, D) x_1.
  Tensor standardized(const Tensor& codes) const;
  /// v(x, t), with gradients. @param x (N, D), t (N) in [0, 1]   @return (N, D)
  Tensor velocity(const Tensor& x, const Tensor& t) const;
  /// The mean over dimensions of (v(x_t, t) - (x_1 - eps))^2, with gradients; eps and t (uniform) are drawn anew.
  /// @param x (N, D), as of standardized()   @return (N)
  Tensor loss(const Tensor& x, Rng& rng) const;
  /// The network alone, whose parameters are trained.
  nn::Module& network() { return velocity_; }

 private:
  Options options_;
  Tensor mean_, stddev_;  // (D), buffers
  nn::Sequential velocity_;
};

}  // namespace latent
