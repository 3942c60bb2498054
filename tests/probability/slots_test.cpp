#include <latent/autograd/backward.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/detail/json_value.hpp>
#include <latent/probability/elbo_objective.hpp>
#include <latent/probability/gaussian_likelihood.hpp>
#include <latent/probability/normal_prior.hpp>
#include <latent/probability/slots.hpp>

#include <tests/probability/slot_helpers.hpp>
#include <tests/support/message_of.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace latent {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr double kLog2Pi = 1.8378770664093453;
constexpr double kGradientTolerance = 1e-6;  // what gradient_error() promises for a correct smooth function

const Tensor kX = Tensor::from<double>({0.1, 0.9, 0.4, 0.7, 0.2, 1.0}, {2, 3});
const Tensor kParams = Tensor::from<double>({0.5, -0.3, 1.2, 0.0, -2.0, 0.8}, {2, 3});

TEST(Likelihood, NllIsMinusLogProbOfItsDistribution) {
  for (const json& config :
       {json{{"name", "bernoulli"}}, json{{"name", "gaussian"}, {"scale", 0.3}},
        json{{"name", "gaussian"}, {"scale", "learned"}}, json{{"name", "laplace"}, {"scale", 2}}}) {
    const auto likelihood = test::likelihood(config);
    const bool learned = config.contains("scale") && config["scale"].is_string();
    const Tensor params = learned ? kParams.to(DType::f32) : kParams, x = learned ? kX.to(DType::f32) : kX;
    const std::vector<double> nll = likelihood->nll(params, x).to_vector();
    const std::vector<double> log_prob = likelihood->distribution(params)->log_prob(x).to_vector();
    ASSERT_EQ(nll.size(), 2u);
    for (size_t n = 0; n < 2; ++n) EXPECT_NEAR(nll[n], -log_prob[n], 1e-5) << config;
  }
}

// Samples (2, 1, 2, 3) of whole levels, and parameters for them.
TEST(Likelihood, MixturesOfLevelsAreDistributionsToo) {
  Tensor x = Tensor::empty({2, 1, 2, 3});
  for (int64_t i = 0; i < 12; ++i) x.data<float>()[i] = static_cast<float>(i * 51 % 256) / 255.0f;
  for (const json& config : {json{{"name", "logistic-mixture"}, {"components", 2}},
                             json{{"name", "causal-mixture"}, {"components", 2}, {"features", 4}, {"hidden", 5}}}) {
    const auto likelihood = test::likelihood(config);
    Tensor params = Tensor::empty({2, likelihood->outputs_per_value(), 2, 3});
    Rng rng(1);
    rng.normal(params.span<float>());
    const auto p = likelihood->distribution(params);
    const std::vector<double> nll = likelihood->nll(params, x).to_vector(), log_prob = p->log_prob(x).to_vector();
    for (size_t n = 0; n < 2; ++n) EXPECT_NEAR(nll[n], -log_prob[n], 1e-5) << config;
    EXPECT_EQ(p->mean().shape(), x.shape());
    EXPECT_EQ(p->stddev().shape(), x.shape());
    const Tensor draws = p->sample(rng, 400);  // (400, 2, 1, 2, 3)
    ASSERT_EQ(draws.shape(), x.shape().prepend(400));
    EXPECT_EQ(p->log_prob(draws).shape(), Shape({400, 2}));
    // The first value has none before it: its draws have the mean and deviation of its mixture.
    double mean = 0.0;
    for (int64_t k = 0; k < 400; ++k) {
      const double value = draws.data<float>()[k * 12];
      EXPECT_NEAR(value * 255.0, std::round(value * 255.0), 1e-3);
      mean += value / 400;
    }
    const double deviation = p->stddev().to_vector()[0];
    EXPECT_NEAR(mean, p->mean().to_vector()[0], 4 * deviation / 20 + 0.5 / 255) << config;  // four standard errors
  }
  EXPECT_THROW(test::likelihood({{"name", "causal-mixture"}, {"channels", 3}}, {1, 2, 3}), std::invalid_argument);
  EXPECT_THROW(test::likelihood({{"name", "causal-mixture"}}, {6}), std::invalid_argument);
  EXPECT_EQ(test::likelihood({{"name", "causal-mixture"}}, {3, 2, 2})->config()->at("channels"), 3);
}

