// Priors that are mixtures of Gaussians: learned ones, and posteriors of pseudo-inputs.

#include <latent/autograd/backward.hpp>
#include <latent/autograd/gaussian.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/autograd/shaping.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/core/detail/json_value.hpp>
#include <latent/probability/mixture_prior.hpp>
#include <latent/probability/noise.hpp>
#include <latent/probability/vamp_prior.hpp>
#include <tests/probability/slot_helpers.hpp>
#include <tests/support/message_of.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <numbers>

namespace latent {
namespace {

constexpr double kFloatTolerance = 1e-4;  // of sums of f32 of the order of 10, multiplied out

double log_normal(double z, double mu, double logvar) {
  return -0.5 * (std::log(2.0 * std::numbers::pi) + logvar + (z - mu) * (z - mu) * std::exp(-logvar));
}

// Three components in two dimensions, in double.
struct Mixture {
  Tensor mu = Tensor::from<double>({-2.0, 0.5, 1.0, 1.0, 0.0, -3.0}, {3, 2});
  Tensor logvar = Tensor::from<double>({-1.0, 0.0, 0.4, -2.0, 0.2, -0.3}, {3, 2});
  Tensor logits = Tensor::from<double>({0.2, -1.0, 0.5}, {3});
};

TEST(GaussianMixture, LogProbByHand) {
  const Mixture m;
  Rng rng(1);
  const Tensor z = standard_normal({2, 4, 2}, rng, DType::f64);
  const Tensor weights = log_softmax(m.logits);
  const std::vector<double> log_p = gaussian_mixture_log_prob(z, m.mu, m.logvar, weights).to_vector();
  ASSERT_EQ(log_p.size(), 8u);
  for (size_t i = 0; i < 8; ++i) {
    double p = 0.0;
    for (size_t c = 0; c < 3; ++c) {
      double log_c = weights.to_vector()[c];
      for (size_t d = 0; d < 2; ++d) {
        log_c += log_normal(z.to_vector()[2 * i + d], m.mu.to_vector()[2 * c + d], m.logvar.to_vector()[2 * c + d]);
      }
      p += std::exp(log_c);
    }
    EXPECT_NEAR(log_p[i], std::log(p), 1e-12);
  }
}

TEST(GaussianMixture, Gradients) {
  const Mixture m;
  Rng rng(2);
  const Tensor z = standard_normal({5, 2}, rng, DType::f64);
  const auto f = [](std::span<const Tensor> in) {
    return sum(gaussian_mixture_log_prob(in[0], in[1], in[2], log_softmax(in[3])));
  };
  EXPECT_LT(gradient_error(f, {z, m.mu, m.logvar, m.logits}), 1e-6);
  EXPECT_THROW(gaussian_mixture_log_prob(z, m.mu, m.logvar, Tensor::zeros({2}, DType::f64)), std::invalid_argument);
  EXPECT_THROW(gaussian_mixture_log_prob(Tensor::zeros({5, 3}, DType::f64), m.mu, m.logvar, m.logits),
               std::invalid_argument);
}

// Sets a prior's parameters; f32.
void set(const Prior& prior, const std::string& name, const Tensor& values) {
  for (nn::NamedTensor& p : prior.parameters()) {
    if (p.name == name) p.tensor.copy_from(values);
  }
}

TEST(MixturePrior, OneStandardComponentIsTheNormalPrior) {
  const auto prior = test::prior({{"name", "mixture"}, {"components", 1}}, 3);
  EXPECT_FALSE(prior->is_standard_normal());
  set(*prior, "mu", Tensor::zeros({1, 3}));
  Rng rng(3);
  const Tensor z = standard_normal({6, 3}, rng);
  const std::vector<double> a = prior->log_prob(z).to_vector(), b = standard_normal_log_prob(z).to_vector();
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(a[i], b[i], kFloatTolerance);
}

TEST(MixturePrior, SamplesHaveTheMomentsOfTheMixture) {
  const Mixture m;
  const auto prior = test::prior({{"name", "mixture"}, {"components", 3}});
  set(*prior, "mu", m.mu);
  set(*prior, "logvar", m.logvar);
  set(*prior, "logits", m.logits);
  constexpr int64_t N = 20'000;
  Rng rng(4);
  const std::vector<double> z = prior->sample(N, rng).to_vector();
  const std::vector<double> weights = exp(log_softmax(m.logits)).to_vector();
  for (size_t d = 0; d < 2; ++d) {
    double mean = 0.0, square = 0.0, expected = 0.0, expected_square = 0.0;
    for (size_t n = 0; n < N; ++n) {
      mean += z[2 * n + d] / N;
      square += z[2 * n + d] * z[2 * n + d] / N;
    }
    for (size_t c = 0; c < 3; ++c) {
      const double mu = m.mu.to_vector()[2 * c + d], variance = std::exp(m.logvar.to_vector()[2 * c + d]);
      expected += weights[c] * mu;
      expected_square += weights[c] * (mu * mu + variance);
    }
    const double variance = expected_square - expected * expected;
    EXPECT_NEAR(mean, expected, 5.0 * std::sqrt(variance / N));
    // The deviation of a square is below 3 of its mean here.
    EXPECT_NEAR(square, expected_square, 5.0 * 3.0 * expected_square / std::sqrt(static_cast<double>(N)));
  }
}

TEST(MixturePrior, TheSeedReachesItsMeans) {
  Rng a(1), b(1), c(2);
  const auto of = [](Rng& rng) {
    return make_prior(nlohmann::json{{"name", "mixture"}}, test::slot_context(rng))
        ->parameters()
        .at(0)
        .tensor.to_vector();
  };
  const std::vector<double> first = of(a);
  EXPECT_EQ(first, of(b));
  EXPECT_NE(first, of(c));
}

// An encoder of two numbers: mu = the first one and twice it, logvar = the second one.
GaussianMoments encode(const Tensor& x) {
  const Tensor first = columns(x, 0, 1), second = columns(x, 1, 2);
  return {concat_columns({first, affine(first, 2.0)}), concat_columns({second, second})};
}

TEST(VampPrior, IsTheMixtureOfItsPseudoInputsPosteriors) {
  VampPrior prior(Tensor::from<float>({0.5f, -1.0f, -2.0f, 0.3f, 1.0f, 0.0f}, {3, 2}));
  Rng rng(5);
  const Tensor z = standard_normal({4, 2}, rng);
  EXPECT_THAT(message_of([&] { prior.log_prob(z); }), testing::HasSubstr("need an encoder"));
  prior.set_encoder(encode);
  const Tensor pseudo_inputs = prior.parameters().at(0).tensor;
  const auto [mu, logvar] = encode(pseudo_inputs.detach());
  const std::vector<double> log_p = prior.log_prob(z).to_vector();
  for (size_t n = 0; n < 4; ++n) {
    double p = 0.0;
    for (size_t c = 0; c < 3; ++c) {
      double log_c = -std::log(3.0);
      for (size_t d = 0; d < 2; ++d) {
        log_c += log_normal(z.to_vector()[2 * n + d], mu.to_vector()[2 * c + d], logvar.to_vector()[2 * c + d]);
      }
      p += std::exp(log_c);
    }
    EXPECT_NEAR(log_p[n], std::log(p), kFloatTolerance);
  }
  EXPECT_EQ(prior.sample(7, rng).shape(), Shape({7, 2}));
}

TEST(VampPrior, GradientsReachThePseudoInputsThroughTheEncoder) {
  VampPrior prior(Tensor::from<float>({0.5f, -1.0f, -2.0f, 0.3f}, {2, 2}));
  prior.set_encoder(encode);
  Rng rng(6);
  const Tensor z = standard_normal({3, 2}, rng, DType::f64);
  Tensor u = prior.parameters().at(0).tensor;
  backward(sum(prior.log_prob(z)));
  const std::vector<double> grad = u.grad().to_vector();
  // The same function in double, whose gradient central differences give.
  const auto f = [&](std::span<const Tensor> in) {
    const auto [mu, logvar] = encode(in[0]);
    return sum(gaussian_mixture_log_prob(z, mu, logvar, Tensor::full({2}, -std::log(2.0), DType::f64)));
  };
  EXPECT_LT(gradient_error(f, {u.to(DType::f64)}), 1e-6);
  Tensor u64 = u.to(DType::f64);
  u64.set_requires_grad();
  backward(f(std::vector<Tensor>{u64}));
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(grad[i], u64.grad().to_vector()[i], kFloatTolerance);
}

// Facts of data whose samples all have the value of their number.
class Counting : public DataFacts {
 public:
  Tensor draw(int64_t n, Rng&) const override {
    Tensor x = Tensor::empty({n, 2});
    for (int64_t i = 0; i < 2 * n; ++i) x.data<float>()[i] = static_cast<float>(i / 2);
    return x;
  }
  std::vector<TableColumn> columns() const override { return {}; }
};

TEST(VampPrior, PseudoInputsStartAsTrainingSamples) {
  const Counting facts;
  Rng rng(7);
  SlotContext context = test::slot_context(rng);
  context.data_shape = {2};
  context.data = &facts;
  const auto prior = make_prior(nlohmann::json{{"name", "vamp"}, {"components", 3}}, context);
  EXPECT_EQ(prior->parameters().at(0).tensor.to_vector(), (std::vector<double>{0, 0, 1, 1, 2, 2}));
  context.max_elements = 5;
  EXPECT_THAT(message_of([&] {
                make_prior(nlohmann::json{{"name", "vamp"}, {"components", 3}}, context);
              }),
              testing::HasSubstr("more than the 5 allowed"));
}

}  // namespace
}  // namespace latent
