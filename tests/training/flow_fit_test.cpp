#include <latent/training/flow_fit.hpp>

#include <latent/core/interrupted.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace latent {
namespace {

constexpr int64_t kModes = 6;
constexpr double kRadius = 4.0, kSpread = 0.2;

// Points on a ring.
Tensor ring(int64_t n) {
  Tensor x = Tensor::empty({n, 2});
  for (int64_t i = 0; i < n; ++i) {
    const double angle = 2.0 * std::numbers::pi * static_cast<double>(i % kModes) / kModes;
    x.data<float>()[2 * i] = static_cast<float>(10.0 + kRadius * std::cos(angle));
    x.data<float>()[2 * i + 1] = static_cast<float>(kRadius * std::sin(angle));
  }
  return x;
}

TEST(FlowFit, FindsAllModesOfARingAndLittleBetweenThem) {
  Rng weights(1);
  FlowSampler flow({.latent_dim = 2, .hidden = 64, .layers = 3}, weights);
  const Tensor mu = ring(600);
  fit_flow(flow, mu, Tensor::full(mu.shape(), kSpread), {.updates = 1500, .batch = 256, .lr = 3e-3});
  Rng rng(2);
  constexpr int64_t kDraws = 2000;
  const Tensor z = flow.sample(kDraws, rng);
  std::vector<int64_t> near(kModes, 0);
  int64_t all = 0;
  for (int64_t i = 0; i < kDraws; ++i) {
    for (int64_t m = 0; m < kModes; ++m) {
      const double dx = z.data<float>()[2 * i] - mu.data<float>()[2 * m];
      const double dy = z.data<float>()[2 * i + 1] - mu.data<float>()[2 * m + 1];
      if (std::hypot(dx, dy) > 4.0 * kSpread) continue;
      ++near[static_cast<size_t>(m)];
      ++all;
    }
  }
  EXPECT_GT(all, kDraws * 9 / 10);  // a normal prior of the same moments: less than a quarter
  for (const int64_t count : near) EXPECT_GT(count, kDraws / kModes / 2);
}

TEST(FlowFit, IsTheSameWithTheSameSeedAndEndsWhenAsked) {
  const Tensor mu = ring(30), stddev = Tensor::zeros({30, 2});
  const auto samples = [&](uint64_t seed) {
    Rng weights(1), rng(2);
    FlowSampler flow({.latent_dim = 2, .hidden = 8, .layers = 1, .steps = 2}, weights);
    fit_flow(flow, mu, stddev, {.updates = 20, .batch = 16, .seed = seed});
    return flow.sample(5, rng).to_vector();
  };
  const auto one = samples(3);
  EXPECT_EQ(one, samples(3));
  EXPECT_NE(one, samples(4));
  Rng weights(1);
  FlowSampler flow({.latent_dim = 2, .hidden = 8, .layers = 1}, weights);
  int64_t last = 0;
  EXPECT_THROW(fit_flow(flow, mu, stddev, {.updates = 20}, [&](int64_t done) { return (last = done) < 7; }),
               Interrupted);
  EXPECT_EQ(last, 7);
}

TEST(FlowFit, RefusesWhatAreNoCodes) {
  Rng weights(1);
  FlowSampler flow({.latent_dim = 2, .hidden = 8, .layers = 1}, weights);
  EXPECT_THROW(fit_flow(flow, Tensor::zeros({4, 3}), Tensor::zeros({4, 3}), {}), std::invalid_argument);
  EXPECT_THROW(fit_flow(flow, Tensor::zeros({4, 2}), Tensor::zeros({3, 2}), {}), std::invalid_argument);
  EXPECT_THROW(fit_flow(flow, Tensor::full({4, 2}, std::numeric_limits<double>::infinity()), Tensor::zeros({4, 2}), {}),
               std::invalid_argument);
  EXPECT_THROW(fit_flow(flow, Tensor::zeros({4, 2}), Tensor::zeros({4, 2}), {.updates = 0}), std::invalid_argument);
}

}  // namespace
}  // namespace latent
