// GANs: the games by hand, codes that are found again, whose weights learn what, and that modes are covered.

#include <latent/autograd/backward.hpp>
#include <latent/autograd/gradients_to.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/detail/json_value.hpp>
#include <latent/models/gan.hpp>
#include <latent/models/model_file.hpp>
#include <latent/models/model_size.hpp>
#include <latent/training/trainer.hpp>
#include <tests/models/model_helpers.hpp>
#include <tests/support/message_of.hpp>
#include <tests/support/temporary_folder.hpp>

#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <numbers>

namespace latent {
namespace {

using nlohmann::json;
using test::build;
using test::state_of;
using test::uniform_data;
using testing::HasSubstr;

constexpr double kSumTolerance = 1e-5;  // of sums of a few f32 values

json gan_json(const json& changes = json::object()) {
  json config = {{"model", "gan"},
                 {"data_shape", {4}},
                 {"latent_dim", 3},
                 {"network", {{"name", "mlp"}, {"hidden", {8}}, {"activation", "silu"}}},
                 {"loss", {{"name", "relativistic"}, {"gamma", 0.5}}}};
  config.update(changes);
  return config;
}

// A critic whose score is w . x + b: without hidden layers its features are the data.
struct LinearCritic {
  NetworkEnds ends{.data_shape = {4}, .output_shape = {4}, .latent_dim = 2};
  std::unique_ptr<Network> network = make_network(json{{"name", "mlp"}, {"hidden", json::array()}}, ends);
  Rng rng{5};
  Critic critic{*network, rng};
  std::vector<double> w = critic.parameters()[0].tensor.to_vector();
  double b = critic.parameters()[1].tensor.to_vector()[0];

