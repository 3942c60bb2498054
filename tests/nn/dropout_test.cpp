// Dropout: its moments, its gradient for a given mask, and what its draws depend on.
#include <latent/nn/dropout.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/autograd/dropout.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/threads.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace latent::nn {
namespace {

TEST(Dropout, IsTheIdentityInEvaluation) {
  const Tensor x = Tensor::full({3, 5}, 2.0);
  EXPECT_TRUE(Dropout(0.5).forward(x, Mode::eval).same_as(x));
  EXPECT_TRUE(Dropout(0.0).forward(x, Mode::train).same_as(x));  // draws nothing, so it needs no tape
}

TEST(Dropout, LeavesOutTheShareAskedForAndKeepsTheMean) {
  constexpr int64_t kDraws = 100'000;
  for (const double p : {0.1, 0.5, 0.9}) {
    Rng rng(3);
    const std::vector<double> y = Dropout(p).forward(Tensor::full({kDraws}, 1.0), {Mode::train, &rng}).to_vector();
    const auto zeros = static_cast<double>(std::ranges::count(y, 0.0));
    // Five standard deviations of a binomial.
    EXPECT_NEAR(zeros / kDraws, p, 5 * std::sqrt(p * (1 - p) / kDraws));
    for (const double value : y) ASSERT_TRUE(value == 0.0 || std::abs(value - 1 / (1 - p)) < 1e-6) << value;
  }
}

TEST(Dropout, GradientForAGivenMask) {
  Tensor x = Tensor::empty({7, 5}, DType::f64);
  Rng(4).normal(x.span<double>());
  const auto function = [](std::span<const Tensor> in) {
    Rng mask(5);  // the same at each call
    return sum(square(latent::dropout(in[0], 0.4, mask)));
  };
  EXPECT_LT(gradient_error(function, {x}), 1e-7);
}

TEST(Dropout, DrawsDependOnTheTapeAloneAndMoveOn) {
  const Tensor x = Tensor::full({301, 33}, 1.0);
  const int threads = num_threads();
  std::vector<std::vector<double>> seen;
  for (const int count : {1, threads}) {
    set_num_threads(count);
    Rng rng(6);
    const Context context(Mode::train, &rng);
    seen.push_back(Dropout(0.5).forward(x, context).to_vector());
    seen.push_back(Dropout(0.5).forward(x, context).to_vector());
    EXPECT_EQ(rng.state().block, 2u * ((301u * 33u + 3u) / 4u));
  }
  set_num_threads(threads);
  EXPECT_EQ(seen[0], seen[2]);
  EXPECT_EQ(seen[1], seen[3]);
  EXPECT_NE(seen[0], seen[1]);
}

TEST(Dropout, HandsOnBf16AsItComes) {
  Rng rng(7), same(7);
  const Tensor x = Tensor::full({4, 9}, 3.0);
  const Tensor y = Dropout(0.5).forward(x.to(DType::bf16), {Mode::train, &rng});
  EXPECT_EQ(y.dtype(), DType::bf16);
  EXPECT_EQ(y.to_vector(), Dropout(0.5).forward(x, {Mode::train, &same}).to_vector());  // 6 has no rounding
}

TEST(Dropout, RefusesWhatMakesNoSense) {
  for (const double p : {-0.1, 1.0, std::nan("")}) EXPECT_THROW(Dropout{p}, std::invalid_argument) << p;
  EXPECT_THROW(Dropout(0.5).forward(Tensor::zeros({2}), Mode::train), std::invalid_argument);
  Rng rng(1);
  EXPECT_THROW(latent::dropout(Tensor::zeros({2}, DType::i32), 0.5, rng), std::invalid_argument);
}

}  // namespace
}  // namespace latent::nn
