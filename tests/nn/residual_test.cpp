#include <latent/nn/residual.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/autograd/reduce.hpp>

#include <gtest/gtest.h>

namespace latent::nn {
namespace {

Tensor uniform(const Shape& shape) {
  Tensor x = Tensor::empty(shape);
  Rng(1).uniform(x.span<float>());
  return x;
}

TEST(ResidualBlock, StartsAsTheIdentityAndLearnsAllTheSame) {
  Rng rng(0);
  const ResidualBlock block(6, rng);
  for (const auto& [H, W] : std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {2, 5}, {9, 7}}) {
    const Tensor x = uniform({2, H, W, 6});
    EXPECT_EQ(block.forward(x, Mode::train).to_vector(), x.to_vector());
  }
  EXPECT_EQ(block.num_parameters(), 2 * (6 * 6 * 9 + 6));
  const Tensor x = uniform({2, 4, 4, 6});
  backward(mean(square(block.forward(x, Mode::train))));
  for (const NamedTensor& t : block.parameters()) {
    if (t.name == "conv2.weight" || t.name == "conv2.bias") {
      EXPECT_GT(sum(square(t.tensor.grad())).item(), 0.0) << t.name;
    }
  }
}

TEST(ResidualBlock, AddsWhatItsConvolutionsGive) {
  Rng rng(0);
  const ResidualBlock block(3, rng);
  for (const NamedTensor& t : block.parameters()) {
    Tensor tensor = t.tensor;
    Rng(7).fork(tensor.numel()).normal(tensor.span<float>());
  }
  const auto state = block.parameters();
  const Tensor x = uniform({1, 5, 4, 3});
  const ConvOptions same{.stride = 1, .padding = 1};
  const Tensor h = conv2d(x, state[0].tensor.detach(), state[1].tensor.detach(), same, Activation::relu);
  const Tensor expected = add(x, conv2d(h, state[2].tensor.detach(), state[3].tensor.detach(), same));
  EXPECT_EQ(block.forward(x, Mode::eval).to_vector(), expected.to_vector());
}

}  // namespace
}  // namespace latent::nn
