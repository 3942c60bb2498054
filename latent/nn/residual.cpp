#include <latent/nn/residual.hpp>

namespace latent::nn {

namespace {

// 3x3 that keeps the size.
Conv2d::Options same_size(int64_t channels, Activation activation, Output output) {
  return {.in = channels,
          .out = channels,
          .kernel = 3,
          .conv = {.stride = 1, .padding = 1},
          .activation = activation,
          .output = output};
}

}  // namespace

ResidualBlock::ResidualBlock(int64_t channels, Rng& rng)
    : conv1_(same_size(channels, Activation::relu, Output::compute_type), rng),
      conv2_(same_size(channels, Activation::none, Output::f32), rng) {
  start_at_zero(conv2_);
  add_child("conv1", conv1_);
  add_child("conv2", conv2_);
}

Tensor ResidualBlock::forward(const Tensor& x, const Context& context) const {
  const Tensor change = conv2_.forward(conv1_.forward(x, context), context);
  return add(cast(x, change.dtype()), change);
}

void push_residual_blocks(Sequential& layers, int64_t count, int64_t channels, Rng& rng) {
  for (int64_t i = 0; i < count; ++i) layers.push(std::make_unique<ResidualBlock>(channels, rng));
}

}  // namespace latent::nn
