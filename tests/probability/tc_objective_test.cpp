#include <latent/autograd/backward.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/gaussian.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/probability/noise.hpp>
#include <latent/probability/normal_prior.hpp>
#include <latent/probability/tc_objective.hpp>
#include <tests/probability/slot_helpers.hpp>
#include <tests/support/message_of.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <numbers>

namespace latent {
namespace {

using Estimator = TcObjective::Estimator;

struct Codes {
  Tensor z, mu, logvar;  // (B, D)
};
Codes some_codes(int64_t B, int64_t D, uint64_t seed) {
  Rng rng(seed);
  Codes codes;
  codes.mu = standard_normal({B, D}, rng, DType::f64);
  codes.logvar = affine(standard_normal({B, D}, rng, DType::f64), 0.3, -1.0);
  codes.z = reparameterize(codes.mu, codes.logvar, standard_normal({B, D}, rng, DType::f64));
  return codes;
}

double log_normal(double z, double mu, double logvar) {
  return -0.5 * (std::log(2.0 * std::numbers::pi) + logvar + (z - mu) * (z - mu) * std::exp(-logvar));
}

// log q(z_i) - sum_d log q(z_id), with the weight of q(.|x_j) given for each pair.
double by_hand(const Codes& codes, int64_t i, const std::function<double(int64_t i, int64_t j)>& weight) {
  const auto at = [D = codes.z.dim(1)](const Tensor& t, int64_t n, int64_t d) {
    return t.to_vector()[static_cast<size_t>(n * D + d)];
  };
  double joint = 0.0, result = 0.0;
  std::vector<double> marginals(static_cast<size_t>(codes.z.dim(1)), 0.0);
  for (int64_t j = 0; j < codes.z.dim(0); ++j) {
    double log_q = 0.0;
    for (int64_t d = 0; d < codes.z.dim(1); ++d) {
      const double of_dim = log_normal(at(codes.z, i, d), at(codes.mu, j, d), at(codes.logvar, j, d));
      log_q += of_dim;
      marginals[static_cast<size_t>(d)] += weight(i, j) * std::exp(of_dim);
    }
    joint += weight(i, j) * std::exp(log_q);
  }
  result = std::log(joint);
  for (const double marginal : marginals) result -= std::log(marginal);
  return result;
}

TEST(TotalCorrelation, WeightedByHand) {
  const Codes codes = some_codes(5, 3, 1);
  const auto tc = TcObjective::total_correlation(codes.z, {codes.mu, codes.logvar}, 1000, Estimator::weighted);
  for (int64_t i = 0; i < 5; ++i) {
    const double expected = by_hand(codes, i, [](int64_t, int64_t) { return 1.0 / (5.0 * 1000.0); });
    EXPECT_NEAR(tc.to_vector()[static_cast<size_t>(i)], expected, 1e-10);
  }
}

TEST(TotalCorrelation, StratifiedWeightsSumToOne) {
  constexpr double B = 5, N = 1000;
  const Codes codes = some_codes(5, 3, 2);
  const auto tc = TcObjective::total_correlation(codes.z, {codes.mu, codes.logvar}, 1000, Estimator::stratified);
  double sum = 0.0;
  const auto weight = [&](int64_t i, int64_t j) {
    if (i == j) return 1.0 / N;
    if (j == (i + 1) % 5) return (N - B + 1.0) / (N * (B - 1.0));
    return 1.0 / (B - 1.0);
  };
  for (int64_t j = 0; j < 5; ++j) sum += weight(2, j);
  EXPECT_NEAR(sum, 1.0 + 1.0 / N - 1.0 / N, 1e-12);
  for (int64_t i = 0; i < 5; ++i) {
    EXPECT_NEAR(tc.to_vector()[static_cast<size_t>(i)], by_hand(codes, i, weight), 1e-10);
  }
}

// All samples in the batch, and q(z|x) = q(z): z has independent dimensions, so that nothing correlates.
TEST(TotalCorrelation, OfIndependentDimensionsIsZeroOfCopiesIsNot) {
  constexpr int64_t B = 200;
  Codes codes = some_codes(B, 2, 3);
  codes.mu = Tensor::zeros({B, 2}, DType::f64);
  codes.logvar = Tensor::zeros({B, 2}, DType::f64);
  const auto tc_of = [&] {
    return mean(TcObjective::total_correlation(codes.z, {codes.mu, codes.logvar}, B, Estimator::weighted)).item() -
           std::log(static_cast<double>(B));  // sum over j of B equal terms, over B B: one logarithm too much for D = 2
  };
  EXPECT_NEAR(tc_of(), 0.0, 1e-9);
  // The second dimension repeats the first, which lies far apart from sample to sample: TC is the entropy of z_1's
  // place, log B.
  for (int64_t n = 0; n < B; ++n) {
    for (int64_t d = 0; d < 2; ++d) codes.mu.data<double>()[2 * n + d] = 100.0 * static_cast<double>(n);
  }
  codes.z = codes.mu;
  EXPECT_NEAR(tc_of(), std::log(static_cast<double>(B)), 1e-9);
}

TEST(TotalCorrelation, Gradients) {
  const Codes codes = some_codes(4, 3, 4);
  for (const Estimator estimator : {Estimator::weighted, Estimator::stratified}) {
    const auto f = [&](std::span<const Tensor> in) {
      return mean(TcObjective::total_correlation(in[0], {in[1], in[2]}, 50, estimator));
    };
    EXPECT_LT(gradient_error(f, {codes.z, codes.mu, codes.logvar}), 1e-6);
  }
}

TEST(Tc, AddsTheWeightedTotalCorrelationToTheElbo) {
  const Codes codes = some_codes(3, 2, 5);
  PosteriorSample sample;
  sample.z = codes.z;
  sample.moments = {codes.mu, codes.logvar};
  sample.kl = Tensor::from<double>({1.0, 2.0, 3.0}, {3});
  const Tensor nll = Tensor::from<double>({10.0, 20.0, 30.0}, {3});
  Rng rng(0);
  const NormalPrior prior(2);
  const ObjectiveInputs inputs{.nll = nll, .sample = sample, .prior = prior, .rng = rng, .training_samples = 100};
  const std::vector<double> tc =
      TcObjective::total_correlation(codes.z, sample.moments, 100, Estimator::weighted).to_vector();
  const ObjectiveTerms six = TcObjective({}).combine(inputs), one = TcObjective({.beta = 1.0}).combine(inputs);
  for (size_t n = 0; n < 3; ++n) {
    const double elbo = nll.to_vector()[n] + sample.kl.to_vector()[n];
    EXPECT_NEAR(six.loss.to_vector()[n], elbo + 5.0 * tc[n], 1e-10);
    EXPECT_EQ(one.loss.to_vector()[n], elbo);
  }
  ASSERT_EQ(six.terms.size(), 1u);
  EXPECT_STREQ(six.terms[0].name, "total_correlation");
  EXPECT_EQ(six.terms[0].value.to_vector(), tc);
}

TEST(Tc, NeedsAGaussianPosterior) {
  const auto objective = test::objective({{"name", "tc"}});
  const auto prior = test::prior({{"name", "normal"}});
  EXPECT_THAT(message_of([&] {
                objective->check(*test::posterior({{"name", "none"}}), *prior);
              }),
              testing::HasSubstr("use posterior 'gaussian'"));
  objective->check(*test::posterior({{"name", "gaussian"}}), *prior);
  EXPECT_THAT(message_of([] {
                test::objective({{"name", "tc"}, {"estimator", "wieghted"}});
              }),
              testing::HasSubstr("did you mean 'weighted'"));
}

}  // namespace
}  // namespace latent