  double score(const Tensor& x, int64_t n) const {
    double sum = b;
    for (size_t d = 0; d < 4; ++d) sum += w[d] * x.data<float>()[n * 4 + static_cast<int64_t>(d)];
    return sum;
  }
  double squared_norm() const {
    double sum = 0.0;
    for (const double value : w) sum += value * value;
    return sum;
  }
};

double softplus_of(double x) { return std::log1p(std::exp(x)); }

TEST(CriticModel, LossesAndPenaltiesAreTheirFormulas) {
  const LinearCritic linear;
  const Tensor real = uniform_data({4}, 3, 1), fake = uniform_data({4}, 3, 2);
  const double g2 = linear.squared_norm(), gamma = 0.7;
  struct Game {
    AdversarialLoss loss;
    double (*critic)(double r, double f);
    double (*generator)(double r, double f);
    double penalty;
  };
  const std::array<Game, 4> games = {{
      {AdversarialLoss::relativistic, [](double r, double f) { return softplus_of(f - r); },
       [](double r, double f) { return softplus_of(r - f); }, 0.5 * gamma * 2.0 * g2},
      {AdversarialLoss::non_saturating, [](double r, double f) { return softplus_of(-r) + softplus_of(f); },
       [](double, double f) { return softplus_of(-f); }, 0.5 * gamma * g2},
      {AdversarialLoss::hinge, [](double r, double f) { return std::max(0.0, 1.0 - r) + std::max(0.0, 1.0 + f); },
       [](double, double f) { return -f; }, 0.5 * gamma * g2},
      {AdversarialLoss::wgan_gp, [](double r, double f) { return f - r; }, [](double, double f) { return -f; },
       gamma * (std::sqrt(g2) - 1.0) * (std::sqrt(g2) - 1.0)},
  }};
  for (const Game& game : games) {
    Rng rng(1);
    const AdversarialOptions options{.loss = game.loss, .gamma = gamma, .gamma_end = gamma};
    const LossTerms terms = linear.critic.loss(real, fake, options, {.rng = rng, .mode = nn::Mode::train});
    const Tensor of_generator =
        Critic::generator_loss(linear.critic.scores(real), linear.critic.scores(fake), game.loss);
    for (int64_t n = 0; n < 3; ++n) {
      const double r = linear.score(real, n), f = linear.score(fake, n);
      const auto at = static_cast<size_t>(n);
      EXPECT_NEAR(terms.terms[0].value.to_vector()[at], game.critic(r, f), kSumTolerance);
      EXPECT_NEAR(terms.terms[1].value.to_vector()[at], game.penalty, kSumTolerance);
      EXPECT_NEAR(terms.loss.to_vector()[at], game.critic(r, f) + game.penalty, 2 * kSumTolerance);
      EXPECT_NEAR(terms.terms[2].value.to_vector()[at], r - f, kSumTolerance);
      EXPECT_EQ(terms.terms[3].value.to_vector()[at], r > f ? 1.0 : 0.0);
      EXPECT_NEAR(of_generator.to_vector()[at], game.generator(r, f), kSumTolerance);
    }
    // No penalty in evaluation.
    const LossTerms judged = linear.critic.loss(real, fake, options, {.rng = rng, .mode = nn::Mode::eval});
    EXPECT_EQ(judged.terms[1].value.to_vector()[0], 0.0);
  }
}

TEST(CriticModel, LazyPenaltiesWeighTheSameOnAverage) {
  const LinearCritic linear;
  const Tensor real = uniform_data({4}, 2, 1), fake = uniform_data({4}, 2, 2);
  const AdversarialOptions lazy{.gamma = 1.0, .gamma_end = 1.0, .penalty_every = 4};
  Rng rng(3);
  constexpr int kSteps = 400;
  double sum = 0.0;
  int taken = 0;
  for (int step = 0; step < kSteps; ++step) {
    const double penalty =
        linear.critic.loss(real, fake, lazy, {.rng = rng, .mode = nn::Mode::train}).terms[1].value.to_vector()[0];
    sum += penalty;
    taken += penalty > 0.0 ? 1 : 0;
  }
  // A quarter of the steps: within four standard deviations of a binomial's.
  EXPECT_NEAR(taken, kSteps / 4.0, 4.0 * std::sqrt(kSteps * 0.25 * 0.75));
  EXPECT_NEAR(sum / kSteps, linear.squared_norm() * 4.0 * taken / kSteps, 1e-4 * linear.squared_norm());
}

TEST(CriticModel, WeightOfThePenaltyFallsByHalfACosine) {
  const AdversarialOptions options{.gamma = 10.0, .gamma_end = 1.0, .burn_in_epochs = 4.0};
  EXPECT_NEAR(options.gamma_at(0.0), 10.0, 1e-12);
  EXPECT_NEAR(options.gamma_at(2.0), 5.5, 1e-12);
  EXPECT_NEAR(options.gamma_at(4.0), 1.0, 1e-12);
  EXPECT_NEAR(options.gamma_at(9.0), 1.0, 1e-12);
  EXPECT_EQ(AdversarialOptions::from(json{{"name", "wgan-gp"}}).gamma, 10.0);
}

TEST(CriticModel, SpreadIsTheRatioOfVariances) {
  const Tensor x = uniform_data({4}, 50);
  Tensor half = x.clone(), flat = Tensor::zeros(x.shape());
  for (float& value : half.span<float>()) value = 0.5F * value + 3.0F;
  EXPECT_NEAR(spread_of(x, x), 1.0, 1e-9);
  EXPECT_NEAR(spread_of(half, x), 0.25, 1e-5);
  EXPECT_EQ(spread_of(flat, x), 0.0);
  EXPECT_EQ(spread_of(x.rows(0, 1), x.rows(0, 1)), 1.0);
}

TEST(GanModel, PhasesTeachTheirOwnWeights) {
  const auto model = build(gan_json());
  const Batch batch{.x = uniform_data({4}, 6), .input = {}, .labels = {}};
  std::vector<std::string> names;
  for (const Phase& phase : model->phases()) {
    names.push_back(phase.name);
    std::vector<Tensor> own;
    for (const nn::NamedTensor& t : phase.parameters) own.push_back(t.tensor);
    Rng rng(2);
    const GradientsTo only(own);
    backward(mean(phase.loss(batch, {.rng = rng, .mode = nn::Mode::train}).loss));
    for (const nn::NamedTensor& t : model->parameters()) {
      Tensor tensor = t.tensor;
      EXPECT_EQ(tensor.grad().defined(), t.name.starts_with(phase.name + ".")) << t.name;
      tensor.clear_grad();
    }
  }
  EXPECT_EQ(names, (std::vector<std::string>{"critic", "generator", "encoder"}));
}

TEST(VaeGan, Bf16StaysNearF32) {
  for (const char* network : {"mlp", "conv"}) {
    SCOPED_TRACE(network);
    json config = test::preset_config("vae-gan", {1, 8, 8});
    config["network"] = {{"name", network}, {"activation", "leaky_relu"}};
    const auto model = build(config);
    const Batch batch{.x = uniform_data({1, 8, 8}, 16), .input = {}, .labels = {}};
    const auto term = [&](const std::string& name) {
      Rng rng(2);
      const LossTerms terms = model->loss(batch, {.rng = rng, .mode = nn::Mode::train});
      for (const auto& [of, value] : terms.terms) {
        if (of == name) return mean(value).item();
      }
      return std::nan("");
    };
    const double features = term("features"), adversarial = term("adversarial");
    model->use_bf16(true);
    // bf16 rounds to 1 in 256, and more in differences of what is alike.
    EXPECT_NEAR(term("features"), features, 0.1 * features);
    EXPECT_NEAR(term("adversarial"), adversarial, 0.02 * adversarial);
  }
}

TEST(GanModel, FindsTheCodesOfItsOwnSamples) {
  const auto model = build(gan_json({{"latent_dim", 2}, {"inversion_steps", 400}}));
  auto& gan = dynamic_cast<Gan&>(*model);
  Rng rng(4);
  const Tensor z = gan.sample_prior(20, rng);
  const Tensor x = gan.decode(z)->mean();
  const NoGrad no_grad;  // as every tool has it
  const Tensor found = gan.encode(x)->mean();
  const auto distance = [](const Tensor& a, const Tensor& b) {
    double worst = 0.0;
    for (int64_t i = 0; i < a.numel(); ++i) {
      worst = std::max(worst, std::abs(double{a.data<float>()[i]} - b.data<float>()[i]));
    }
    return worst;
  };
  constexpr double kFound = 0.05;  // the length of the code weighs a little, too
  EXPECT_LT(distance(found, z), kFound);
  // The encoder alone, which has learned nothing, does not know.
  gan.set_inversion_steps(0);
  EXPECT_GT(distance(gan.encode(x)->mean(), z), 10 * kFound);
}

TEST(GanModel, CodesDoNotDependOnTheOtherSamples) {
  const auto model = build(gan_json({{"inversion_steps", 10}}));
  const Tensor x = uniform_data({4}, 5);
  const Tensor together = model->encode(x)->mean();
  const Tensor alone = model->encode(x.rows(3, 4))->mean();
  for (int64_t d = 0; d < 3; ++d) {
    EXPECT_NEAR(alone.data<float>()[d], together.data<float>()[3 * 3 + d], 1e-4);
  }
}

TEST(GanModel, SavesAndLoads) {
  const test::TemporaryFolder folder;
  const auto model = build(gan_json({{"output", "sigmoid"}, {"critic_steps", 3}}));
  save_model(folder.path() / "m.safetensors", *model, json::object());
  const LoadedModel loaded = load_model(folder.path() / "m.safetensors");
  EXPECT_EQ(loaded.model->config(), model->config());
  Rng a(1), b(1);
  EXPECT_EQ(loaded.model->decode(loaded.model->sample_prior(3, a))->mean().to_vector(),
            model->decode(model->sample_prior(3, b))->mean().to_vector());
  EXPECT_TRUE(model->needs_unit_interval());
  for (const double value : model->decode(Tensor::zeros({2, 3}))->mean().to_vector()) {
    EXPECT_TRUE(value > 0.0 && value < 1.0);
  }
  // What size_of_model() promises before anything is made.
  EXPECT_LE(size_of_model(model->config(), 1).weights, static_cast<double>(model->num_parameters()));
  const auto conv = build(
      gan_json({{"data_shape", {1, 8, 8}}, {"network", {{"name", "conv"}, {"channels", {4, 8}}, {"hidden", {16}}}}}));
  const double promised = size_of_model(conv->config(), 1).weights;
  EXPECT_LE(promised, static_cast<double>(conv->num_parameters()));
  EXPECT_GT(promised, 0.9 * static_cast<double>(conv->num_parameters()));
}

TEST(GanModel, RefusesWhatCannotBe) {
  const auto refused = [](const json& changes, const char* text) {
    EXPECT_THAT(message_of([&] { build(gan_json(changes)); }), HasSubstr(text)) << changes;
  };
  refused({{"network", {{"name", "resnet"}}}}, "network of a gan");
  refused({{"network", {{"name", "mlp"}, {"normalization", "batch"}}}}, "cannot be normalised over batches");
  refused({{"network", {{"name", "mlp"}, {"dropout", 0.1}}}}, "has no dropout");
  refused({{"loss", {{"name", "hing"}}}}, "did you mean 'hinge'");
  refused({{"loss", {{"name", "hinge"}, {"gamma", -1}}}}, "gamma");
  refused({{"loss", {{"name", "hinge"}, {"penalty_every", 0}}}}, "penalty_every");
  refused({{"critic_steps", 0}}, "critic_steps");
  refused({{"output", "relu"}}, "output of a gan");
  refused({{"prior", {{"name", "normal"}}}}, "prior");
  const auto model = build(gan_json());
  EXPECT_THROW(model->encode(uniform_data({5}, 2)), std::invalid_argument);
  EXPECT_THROW(model->decode(Tensor::zeros({2, 4})), std::invalid_argument);
  EXPECT_THROW(dynamic_cast<Gan&>(*model).set_inversion_steps(-1), std::invalid_argument);
}

// Eight Gaussians of standard deviation 0.05 on a circle of radius 2.
Tensor ring_of_gaussians(int64_t n, uint64_t seed) {
  Tensor x = Tensor::empty({n, 2});
  Rng rng(seed);
  rng.normal(x.span<float>());
  for (int64_t i = 0; i < n; ++i) {
    const double angle = 2.0 * std::numbers::pi * static_cast<double>(i % 8) / 8.0;
    x.data<float>()[2 * i] = static_cast<float>(2.0 * std::cos(angle) + 0.05 * x.data<float>()[2 * i]);
    x.data<float>()[2 * i + 1] = static_cast<float>(2.0 * std::sin(angle) + 0.05 * x.data<float>()[2 * i + 1]);
  }
  return x;
}

TEST(GanModel, CoversTheModesOfARing) {
  json config = test::preset_config("gan-mlp", {2});
  config["latent_dim"] = 8;
  config["network"]["hidden"] = {96, 96};
  const auto model = build(config);
  TrainingOptions options;
  options.epochs = 16;
  options.batch = 128;
  options.optimizer.lr = 1e-3;
  options.ema = 0.99;
  const auto data = data::from_tensor(ring_of_gaussians(8000, 1), data::Kind::array, {});
  Trainer trainer(*model, data, nullptr, "validation", options, std::nullopt, {});
  TrainingObserver silent;
  ASSERT_EQ(trainer.run(silent, std::atomic<bool>(false)), Outcome::finished);
  Rng rng(9);
  constexpr int64_t kCount = 2000;
  const Tensor x = model->decode(model->sample_prior(kCount, rng))->mean();
  std::array<int64_t, 8> found{};
  for (int64_t i = 0; i < kCount; ++i) {
    for (size_t m = 0; m < 8; ++m) {
      const double angle = 2.0 * std::numbers::pi * static_cast<double>(m) / 8.0;
      const double dx = x.data<float>()[2 * i] - 2.0 * std::cos(angle);
      const double dy = x.data<float>()[2 * i + 1] - 2.0 * std::sin(angle);
      if (std::hypot(dx, dy) < 4.0 * 0.05) ++found[m];
    }
  }
  int64_t good = 0;
  for (const int64_t count : found) {
    EXPECT_GT(count, kCount / 160);
    good += count;
  }
  // So few steps leave some between the modes; what matters is that none of the modes is given up.
  EXPECT_GT(static_cast<double>(good) / kCount, 0.3);
}

}  // namespace
}  // namespace latent
