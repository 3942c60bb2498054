#pragma once
// Distributions of 8-bit values: mixtures of logistic distributions, with or without a view of earlier pixels.

#include <latent/nn/causal_runner.hpp>
#include <latent/probability/distribution.hpp>

namespace latent {

/// Independent values, each a mixture of K logistic distributions discretised to 256 levels.
class LogisticMixture : public Distribution {
 public:
  /// @param params  (N, 3 K C, H, W) or (N, 3 K D): the 3 K parameters of a channel (or value) stand together
  LogisticMixture(const Tensor& params, int64_t components);
  /// Limited to [0, 1]; within half a level.
  Tensor mean() const override;
  Tensor stddev() const override;
  Tensor sample(Rng& rng, int64_t num_samples) const override;
  Tensor log_prob(const Tensor& value) const override;

 private:
  Tensor rows_;        // (N V, 3 K), values of images in the order of (N, H, W, C)
  Shape value_shape_;  // (N, C, H, W) or (N, D)
};

/// Images whose pixels come one after the other, each a mixture that depends on those before it.
/// Looks at the network it was made with, which must live as long.
class CausalMixture : public Distribution {
 public:
  /// @param features  (N, F, H, W) for `network`
  CausalMixture(const Tensor& features, const nn::CausalNetwork& network);
  /// There is no closed form. This is the image in which each pixel is the mean of its mixture, given such pixels
  /// before it.
  Tensor mean() const override;
  /// Parameters of the mixtures that mean() passes.
  Tensor stddev() const override;
  Tensor sample(Rng& rng, int64_t num_samples) const override;
  Tensor log_prob(const Tensor& value) const override;

 private:
  Tensor features_;
  const nn::CausalNetwork& network_;
  nn::CausalRunner runner_;
};

/// Parameters of mixtures, (N, 3 K C, H, W) or (N, 3 K D), as rows (N V, 3 K); the values x of images, in the same
/// order.
Tensor mixture_rows(const Tensor& params, int64_t components);
Tensor values_in_row_order(const Tensor& x);

}  // namespace latent
