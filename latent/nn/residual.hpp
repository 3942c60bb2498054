#pragma once
// Residual blocks: what a layer adds to its input.

#include <latent/nn/layers.hpp>

namespace latent::nn {

/// (N, H, W, C) -> the same shape: x + conv2(relu(conv1(x))), both 3x3. The second convolution starts at zero, so that
/// a new block is the identity, however many stand in a row: that takes the place of normalisation, and a batch of one
/// sample, training and evaluation are treated alike. The sum is f32 (or f64), whatever the products compute in.
/// Source: He et al. 2016, arXiv:1512.03385; the start at zero: Zhang, Dauphin & Ma 2019, arXiv:1901.09321 (Fixup).
class ResidualBlock : public Layer {
 public:
  ResidualBlock(int64_t channels, Rng& rng);
  Tensor forward(const Tensor& x, const Context& context) const override;
  const Conv2d& conv1() const { return conv1_; }
  const Conv2d& conv2() const { return conv2_; }

 private:
  Conv2d conv1_, conv2_;  // "conv1", "conv2"
};

/// Appends `count` blocks.
void push_residual_blocks(Sequential& layers, int64_t count, int64_t channels, Rng& rng);

/// Sets the weight and bias of a layer to zero, so that it adds nothing until it has learned something.
template <class WithWeightAndBias>
void start_at_zero(WithWeightAndBias& layer) {
  for (float& value : layer.weight.template span<float>()) value = 0.0F;
  for (float& value : layer.bias.template span<float>()) value = 0.0F;
}

}  // namespace latent::nn