TEST(Likelihood, GradientsOfNll) {
  for (const json& config : {json{{"name", "bernoulli"}}, json{{"name", "gaussian"}, {"scale", 0.3}},
                             json{{"name", "laplace"}, {"scale", 2}}}) {
    const auto likelihood = test::likelihood(config);
    for (const double expected_grad : {0.0, 0.5, 1.0}) {
      const auto f = [&](std::span<const Tensor> in) { return sum(likelihood->nll(in[0], kX, expected_grad)); };
      EXPECT_LT(gradient_error(f, {kParams}), kGradientTolerance) << config;
    }
  }
}

TEST(Likelihood, GaussianWithScaleOneIsHalfTheSquaredError) {
  const auto likelihood = test::likelihood({{"name", "gaussian"}});
  double squares = 0;
  for (size_t i = 0; i < 3; ++i) squares += std::pow(kX.to_vector()[i] - kParams.to_vector()[i], 2);
  EXPECT_NEAR(likelihood->nll(kParams, kX).to_vector()[0], 0.5 * squares + 1.5 * kLog2Pi, 1e-12);
}

TEST(Likelihood, LearnedScaleFindsTheRootMeanSquaredError) {
  // For fixed residuals the best logvar is the log of their mean square, and the first batch sets it.
  GaussianLikelihood likelihood(std::nullopt);
  const Tensor x = Tensor::full({4, 5}, 0.25), mu = Tensor::zeros({4, 5});
  EXPECT_EQ(likelihood.parameters().at(0).name, "logvar");
  EXPECT_NEAR(likelihood.scale(), 1.0, 1e-5);
  likelihood.calibrate(mu, x);
  EXPECT_NEAR(likelihood.scale(), 0.25, 1e-3);
}

TEST(Likelihood, LearnedScaleStopsAboveZeroWhereTheFitIsPerfect) {
  GaussianLikelihood likelihood(std::nullopt);
  Tensor logvar = likelihood.parameters().at(0).tensor;
  logvar.copy_from(Tensor::full({}, -1000.0));
  EXPECT_NEAR(likelihood.scale(), std::exp(0.5 * GaussianLikelihood::kLowest), 1e-6);
  EXPECT_TRUE(std::isfinite(likelihood.nll(Tensor::zeros({1, 3}), Tensor::zeros({1, 3}), 0.0).item()));
}

TEST(Likelihood, OnlyBernoulliNeedsTheUnitInterval) {
  EXPECT_TRUE(test::likelihood({{"name", "bernoulli"}})->needs_unit_interval());
  EXPECT_FALSE(test::likelihood({{"name", "gaussian"}})->needs_unit_interval());
  EXPECT_FALSE(test::likelihood({{"name", "laplace"}})->needs_unit_interval());
}

// A batch of two with KL (0.1, 2.0) and (0.3, 0.4) in its two dimensions.
PosteriorSample two_samples() {
  PosteriorSample s;
  s.kl_per_dim = Tensor::from<double>({0.1, 2.0, 0.3, 0.4}, {2, 2});
  s.kl = sum_last(s.kl_per_dim);
  return s;
}
const Tensor kNll = Tensor::from<double>({10.0, 20.0}, {2});

ObjectiveTerms combine(const Objective& objective, const Tensor& nll, const PosteriorSample& sample,
                       double epoch = 0.0) {
  Rng rng(0);
  const NormalPrior prior(2);
  return objective.combine({.nll = nll, .sample = sample, .prior = prior, .rng = rng, .epoch = epoch});
}

