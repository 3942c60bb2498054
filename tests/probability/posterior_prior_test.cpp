#include <latent/autograd/backward.hpp>
#include <latent/autograd/gaussian.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/detail/json_value.hpp>
#include <latent/probability/fitted_gaussian_prior.hpp>
#include <latent/probability/gaussian_posterior.hpp>
#include <latent/probability/noise.hpp>
#include <latent/probability/normal_prior.hpp>
#include <latent/probability/point_posterior.hpp>
#include <latent/probability/scaled_normal_prior.hpp>

#include <tests/probability/slot_helpers.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace latent {
namespace {

constexpr double kLog2Pi = 1.8378770664093453;
constexpr double kFloatTolerance = 1e-5;  // a few roundings of float32 in values of order 1 to 10

// N(0, I) that does not say so: KL against it must be estimated at the samples.
class Anonymous : public NormalPrior {
 public:
  using NormalPrior::NormalPrior;
  bool is_standard_normal() const override { return false; }
};

Tensor features(int64_t N, int64_t H) {
  Rng rng(11);
  return standard_normal({N, H}, rng);
}

TEST(GaussianPosterior, NamesAndShapesOfItsWeights) {
  Rng rng(0);
  const GaussianPosterior posterior(7, 3, rng);
  const auto state = posterior.parameters();
  ASSERT_EQ(state.size(), 2u);
  EXPECT_EQ(state[0].name, "weight");
  EXPECT_EQ(state[0].tensor.shape(), Shape({6, 7}));
  EXPECT_EQ(state[1].name, "bias");
}

TEST(GaussianPosterior, SampleIsTheReparameterisedDrawOfItsDistribution) {
  Rng weights(1), noise(5), same_noise(5);
  const GaussianPosterior posterior(7, 3, weights);
  const Tensor h = features(4, 7);
  const PosteriorSample s = posterior.sample(h, NormalPrior(3), {.num_samples = 1}, noise, nn::Mode::train);
  EXPECT_EQ(s.z.shape(), Shape({4, 3}));
  EXPECT_EQ(s.kl_per_dim.shape(), Shape({4, 3}));
  EXPECT_EQ(s.kl.shape(), Shape({4}));

  const auto q = posterior.distribution(h);
  const Tensor expected = q->sample(same_noise, 1);
  for (size_t i = 0; i < 12; ++i) EXPECT_NEAR(s.z.to_vector()[i], expected.to_vector()[i], kFloatTolerance);
  const auto& gaussian = dynamic_cast<const DiagonalGaussian&>(*q);
  const std::vector<double> mu = gaussian.mean().to_vector(), logvar = gaussian.logvar().to_vector();
  for (size_t i = 0; i < 12; ++i) {
    const double kl = 0.5 * (mu[i] * mu[i] + std::exp(logvar[i]) - 1 - logvar[i]);
    EXPECT_NEAR(s.kl_per_dim.to_vector()[i], kl, kFloatTolerance);
  }
}

TEST(GaussianPosterior, EstimatedKlAgreesWithTheClosedForm) {
  Rng weights(1), noise(6);
  const GaussianPosterior posterior(7, 3, weights);
  const Tensor h = features(2, 7);
  constexpr int64_t K = 20000;
  const PosteriorSample closed = posterior.sample(h, NormalPrior(3), {.num_samples = K}, noise, nn::Mode::train);
  const PosteriorSample estimated = posterior.sample(h, Anonymous(3), {.num_samples = K}, noise, nn::Mode::train);
  ASSERT_EQ(closed.z.shape(), Shape({K, 2, 3}));
  ASSERT_EQ(closed.kl.shape(), Shape({2}));
  ASSERT_EQ(estimated.kl.shape(), Shape({K, 2}));
  EXPECT_FALSE(estimated.kl_per_dim.defined());
  const std::vector<double> draws = estimated.kl.to_vector();
  for (size_t n = 0; n < 2; ++n) {
    double mean = 0, square = 0;
    for (size_t k = 0; k < K; ++k) {
      mean += draws[2 * k + n] / K;
      square += draws[2 * k + n] * draws[2 * k + n] / K;
    }
    const double five_errors = 5 * std::sqrt((square - mean * mean) / K);
    EXPECT_NEAR(mean, closed.kl.to_vector()[n], five_errors);
  }
}

TEST(GaussianPosterior, FusedAndPlainWayGiveTheSameDraw) {
  Rng weights(1), a(5), b(5);
  const GaussianPosterior posterior(7, 3, weights);
  const Tensor h = features(4, 7);
  const Tensor fused = posterior.sample(h, NormalPrior(3), {.num_samples = 1}, a, nn::Mode::train).z;
  const Tensor plain = posterior.sample(h, Anonymous(3), {.num_samples = 1}, b, nn::Mode::train).z;
  ASSERT_EQ(plain.shape(), fused.shape());
  for (size_t i = 0; i < 12; ++i) EXPECT_NEAR(fused.to_vector()[i], plain.to_vector()[i], kFloatTolerance);
}

TEST(PointPosterior, OneCodeWithoutKl) {
  Rng weights(1), noise(5);
  const PointPosterior posterior(7, 3, weights);
  const Tensor h = features(4, 7);
  const PosteriorSample s = posterior.sample(h, FittedGaussianPrior(3), {.num_samples = 2}, noise, nn::Mode::train);
  EXPECT_EQ(s.z.shape(), Shape({2, 4, 3}));
  EXPECT_FALSE(s.kl.defined());
  EXPECT_FALSE(s.kl_per_dim.defined());
  EXPECT_FALSE(posterior.has_density());
  EXPECT_EQ(noise.state(), Rng(5).state());
  EXPECT_EQ(s.z.rows(1, 2).to_vector(), posterior.distribution(h)->mean().to_vector());
}

TEST(NormalPrior, LogProbByHand) {
  const NormalPrior prior(2);
  const Tensor z = Tensor::from<float>({1.0f, 2.0f, 0.0f, 0.0f}, {2, 1, 2});
  const Tensor log_prob = prior.log_prob(z);
  ASSERT_EQ(log_prob.shape(), Shape({2, 1}));
  EXPECT_NEAR(log_prob.to_vector()[0], -kLog2Pi - 2.5, kFloatTolerance);
  EXPECT_THROW(prior.log_prob(Tensor::zeros({2, 3})), std::invalid_argument);
}

TEST(ScaledNormalPrior, IsAsWideAsTheDataAlongEachAxis) {
  ScaledNormalPrior prior(4);
  EXPECT_EQ(prior.scales().to_vector(), std::vector<double>(4, 1.0));
  prior.start_from_variances(std::vector<double>{8.0, 1.0, 0.0});  // 3 on average
  const std::vector<double> s = prior.scales().to_vector();
  EXPECT_NEAR(s[0], std::sqrt(8.0 / 3.0), kFloatTolerance);
  EXPECT_NEAR(s[1], std::sqrt(1.0 / 3.0), kFloatTolerance);
  EXPECT_NEAR(s[2], 0.01, kFloatTolerance);
  EXPECT_NEAR(s[3], 0.01, kFloatTolerance);

  const std::vector<double> log_prob =
      prior.log_prob(Tensor::from<float>({1.0F, 0.5F, 0.0F, 0.02F}, {1, 4})).to_vector();
  double expected = -2.0 * kLog2Pi;
  for (const double scale : s) expected -= std::log(scale);
  expected -= 0.5 * (1.0 / (s[0] * s[0]) + 0.25 / (s[1] * s[1]) + 4.0);
  EXPECT_NEAR(log_prob[0], expected, 1e-4);

  constexpr int64_t N = 20'000;
  Rng rng(8);
  const std::vector<double> z = prior.sample(N, rng).to_vector();
  for (size_t d = 0; d < 4; ++d) {
    double square = 0.0;
    for (size_t n = 0; n < N; ++n) square += z[4 * n + d] * z[4 * n + d] / N;
    EXPECT_NEAR(square / (s[d] * s[d]), 1.0, 5.0 * std::sqrt(2.0 / N));
  }
  EXPECT_THROW(prior.log_prob(Tensor::zeros({2, 3})), std::invalid_argument);
}

TEST(ScaledNormalPrior, StaysAsItIsForDataThatNeverChanges) {
  ScaledNormalPrior prior(2);
  prior.start_from_variances(std::vector<double>{0.0, 0.0});
  prior.start_from_variances(std::vector<double>{});
  EXPECT_EQ(prior.scales().to_vector(), std::vector<double>(2, 1.0));
}

TEST(ScaledNormalPrior, KlInClosedForm) {
  ScaledNormalPrior prior(3);
  prior.start_from_variances(std::vector<double>{9.0, 2.0, 1.0});
  Rng weights(1), noise(6);
  const GaussianPosterior posterior(7, 3, weights);
  const Tensor h = features(4, 7);
  const PosteriorSample sample = posterior.sample(h, prior, {.moments = true}, noise, nn::Mode::train);
  ASSERT_EQ(sample.kl_per_dim.shape(), Shape({4, 3}));
  const std::vector<double> mu = sample.moments.mu.to_vector(), logvar = sample.moments.logvar.to_vector();
  for (size_t i = 0; i < 12; ++i) {
    const double s = prior.scales().to_vector()[i % 3];
    const double kl = std::log(s) - 0.5 * logvar[i] + (std::exp(logvar[i]) + mu[i] * mu[i]) / (2.0 * s * s) - 0.5;
    EXPECT_NEAR(sample.kl_per_dim.to_vector()[i], kl, 10 * kFloatTolerance);
  }
}

// Codes with mean (1, -2) and covariance L L^T, L = [[2, 0], [1, 0.5]].
Tensor correlated_codes(int64_t N) {
  Rng rng(3);
  Tensor codes = standard_normal({N, 2}, rng);
  for (int64_t n = 0; n < N; ++n) {
    float* z = codes.data<float>() + 2 * n;
    const float a = z[0], b = z[1];
    z[0] = 1.0f + 2.0f * a;
    z[1] = -2.0f + a + 0.5f * b;
  }
  return codes;
}

TEST(FittedGaussianPrior, RecoversMeanAndCovariance) {
  constexpr int64_t N = 50000;
  FittedGaussianPrior prior(2);
  prior.fit(correlated_codes(N));
  const auto buffers = prior.buffers();
  ASSERT_EQ(buffers.size(), 2u);
  EXPECT_EQ(buffers[0].name, "mean");
  EXPECT_EQ(buffers[1].name, "cholesky");
  // Standard errors of means and factors are at most 2 / sqrt(N); five of them.
  const double tolerance = 5 * 2 / std::sqrt(static_cast<double>(N));
  const std::vector<double> mean = buffers[0].tensor.to_vector(), L = buffers[1].tensor.to_vector();
  EXPECT_NEAR(mean[0], 1.0, tolerance);
  EXPECT_NEAR(mean[1], -2.0, tolerance);
  const double expected[4] = {2.0, 0.0, 1.0, 0.5};
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(L[i], expected[i], tolerance);

  Rng rng(4);
  FittedGaussianPrior again(2);
  again.fit(prior.sample(N, rng));
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(again.buffers()[1].tensor.to_vector()[i], L[i], tolerance);
}

TEST(FittedGaussianPrior, LogProbByHandWithGradients) {
  FittedGaussianPrior prior(2);
  prior.buffers()[0].tensor.copy_from(Tensor::from<float>({1.0f, -2.0f}, {2}));
  prior.buffers()[1].tensor.copy_from(Tensor::from<float>({2.0f, 0.0f, 1.0f, 0.5f}, {2, 2}));
  // z - mean = (2, 2): L^-1 gives (1, 2).
  const Tensor z = Tensor::from<double>({3.0, 0.0, 0.5, -1.0}, {2, 1, 2});
  const Tensor log_prob = prior.log_prob(z);
  ASSERT_EQ(log_prob.shape(), Shape({2, 1}));
  EXPECT_NEAR(log_prob.to_vector()[0], -kLog2Pi - 0.5 * 5.0 - std::log(2.0 * 0.5), 1e-12);
  EXPECT_LT(gradient_error([&](std::span<const Tensor> in) { return sum(prior.log_prob(in[0])); }, {z}), 1e-6);
}

TEST(FittedGaussianPrior, ADiagonalHasNoLimitAndIsNormalInEachDimension) {
  const auto prior = test::prior({{"name", "fitted-gaussian"}, {"covariance", "diagonal"}}, 2);
  EXPECT_TRUE(prior->needs_fit());
  prior->fit(Tensor::from<float>({1, 10, 3, 10, 5, 40}, {3, 2}));  // means 3 and 20, variances 8/3 and 200
  const Tensor z = Tensor::from<double>({3.0, 20.0, 4.0, 0.0}, {2, 2});
  const double log_2_pi = std::log(2.0 * 3.14159265358979), log_det = 0.5 * std::log(8.0 / 3.0 * 200.0);
  const std::vector<double> log_p = prior->log_prob(z).to_vector();
  EXPECT_NEAR(log_p[0], -log_2_pi - log_det, 1e-4);
  EXPECT_NEAR(log_p[1], -log_2_pi - log_det - 0.5 * (3.0 / 8.0 + 2.0), 1e-3);
  Rng rng(1);
  constexpr int64_t kDraws = 20'000;
  const std::vector<double> draws = prior->sample(kDraws, rng).to_vector();
  double mean = 0.0;
  for (size_t i = 1; i < draws.size(); i += 2) mean += draws[i] / kDraws;
  EXPECT_NEAR(mean, 20.0, 5.0 * std::sqrt(200.0 / kDraws));  // five standard errors
  EXPECT_NO_THROW(
      FittedGaussianPrior(FittedGaussianPrior::kMaxLatentDim + 1, FittedGaussianPrior::Covariance::diagonal));
  EXPECT_THROW(test::prior({{"name", "fitted-gaussian"}, {"covariance", "round"}}), std::invalid_argument);
}

TEST(FittedGaussianPrior, RefusesToBeUsedUnfittedOrFittedToNonsense) {
  FittedGaussianPrior prior(2);
  Rng rng(0);
  EXPECT_TRUE(prior.needs_fit());
  EXPECT_THROW(prior.sample(3, rng), std::invalid_argument);
  EXPECT_THROW(prior.log_prob(Tensor::zeros({3, 2})), std::invalid_argument);
  EXPECT_THROW(prior.fit(Tensor::zeros({0, 2})), std::invalid_argument);
  EXPECT_THROW(prior.fit(Tensor::zeros({3, 3})), std::invalid_argument);
  EXPECT_THROW(prior.fit(Tensor::full({3, 2}, std::numeric_limits<double>::quiet_NaN())), std::invalid_argument);
  EXPECT_THROW(FittedGaussianPrior(FittedGaussianPrior::kMaxLatentDim + 1), std::invalid_argument);
}

TEST(FittedGaussianPrior, DegenerateCodesAreNoObstacle) {
  // A constant dimension, one that copies another, and a single code.
  Tensor codes = Tensor::zeros({100, 3});
  for (int64_t n = 0; n < 100; ++n) {
    codes.data<float>()[3 * n] = codes.data<float>()[3 * n + 1] = static_cast<float>(n);
  }
  for (const Tensor& c : {codes, codes.rows(7, 8), codes.rows(0, 2)}) {
    FittedGaussianPrior prior(3);
    prior.fit(c);
    Rng rng(0);
    for (const double v : prior.sample(50, rng).to_vector()) EXPECT_TRUE(std::isfinite(v));
  }
}

}  // namespace
}  // namespace latent
