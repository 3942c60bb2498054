// Convolutions along one dimension: by hand, and what is causal sees nothing of what comes later.

#include <latent/nn/conv1d.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace latent::nn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(Conv1d, ByHand) {
  const Tensor x = Tensor::from(std::vector<float>{1, 2, 3, 4, 5}, Shape{1, 5, 1});
  const Tensor weight = Tensor::from(std::vector<float>{1, 10}, Shape{1, 1, 1, 2});
  EXPECT_THAT(conv1d(x, weight, Tensor(), {}).to_vector(), ElementsAre(21, 32, 43, 54));
  EXPECT_THAT(conv1d(x, weight, Tensor(), {.stride = 2, .before = 1}).to_vector(), ElementsAre(10, 32, 54));
  EXPECT_THAT(conv_transpose1d(x, weight, Tensor(), {.stride = 2}).to_vector(),
              ElementsAre(1, 10, 2, 20, 3, 30, 4, 40, 5, 50));
  EXPECT_THAT(conv_transpose1d(x, weight, Tensor(), {.before = 1, .after = 1}).to_vector(),
              ElementsAre(12, 23, 34, 45));
}

TEST(Conv1d, ZerosBeforeAloneMakeItCausal) {
  Rng rng(5);
  const Conv1d layer({.in = 3, .out = 4, .kernel = 5, .conv = {.before = 4}, .activation = Activation::silu}, rng);
  Tensor x = Tensor::empty(Shape{2, 9, 3});
  rng.normal(x.span<float>());
  const Tensor y = layer.forward(x, Mode::eval);
  ASSERT_EQ(y.shape(), (Shape{2, 9, 4}));
  Tensor changed = x.clone();
  for (int64_t n = 0; n < 2; ++n) {
    for (int64_t i = (n * 9 + 6) * 3; i < (n + 1) * 9 * 3; ++i) changed.data<float>()[i] += 1.0f;
  }
  const Tensor after = layer.forward(changed, Mode::eval);
  for (int64_t n = 0; n < 2; ++n) {
    for (int64_t t = 0; t < 9; ++t) {
      for (int64_t c = 0; c < 4; ++c) {
        const int64_t i = (n * 9 + t) * 4 + c;
        if (t < 6) {
          EXPECT_FLOAT_EQ(after.data<float>()[i], y.data<float>()[i]);
        } else {
          EXPECT_NE(after.data<float>()[i], y.data<float>()[i]);
        }
      }
    }
  }
}

TEST(Conv1d, WrongShapesAreRefused) {
  Rng rng(5);
  const Conv1d layer({.in = 3, .out = 4, .kernel = 5}, rng);
  EXPECT_THAT(
      [&] {
        layer.forward(Tensor::zeros(Shape{2, 4, 3}), Mode::eval);
      },
      ThrowsMessage<std::invalid_argument>(HasSubstr("the kernel 5 is longer than the padded sequence 4")));
  EXPECT_THROW(layer.forward(Tensor::zeros(Shape{2, 3, 4, 5}), Mode::eval), std::invalid_argument);
  EXPECT_THROW(Conv1d({.in = 0, .out = 4}, rng), std::invalid_argument);
}

}  // namespace
}  // namespace latent::nn
