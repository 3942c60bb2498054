// The learned scale of the Gaussian likelihood: the closed optimum, averaged over batches, and its floor.

#include <latent/autograd/backward.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/rng.hpp>
#include <latent/probability/gaussian_likelihood.hpp>

#include <gmock/gmock.h>

#include <cmath>

namespace latent {
namespace {

constexpr double kF32 = 1e-6;

Tensor normal(Shape shape, uint64_t seed, double scale) {
  Tensor x = Tensor::empty(shape);
  Rng rng(seed);
  rng.normal(x.span<float>());
  for (float& value : x.span<float>()) value *= static_cast<float>(scale);
  return x;
}

double mean_square(const Tensor& x) {
  double total = 0.0;
  for (const double value : x.to_vector()) total += value * value;
  return total / static_cast<double>(x.numel());
}

TEST(LearnedScale, TheFirstBatchSetsItToTheRootMeanSquaredError) {
  GaussianLikelihood likelihood(std::nullopt);
  EXPECT_NEAR(likelihood.scale(), 1.0, 1e-5);  // before it has met data
  const Tensor x = normal({30, 7}, 1, 0.2);
  likelihood.calibrate(Tensor::zeros({30, 7}), x);
  EXPECT_NEAR(likelihood.scale(), std::sqrt(mean_square(x)), kF32);
}

TEST(LearnedScale, IsTheBestScaleForItsData) {
  GaussianLikelihood likelihood(std::nullopt);
  const Tensor x = normal({200, 5}, 2, 0.3), mu = Tensor::zeros({200, 5});
  likelihood.calibrate(mu, x);
  const double best = mean(likelihood.nll(mu, x, 0.0)).item();
  for (const double factor : {0.9, 0.99, 1.01, 1.1}) {
    EXPECT_GT(mean(GaussianLikelihood(factor * likelihood.scale()).nll(mu, x, 0.0)).item(), best) << factor;
  }
}

TEST(LearnedScale, LaterBatchesMoveItByTheirShareOfTheWindow) {
  GaussianLikelihood likelihood(std::nullopt);
  const Tensor mu = Tensor::zeros({50, 4}), first = normal({50, 4}, 3, 1.0), second = normal({50, 4}, 4, 0.1);
  likelihood.calibrate(mu, first);
  likelihood.calibrate(mu, second);
  const double share = 50.0 / (50.0 + GaussianLikelihood::kWindow);
  const double expected = (1.0 - share) * mean_square(first) + share * mean_square(second);
  EXPECT_NEAR(likelihood.scale() * likelihood.scale(), expected, 1e-5);
  // As many batches as it takes: it forgets the beginning.
  for (int i = 0; i < 2000; ++i) likelihood.calibrate(mu, second);
  EXPECT_NEAR(likelihood.scale(), std::sqrt(mean_square(second)), 1e-4);
}

TEST(LearnedScale, DoesNotShrinkWithoutEnd) {
  GaussianLikelihood likelihood(std::nullopt);
  const Tensor same = Tensor::full({40, 6}, 0.25);
  for (int i = 0; i < 3000; ++i) likelihood.calibrate(same, same);
  const double floor = std::exp(0.5 * GaussianLikelihood::kLowest);
  EXPECT_NEAR(likelihood.scale(), floor, 1e-4 * floor);
  EXPECT_TRUE(std::isfinite(mean(likelihood.nll(same, same, 0.0)).item()));
  // And it comes back when errors do.
  const Tensor x = normal({40, 6}, 5, 1.0);
  for (int i = 0; i < 2000; ++i) likelihood.calibrate(Tensor::zeros({40, 6}), x);
  EXPECT_NEAR(likelihood.scale(), std::sqrt(mean_square(x)), 1e-3);
}

TEST(LearnedScale, WhatIsNotFiniteLeavesItAsItIs) {
  GaussianLikelihood likelihood(std::nullopt);
  const Tensor x = normal({10, 3}, 6, 0.5);
  likelihood.calibrate(Tensor::zeros({10, 3}), x);
  const double before = likelihood.scale();
  likelihood.calibrate(Tensor::full({10, 3}, std::nan("")), x);
  likelihood.calibrate(Tensor::full({10, 3}, 1e38), Tensor::full({10, 3}, -3e38));
  EXPECT_EQ(likelihood.scale(), before);
}

TEST(LearnedScale, GradientsReachTheMeansAsThoseOfThatFixedScaleAndNotTheScale) {
  GaussianLikelihood likelihood(std::nullopt);
  const Tensor x = normal({6, 4}, 7, 0.4);
  likelihood.calibrate(Tensor::zeros({6, 4}), x);
  const auto gradient_of = [&](const Likelihood& p) {
    Tensor mu = Tensor::zeros({6, 4});
    mu.set_requires_grad();
    backward(mean(p.nll(mu, x, 1.0 / 6)));
    return mu.grad().to_vector();
  };
  EXPECT_EQ(gradient_of(likelihood), gradient_of(GaussianLikelihood(likelihood.scale())));
  ASSERT_EQ(likelihood.parameters().size(), 1u);
  EXPECT_FALSE(likelihood.parameters()[0].tensor.grad().defined());
}

TEST(LearnedScale, OfModelsTrainedByGradientsMeansWhatItMeant) {
  GaussianLikelihood likelihood(std::nullopt);
  Tensor(likelihood.parameters()[0].tensor).copy_from(Tensor::full({}, -0.75));
  const double logvar = -12.0 + std::log1p(std::exp(-0.75 + 12.0));
  EXPECT_NEAR(likelihood.scale(), std::exp(0.5 * logvar), kF32);
}

TEST(LearnedScale, AFixedScaleStaysFixed) {
  GaussianLikelihood likelihood(0.5);
  likelihood.calibrate(Tensor::zeros({5, 2}), normal({5, 2}, 8, 3.0));
  EXPECT_EQ(likelihood.scale(), 0.5);
}

}  // namespace
}  // namespace latent
