// The importance-weighted objectives, on a model whose bound and gradients can be computed by hand: codes (1) with
// q(z|x) = N(mu, exp(logvar)), p(z) = N(0, 1), p(x|z) = N(x; w z, 1).

#include <latent/autograd/backward.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/estimators.hpp>
#include <latent/autograd/gaussian.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/autograd/shaping.hpp>
#include <latent/probability/dreg_objective.hpp>
#include <latent/probability/iwae_objective.hpp>
#include <latent/probability/noise.hpp>
#include <latent/probability/normal_prior.hpp>
#include <tests/probability/slot_helpers.hpp>
#include <tests/support/message_of.hpp>

#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <numbers>

namespace latent {
namespace {

constexpr double kX = 0.8;
const double kHalfLog2Pi = 0.5 * std::log(2.0 * std::numbers::pi);

// One pass through a posterior with these draws, as GaussianPosterior makes it, in double.
struct Pass {
  PosteriorSample sample;
  Tensor nll;
};
// mu, logvar, w: (1, 1); eps (K, N, 1)
Pass pass_of(std::span<const Tensor> in, const Tensor& eps, bool weighted_gradient) {
  const int64_t K = eps.dim(0), N = eps.dim(1);
  const std::vector<int64_t> same(static_cast<size_t>(N), 0);
  const Tensor mu = gather_rows(in[0], same), logvar = gather_rows(in[1], same);  // (N, 1)
  Pass pass;
  pass.sample.z = reparameterize(mu, logvar, eps);
  if (weighted_gradient) {
    pass.sample.gradient_weights = Tensor::full({K, N}, 1.0, DType::f64);
    pass.sample.z = scale_gradient(pass.sample.z, pass.sample.gradient_weights);
    pass.sample.log_q = gaussian_log_prob(pass.sample.z, mu.detach(), logvar.detach());
  } else {
    pass.sample.log_q = gaussian_log_prob(pass.sample.z, mu, logvar);
  }
  pass.sample.log_prior = standard_normal_log_prob(pass.sample.z);
  const Tensor x_hat = mul(pass.sample.z, in[2]);
  pass.nll = sum_last(affine(square(affine(x_hat, -1.0, kX)), 0.5, kHalfLog2Pi));  // (K, N)
  return pass;
}

ObjectiveTerms combine(const Objective& objective, const Pass& pass) {
  Rng rng(0);
  const NormalPrior prior(1);
  return objective.combine({.nll = pass.nll, .sample = pass.sample, .prior = prior, .rng = rng});
}

std::array<Tensor, 3> parameters() {
  return {Tensor::from<double>({0.3}, {1, 1}), Tensor::from<double>({-0.4}, {1, 1}),
          Tensor::from<double>({1.3}, {1, 1})};
}

TEST(Iwae, IsMinusTheLogOfTheMeanWeight) {
  PosteriorSample sample;
  sample.log_q = Tensor::from<double>({-1.0, -2.0, -1.5, -2.5, -0.5, -3.0}, {3, 2});
  sample.log_prior = Tensor::from<double>({-1.5, -2.5, -1.0, -2.0, -2.0, -1.0}, {3, 2});
  const Tensor nll = Tensor::from<double>({10.0, 20.0, 11.0, 21.0, 12.0, 22.0}, {3, 2});
  Rng rng(0);
  const NormalPrior prior(1);
  const ObjectiveTerms terms = IwaeObjective(3).combine({.nll = nll, .sample = sample, .prior = prior, .rng = rng});
  for (size_t n = 0; n < 2; ++n) {
    double mean_weight = 0.0, kl = 0.0;
    for (size_t k = 0; k < 3; ++k) {
      const double log_q = sample.log_q.to_vector()[2 * k + n], log_p = sample.log_prior.to_vector()[2 * k + n];
      mean_weight += std::exp(log_p - log_q - nll.to_vector()[2 * k + n]) / 3.0;
      kl += (log_q - log_p) / 3.0;
    }
    EXPECT_NEAR(terms.loss.to_vector()[n], -std::log(mean_weight), 1e-12);
    EXPECT_NEAR(terms.reconstruction.to_vector()[n], 11.0 + 10.0 * static_cast<double>(n), 1e-12);
    EXPECT_NEAR(terms.kl.to_vector()[n], kl, 1e-12);
  }
}

TEST(Iwae, GradientsAreThoseOfTheBound) {
  Rng rng(3);
  const Tensor eps = standard_normal({4, 3, 1}, rng, DType::f64);
  const auto f = [&](std::span<const Tensor> in) {
    return mean(combine(IwaeObjective(4), pass_of(in, eps, false)).loss);
  };
  const auto [mu, logvar, w] = parameters();
  EXPECT_LT(gradient_error(f, {mu, logvar, w}), 1e-6);
}

// With one sample there is nothing to weigh.
TEST(Iwae, OneSampleIsTheElboWithItsKlAtTheSample) {
  PosteriorSample sample;
  sample.log_q = Tensor::from<double>({-1.0, -2.0}, {2});
  sample.log_prior = Tensor::from<double>({-1.5, -2.5}, {2});
  Rng rng(0);
  const NormalPrior prior(1);
  const Tensor nll = Tensor::from<double>({10.0, 20.0}, {2});
  const ObjectiveTerms terms = IwaeObjective(1).combine({.nll = nll, .sample = sample, .prior = prior, .rng = rng});
  EXPECT_EQ(terms.loss.to_vector(), (std::vector<double>{10.5, 20.5}));
}

// Gradients of mu, logvar and w, for each of N independent estimates.
std::array<std::vector<double>, 3> gradients(const Objective& objective, bool weighted_gradient, int64_t K,
                                             int64_t repeats, uint64_t seed) {
  std::array<std::vector<double>, 3> all;
  Rng rng(seed);
  for (int64_t i = 0; i < repeats; ++i) {
    std::array<Tensor, 3> in = parameters();
    for (Tensor& t : in) t.set_requires_grad();
    const Tensor eps = standard_normal({K, 1, 1}, rng, DType::f64);
    backward(mean(combine(objective, pass_of(in, eps, weighted_gradient)).loss));
    for (size_t p = 0; p < 3; ++p) all[p].push_back(in[p].grad().item());
  }
  return all;
}

struct Moments {
  double mean = 0.0, variance = 0.0;
};
Moments moments_of(const std::vector<double>& values) {
  Moments m;
  const auto n = static_cast<double>(values.size());
  for (const double v : values) m.mean += v / n;
  for (const double v : values) m.variance += (v - m.mean) * (v - m.mean) / (n - 1.0);
  return m;
}

TEST(Dreg, TheDecoderGetsTheGradientOfIwaeTheEncoderOneWithTheSameMean) {
  constexpr int64_t kSamples = 5, kRepeats = 6000;
  // The same draws: the decoder's gradient is the same number.
  const auto same_iwae = gradients(IwaeObjective(kSamples), false, kSamples, 10, 1);
  const auto same_dreg = gradients(DregObjective(kSamples), true, kSamples, 10, 1);
  for (size_t i = 0; i < 10; ++i) EXPECT_NEAR(same_dreg[2][i], same_iwae[2][i], 1e-12);
  // Other draws: the encoder's gradients agree in the mean, within five standard errors of their difference.
  const auto iwae = gradients(IwaeObjective(kSamples), false, kSamples, kRepeats, 2);
  const auto dreg = gradients(DregObjective(kSamples), true, kSamples, kRepeats, 3);
  for (size_t p = 0; p < 2; ++p) {
    const Moments a = moments_of(iwae[p]), b = moments_of(dreg[p]);
    EXPECT_NEAR(a.mean, b.mean, 5.0 * std::sqrt((a.variance + b.variance) / kRepeats)) << p;
    EXPECT_LT(b.variance, a.variance) << p;  // what it is for
  }
}

// The encoder's gradient by its formula: sum_k v_k^2 (d log w_k / d z_k) (d z_k / d phi).
TEST(Dreg, TheEncodersGradientIsItsFormula) {
  constexpr int64_t K = 3;
  Rng rng(8);
  const Tensor eps = standard_normal({K, 1, 1}, rng, DType::f64);
  std::array<Tensor, 3> in = parameters();
  for (Tensor& t : in) t.set_requires_grad();
  backward(mean(combine(DregObjective(K), pass_of(in, eps, true)).loss));

  const double mu = 0.3, logvar = -0.4, w = 1.3, sigma = std::exp(0.5 * logvar);
  std::array<double, K> z{}, log_w{};
  double total = 0.0;
  for (size_t k = 0; k < K; ++k) {
    const double e = eps.to_vector()[k];
    z[k] = mu + sigma * e;
    log_w[k] = -0.5 * (kX - w * z[k]) * (kX - w * z[k]) - 0.5 * z[k] * z[k] + 0.5 * e * e + 0.5 * logvar - kHalfLog2Pi;
    total += std::exp(log_w[k]);
  }
  double dmu = 0.0, dlogvar = 0.0;
  for (size_t k = 0; k < K; ++k) {
    const double v = std::exp(log_w[k]) / total, e = eps.to_vector()[k];
    const double dz = w * (kX - w * z[k]) - z[k] + (z[k] - mu) / (sigma * sigma);
    dmu -= v * v * dz;
    dlogvar -= v * v * dz * 0.5 * sigma * e;
  }
  EXPECT_NEAR(in[0].grad().item(), dmu, 1e-12);
  EXPECT_NEAR(in[1].grad().item(), dlogvar, 1e-12);
}

TEST(Dreg, OneSampleLeavesOutTheScore) {
  // K = 1: the path derivative of Roeder et al. 2017, whose gradient is zero at the exact posterior.
  const double variance = 1.0 / (1.0 + 1.3 * 1.3), mean_of_posterior = variance * 1.3 * kX;
  std::array<Tensor, 3> in = {Tensor::from<double>({mean_of_posterior}, {1, 1}),
                              Tensor::from<double>({std::log(variance)}, {1, 1}), Tensor::from<double>({1.3}, {1, 1})};
  for (Tensor& t : in) t.set_requires_grad();
  Rng rng(4);
  const Tensor eps = standard_normal({1, 1, 1}, rng, DType::f64);
  backward(mean(combine(DregObjective(1), pass_of(in, eps, true)).loss));
  EXPECT_NEAR(in[0].grad().item(), 0.0, 1e-12);
  EXPECT_NEAR(in[1].grad().item(), 0.0, 1e-12);
}

TEST(ImportanceObjectives, NeedADensity) {
  const auto point = test::posterior({{"name", "none"}});
  const auto prior = test::prior({{"name", "normal"}});
  for (const char* name : {"iwae", "dreg"}) {
    const auto objective = test::objective({{"name", name}, {"num_samples", 7}});
    EXPECT_EQ(objective->needs().num_samples, 7);
    EXPECT_EQ(objective->expected_grad(20), 0.0);
    EXPECT_THAT(message_of([&] { objective->check(*point, *prior); }), testing::HasSubstr("posterior 'gaussian'"));
  }
}

}  // namespace
}  // namespace latent