std::vector<double> loss_of(const ElboObjective::Options& options, double epoch = 0) {
  const ObjectiveTerms terms = combine(ElboObjective(options), kNll, two_samples(), epoch);
  EXPECT_EQ(terms.reconstruction.to_vector(), kNll.to_vector());
  const std::vector<double> kl = terms.kl.to_vector();
  EXPECT_NEAR(kl[0], 2.1, 1e-12);
  EXPECT_NEAR(kl[1], 0.7, 1e-12);
  return terms.loss.to_vector();
}

TEST(Elbo, AddsTheWeightedKl) {
  EXPECT_NEAR(loss_of({})[0], 12.1, 1e-12);
  EXPECT_NEAR(loss_of({})[1], 20.7, 1e-12);
  EXPECT_NEAR(loss_of({.beta = 4})[1], 20 + 4 * 0.7, 1e-12);
  EXPECT_NEAR(loss_of({.beta = 0})[0], 10.0, 1e-12);
}

TEST(Elbo, WarmUpRaisesTheWeightLinearly) {
  const ElboObjective::Options options{.beta = 2, .kl_warmup_epochs = 4};
  EXPECT_NEAR(loss_of(options, 0)[0], 10.0, 1e-12);
  EXPECT_NEAR(loss_of(options, 1)[0], 10 + 0.5 * 2.1, 1e-12);
  EXPECT_NEAR(loss_of(options, 100)[0], 10 + 2 * 2.1, 1e-12);
}

TEST(Elbo, FreeBitsReplaceSmallBatchMeans) {
  // Batch means are (0.2, 1.2): only the first is below 0.5.
  const std::vector<double> loss = loss_of({.free_bits = 0.5});
  EXPECT_NEAR(loss[0], 10 + 0.5 + 1.2, 1e-12);
  EXPECT_NEAR(loss[1], 20 + 0.5 + 1.2, 1e-12);
}

TEST(Elbo, Gradients) {
  for (const ElboObjective::Options& options :
       {ElboObjective::Options{.beta = 3}, {.beta = 2, .kl_warmup_epochs = 4}, {.free_bits = 0.5}}) {
    const auto f = [&](std::span<const Tensor> in) {
      PosteriorSample s;
      s.kl_per_dim = in[1];
      s.kl = sum_last(in[1]);
      return mean(combine(ElboObjective(options), in[0], s, 1.0).loss);
    };
    EXPECT_LT(gradient_error(f, {kNll, two_samples().kl_per_dim}), kGradientTolerance);
  }
}

TEST(Elbo, AveragesSeveralSamplesForEachInput) {
  const ElboObjective objective({.num_samples = 2});
  PosteriorSample s = two_samples();
  const Tensor nll = Tensor::from<double>({10.0, 20.0, 14.0, 22.0}, {2, 2});
  EXPECT_NEAR(combine(objective, nll, s).loss.to_vector()[0], 12 + 2.1, 1e-12);
  s.kl_per_dim = Tensor();
  s.kl = Tensor::from<double>({1.0, 2.0, 3.0, 4.0}, {2, 2});
  EXPECT_NEAR(combine(objective, nll, s).loss.to_vector()[1], 21 + 3, 1e-12);
  EXPECT_EQ(objective.expected_grad(50), 0.01);
}

TEST(Elbo, AddsAPenaltyAndLeavesOutAMissingKl) {
  PosteriorSample s;
  s.penalty = Tensor::from<double>({0.5, 0.25}, {2});
  const ObjectiveTerms terms = combine(ElboObjective({}), kNll, s);
  EXPECT_FALSE(terms.kl.defined());
  EXPECT_EQ(terms.loss.to_vector(), (std::vector<double>{10.5, 20.25}));
}

TEST(Elbo, WeightZeroIsNotDisturbedByAnInfiniteKl) {
  PosteriorSample s;
  s.kl = Tensor::full({2}, std::numeric_limits<double>::infinity(), DType::f64);
  EXPECT_EQ(combine(ElboObjective({.beta = 0}), kNll, s).loss.to_vector(), kNll.to_vector());
}

