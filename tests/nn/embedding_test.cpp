// Rows by ids: values by hand, gradients, and what is refused.
#include <latent/nn/embedding.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/autograd/shaping.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace latent::nn {
namespace {

TEST(Embedding, NamesRowsByIdsOfAnyShapeAndIntegerType) {
  Rng rng(1);
  Embedding layer({.count = 4, .dim = 2}, rng);
  layer.weight.copy_from(Tensor::from(std::vector<float>{0, 1, 10, 11, 20, 21, 30, 31}, {4, 2}));
  const Tensor ids = Tensor::from(std::vector<int32_t>{2, 0, 3, 2, 1, 1}, {2, 3});
  const Tensor rows = layer.forward(ids, Mode::eval);
  EXPECT_EQ(rows.shape(), Shape({2, 3, 2}));
  EXPECT_EQ(rows.to_vector(), (std::vector<double>{20, 21, 0, 1, 30, 31, 20, 21, 10, 11, 10, 11}));
  EXPECT_EQ(layer.forward(ids.to(DType::u8), Mode::eval).to_vector(), rows.to_vector());
  EXPECT_EQ(layer.forward(ids.view_as({6}), Mode::eval).shape(), Shape({6, 2}));
}

TEST(Embedding, GradientsAddUpWhereAnIdStandsTwice) {
  Tensor weight = Tensor::empty({5, 3}, DType::f64);
  Rng(2).normal(weight.span<double>());
  const Tensor ids = Tensor::from(std::vector<int32_t>{4, 0, 4, 2, 4, 0}, {3, 2});
  const auto function = [&](std::span<const Tensor> in) { return sum(square(embedding(in[0], ids))); };
  EXPECT_LT(gradient_error(function, {weight}), 1e-7);
  weight.set_requires_grad();
  weight.clear_grad();
  backward(sum(embedding(weight, ids)));
  EXPECT_EQ(weight.grad().to_vector(), (std::vector<double>{2, 2, 2, 0, 0, 0, 1, 1, 1, 0, 0, 0, 3, 3, 3}));
}

TEST(Embedding, StartsAsStandardNormals) {
  Rng rng(3);
  const std::vector<double> w = Embedding({.count = 1000, .dim = 10}, rng).weight.to_vector();
  double mean = 0.0, squares = 0.0;
  for (const double value : w) mean += value / 1e4, squares += value * value / 1e4;
  EXPECT_NEAR(mean, 0.0, 5 / 100.0);                      // five standard deviations of a mean of 10,000
  EXPECT_NEAR(squares, 1.0, 5 * std::sqrt(2.0) / 100.0);  // and of a mean of their squares
}

TEST(Embedding, RefusesWhatNamesNoRow) {
  Rng rng(4);
  const Embedding layer({.count = 4, .dim = 2}, rng);
  for (const int32_t id : {-1, 4}) {
    EXPECT_THROW(layer.forward(Tensor::full({2, 3}, id, DType::i32), Mode::eval), std::invalid_argument) << id;
  }
  EXPECT_THROW(layer.forward(Tensor::zeros({2, 3}), Mode::eval), std::invalid_argument);
  EXPECT_THROW(Embedding({.count = 0, .dim = 2}, rng), std::invalid_argument);
}

}  // namespace
}  // namespace latent::nn
