#include <latent/autograd/backward.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/probability/distribution.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace latent {
namespace {

constexpr double kLog2Pi = 1.8378770664093453;
constexpr double kFloatTolerance = 1e-5;  // a few roundings of float32 in values of order 1 to 10

// Mean and variance of `draws` (K, 1, M) at column m.
struct Moments {
  double mean = 0, variance = 0;
};
Moments moments(const Tensor& draws, int64_t m) {
  const int64_t K = draws.dim(0), M = draws.numel() / K;
  const std::vector<double> values = draws.to_vector();
  Moments result;
  for (int64_t k = 0; k < K; ++k) result.mean += values[static_cast<size_t>(k * M + m)] / static_cast<double>(K);
  for (int64_t k = 0; k < K; ++k) {
    const double d = values[static_cast<size_t>(k * M + m)] - result.mean;
    result.variance += d * d / static_cast<double>(K);
  }
  return result;
}

constexpr int64_t kDraws = 40000;
// Five standard errors: a mean of kDraws values of variance v is off by more once in 2 million seeds.
double five_errors(double variance) { return 5 * std::sqrt(variance / static_cast<double>(kDraws)); }

TEST(DiagonalGaussian, LogProbByHand) {
  const DiagonalGaussian q(Tensor::from<double>({1.0, -2.0}, {1, 2}),
                           Tensor::from<double>({std::log(4.0), 0.0}, {1, 2}));
  const Tensor value = Tensor::from<double>({3.0, -2.0}, {1, 2});
  const double by_hand = -0.5 * (kLog2Pi + std::log(4.0) + 1.0) - 0.5 * kLog2Pi;
  EXPECT_NEAR(q.log_prob(value).item(), by_hand, 1e-12);
  EXPECT_NEAR(q.stddev().to_vector()[0], 2.0, 1e-12);
}

TEST(DiagonalGaussian, LogProbOfImagesAndOfSeveralDraws) {
  const DiagonalGaussian p(Tensor::zeros({2, 1, 2, 2}), Tensor::zeros({2, 1, 2, 2}));
  const Tensor one = p.log_prob(Tensor::full({2, 1, 2, 2}, 1.0));
  EXPECT_EQ(one.shape(), Shape({2}));
  const Tensor stacked = p.log_prob(Tensor::full({3, 2, 1, 2, 2}, 1.0));
  EXPECT_EQ(stacked.shape(), Shape({3, 2}));
  for (const double v : stacked.to_vector()) EXPECT_NEAR(v, -0.5 * 4 * (kLog2Pi + 1.0), kFloatTolerance);
}

TEST(DiagonalGaussian, SamplesHaveItsMoments) {
  const DiagonalGaussian q(Tensor::from<float>({1.5f, -3.0f}, {1, 2}), Tensor::from<float>({0.0f, -2.0f}, {1, 2}));
  Rng rng(1);
  const Tensor z = q.sample(rng, kDraws);
  ASSERT_EQ(z.shape(), Shape({kDraws, 1, 2}));
  for (const int64_t d : {0, 1}) {
    const double variance = d == 0 ? 1.0 : std::exp(-2.0);
    const Moments m = moments(z, d);
    EXPECT_NEAR(m.mean, d == 0 ? 1.5 : -3.0, five_errors(variance));
    EXPECT_NEAR(m.variance, variance, five_errors(2 * variance * variance));  // Var(x^2) = 2 for a normal
  }
}

TEST(DiagonalGaussian, SameTapeSameDraws) {
  const DiagonalGaussian q(Tensor::zeros({3, 5}), Tensor::zeros({3, 5}));
  Rng a(9), b(9);
  EXPECT_EQ(q.sample(a, 2).to_vector(), q.sample(b, 2).to_vector());
  EXPECT_EQ(a.state(), b.state());
}

TEST(DiagonalGaussian, RefusesWhatDoesNotFit) {
  EXPECT_THROW(DiagonalGaussian(Tensor::zeros({2, 3}), Tensor::zeros({2, 4})), std::invalid_argument);
  EXPECT_THROW(DiagonalGaussian(Tensor::zeros({2, 3}, DType::i32), Tensor::zeros({2, 3}, DType::i32)),
               std::invalid_argument);
  const DiagonalGaussian q(Tensor::zeros({2, 3}), Tensor::zeros({2, 3}));
  Rng rng(0);
  EXPECT_THROW(q.sample(rng, 0), std::invalid_argument);
  EXPECT_THROW(q.log_prob(Tensor::zeros({3, 3})), std::invalid_argument);
  EXPECT_THROW(q.log_prob(Tensor::zeros({4, 3, 3})), std::invalid_argument);
}

TEST(Bernoulli, LogProbByHandAlsoForGreyLevels) {
  const double logit = 0.7, p = 1 / (1 + std::exp(-logit));
  const Bernoulli b(Tensor::from<double>({logit, logit, 0.0}, {1, 3}));
  const Tensor value = Tensor::from<double>({1.0, 0.25, 0.0}, {1, 3});
  const double by_hand = std::log(p) + 0.25 * std::log(p) + 0.75 * std::log(1 - p) - std::log(2.0);
  EXPECT_NEAR(b.log_prob(value).item(), by_hand, 1e-12);
  EXPECT_NEAR(b.mean().to_vector()[0], p, 1e-12);
  EXPECT_NEAR(b.stddev().to_vector()[2], 0.5, 1e-12);
}

TEST(Bernoulli, LargeLogitsStayFinite) {
  const Bernoulli b(Tensor::from<float>({1000.0f, -1000.0f}, {1, 2}));
  EXPECT_EQ(b.log_prob(Tensor::from<float>({1.0f, 0.0f}, {1, 2})).item(), 0.0);
  EXPECT_NEAR(b.log_prob(Tensor::from<float>({0.0f, 1.0f}, {1, 2})).item(), -2000.0, 1e-3);
  for (const double s : b.stddev().to_vector()) EXPECT_EQ(s, 0.0);
}

TEST(Bernoulli, SamplesAreZerosAndOnesAtTheRightRate) {
  const Bernoulli b(Tensor::from<float>({-1.0f, 100.0f, -100.0f}, {1, 3}));
  Rng rng(2);
  const Tensor x = b.sample(rng, kDraws);
  const double p = 1 / (1 + std::exp(1.0));
  EXPECT_NEAR(moments(x, 0).mean, p, five_errors(p * (1 - p)));
  EXPECT_NEAR(moments(x, 1).mean, 1.0, 1e-9);  // kDraws roundings of double
  EXPECT_EQ(moments(x, 2).mean, 0.0);
  for (const double v : x.to_vector()) ASSERT_TRUE(v == 0.0 || v == 1.0);
}

TEST(Bernoulli, LogProbOfSeveralDraws) {
  const Bernoulli b(Tensor::from<float>({0.0f, 1.0f, 2.0f, 3.0f}, {2, 2}));
  const Tensor first = Tensor::from<float>({0.0f, 1.0f, 1.0f, 0.0f}, {2, 2});
  const Tensor stacked = Tensor::from<float>({1.0f, 1.0f, 1.0f, 1.0f, 0.0f, 1.0f, 1.0f, 0.0f}, {2, 2, 2});
  const std::vector<double> rows = b.log_prob(stacked).to_vector();
  const std::vector<double> alone = b.log_prob(first).to_vector();
  EXPECT_NEAR(rows[2], alone[0], kFloatTolerance);
  EXPECT_NEAR(rows[3], alone[1], kFloatTolerance);
}

TEST(Laplace, LogProbByHandAndSamplesHaveItsMoments) {
  const Laplace l(Tensor::from<float>({2.0f}, {1, 1}), 0.5);
  EXPECT_NEAR(l.log_prob(Tensor::from<float>({3.0f}, {1, 1})).item(), -2.0 - std::log(1.0), kFloatTolerance);
  EXPECT_NEAR(l.stddev().item(), std::numbers::sqrt2 * 0.5, kFloatTolerance);
  Rng rng(3);
  const Moments m = moments(l.sample(rng, kDraws), 0);
  const double variance = 2 * 0.25;
  EXPECT_NEAR(m.mean, 2.0, five_errors(variance));
  EXPECT_NEAR(m.variance, variance,
              five_errors(5 * variance * variance));  // kurtosis 6: Var((x - mu)^2) = 5 variance^2
  EXPECT_THROW(Laplace(Tensor::zeros({1, 1}), 0.0), std::invalid_argument);
}

TEST(PointMass, IsItsValueAndHasNoDensity) {
  const PointMass p(Tensor::from<float>({1.0f, 2.0f}, {1, 2}));
  Rng rng(0);
  EXPECT_EQ(p.sample(rng, 2).to_vector(), (std::vector<double>{1, 2, 1, 2}));
  EXPECT_EQ(p.stddev().to_vector(), (std::vector<double>{0, 0}));
  EXPECT_THROW(p.log_prob(p.mean()), std::invalid_argument);
}

TEST(DiagonalGaussian, GradientsFlowThroughLogProb) {
  const auto f = [](std::span<const Tensor> in) {
    const DiagonalGaussian q(in[0], in[1]);
    return sum(q.log_prob(Tensor::from<double>({0.3, -1.0, 2.0, 0.1, 0.2, 0.9, -0.4, 1.1}, {2, 2, 2})));
  };
  EXPECT_LT(gradient_error(f, {Tensor::from<double>({0.5, -0.2, 1.0, 0.0}, {2, 2}),
                               Tensor::from<double>({-0.5, 0.2, 0.3, 1.0}, {2, 2})}),
            1e-6);
}

}  // namespace
}  // namespace latent