TEST(Elbo, FreeBitsNeedKlPerDimension) {
  PosteriorSample s;
  s.kl = Tensor::zeros({2}, DType::f64);
  EXPECT_THROW(combine(ElboObjective({.free_bits = 1}), kNll, s), std::invalid_argument);
}

TEST(Slots, EveryNameMakesItsChoiceAndConfigsComeBack) {
  for (const std::string_view name : posterior_names()) {
    const json config = *test::posterior({{"name", name}})->config();
    EXPECT_EQ(config["name"], name);
    EXPECT_EQ(test::posterior(config)->config(), config);
  }
  for (const std::string_view name : prior_names()) {
    const json config = *test::prior({{"name", name}}, 2)->config();
    EXPECT_EQ(config["name"], name);
    EXPECT_EQ(test::prior(config, 2)->config(), config);
  }
  for (const std::string_view name : likelihood_names()) {
    const json config = *test::likelihood({{"name", name}})->config();
    EXPECT_EQ(config["name"], name);
    EXPECT_EQ(test::likelihood(config)->config(), config);
  }
  for (const std::string_view name : objective_names()) {
    const json config = *test::objective({{"name", name}})->config();
    EXPECT_EQ(config["name"], name);
    EXPECT_EQ(test::objective(config)->config(), config);
  }
  const json learned = {{"name", "gaussian"}, {"scale", "learned"}};
  EXPECT_EQ(test::likelihood(learned)->config(), learned);
  const json elbo = {
      {"name", "elbo"}, {"beta", 4.0}, {"kl_warmup_epochs", 2.0}, {"free_bits", 0.1}, {"num_samples", 3}};
  EXPECT_EQ(test::objective(elbo)->config(), elbo);
}

TEST(Slots, UnknownNamesAndKeysGetTheNearestValidOne) {
  EXPECT_THAT(message_of([] { test::likelihood({{"name", "bernouli"}}); }), HasSubstr("did you mean 'bernoulli'"));
  EXPECT_THAT(message_of([] { test::prior({{"name", "norml"}}, 2); }), HasSubstr("did you mean 'normal'"));
  EXPECT_THAT(message_of([] { test::objective({{"name", "elbo"}, {"bta", 2}}); }), HasSubstr("did you mean 'beta'"));
  EXPECT_THAT(message_of([] { test::likelihood({{"name", "bernoulli"}, {"scale", 1.0}}); }), HasSubstr("'scale'"));
}

TEST(Slots, ValuesOutOfRangeAreRefused) {
  EXPECT_THROW(test::objective({{"name", "elbo"}, {"beta", -1}}), std::invalid_argument);
  EXPECT_THROW(test::objective({{"name", "elbo"}, {"free_bits", "many"}}), std::invalid_argument);
  EXPECT_THROW(test::objective({{"name", "elbo"}, {"kl_warmup_epochs", -1}}), std::invalid_argument);
  EXPECT_THROW(test::objective({{"name", "elbo"}, {"num_samples", 0}}), std::invalid_argument);
  EXPECT_THROW(test::likelihood({{"name", "gaussian"}, {"scale", 0.0}}), std::invalid_argument);
  EXPECT_THROW(test::likelihood({{"name", "gaussian"}, {"scale", -1.0}}), std::invalid_argument);
  EXPECT_THROW(test::likelihood({{"name", "laplace"}, {"scale", "learned"}}), std::invalid_argument);
  EXPECT_THAT(message_of([] { test::likelihood({{"name", "gaussian"}, {"scale", "learnt"}}); }), HasSubstr("learned"));
  EXPECT_THROW(test::likelihood(json::array()), std::invalid_argument);
  EXPECT_THROW(test::likelihood(nullptr), std::invalid_argument);
  EXPECT_THROW(test::likelihood({{"name", json::array()}}), std::invalid_argument);
}

}  // namespace
}  // namespace latent
