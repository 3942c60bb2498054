#include <latent/autograd/backward.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/detail/json_value.hpp>
#include <latent/core/threads.hpp>
#include <latent/models/vae.hpp>
#include <tests/models/model_helpers.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <numbers>
#include <thread>

namespace latent {
namespace {

using nlohmann::json;
using test::build;
using test::preset_config;
using test::set_state;
using test::uniform_data;
using testing::HasSubstr;

// Adam by the book, for tests that must train without the training part.
class PlainAdam {
 public:
  explicit PlainAdam(LatentModel& model) : parameters_(model.parameters()) {
    for (const nn::NamedTensor& p : parameters_) {
      m_.emplace_back(static_cast<size_t>(p.tensor.numel()));
      v_.emplace_back(static_cast<size_t>(p.tensor.numel()));
    }
  }
  void step(double lr) {
    ++steps_;
    const double c1 = 1 - std::pow(0.9, steps_), c2 = 1 - std::pow(0.999, steps_);
    for (size_t p = 0; p < parameters_.size(); ++p) {
      Tensor& w = parameters_[p].tensor;
      if (!w.grad().defined()) continue;
      const std::vector<double> g = w.grad().to_vector();
      for (size_t i = 0; i < g.size(); ++i) {
        m_[p][i] = 0.9 * m_[p][i] + 0.1 * g[i];
        v_[p][i] = 0.999 * v_[p][i] + 0.001 * g[i] * g[i];
        w.data<float>()[i] -= static_cast<float>(lr * (m_[p][i] / c1) / (std::sqrt(v_[p][i] / c2) + 1e-8));
      }
      w.clear_grad();
    }
  }

 private:
  std::vector<nn::NamedTensor> parameters_;
  std::vector<std::vector<double>> m_, v_;
  int steps_ = 0;
};

double mean_of(const Tensor& t) { return mean(t.detach()).item(); }

// Tiny steps are not worth a second thread, least of all on a busy machine.
class OneThread {
 public:
  OneThread() { set_num_threads(1); }
  ~OneThread() { set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_ = num_threads();
};

// Reconstruction terms before and after training on the same eight samples.
std::pair<double, double> overfit(LatentModel& model, const Tensor& x, int steps, double lr) {
  const OneThread one_thread;
  PlainAdam adam(model);
  Rng rng(1);
  double first = 0, last = 0;
  for (int step = 0; step < steps; ++step) {
    const LossTerms terms = model.loss({.x = x, .input = {}, .labels = {}}, {.rng = rng});
    last = mean_of(terms.terms[0].value);
    if (step == 0) first = last;
    backward(mean(terms.loss));
    adam.step(lr);
  }
  return {first, last};
}

// Eight black-and-white samples.
Tensor eight(const Shape& sample) {
  Tensor x = uniform_data(sample, 8);
  for (float& v : x.span<float>()) v = v < 0.5f ? 0.0f : 1.0f;
  return x;
}

TEST(Vae, MlpOverfitsEightSamples) {
  json config = preset_config("vae-mlp", {1, 6, 6});
  config["network"]["hidden"] = {64};
  config["latent_dim"] = 8;
  const auto model = build(config);
  const auto [first, last] = overfit(*model, eight({1, 6, 6}), 400, 0.01);
  EXPECT_NEAR(first, 36 * std::numbers::ln2, 3.0);  // every pixel a coin
  EXPECT_LT(last, 2.0);
}

TEST(Vae, ConvOverfitsEightSamples) {
  for (const char* normalization : {"none", "batch", "group"}) {
    json config = preset_config("vae-conv", {1, 7, 6});
    config["network"]["channels"] = {8, 16};
    config["network"]["hidden"] = {32};
    config["network"]["normalization"] = normalization;
    config["latent_dim"] = 8;
    config["objective"]["beta"] = 0.1;  // little price on telling eight samples apart
    const auto model = build(config);
    EXPECT_LT(overfit(*model, eight({1, 7, 6}), 600, 0.01).second, 3.0) << normalization;
  }
}

TEST(Vae, SeriesOverfitEightSamples) {
  json config = preset_config("vae-series", {2, 19});
  config["network"]["channels"] = {8, 16};
  config["latent_dim"] = 8;
  config["likelihood"]["scale"] = 0.1;
  const auto [first, last] = overfit(*build(config), eight({2, 19}), 600, 0.01);
  EXPECT_LT(last, 0.1 * first);
}

TEST(Vae, PlainAutoencoderOverfitsEightSamplesAndThenSamplesFromItsFittedPrior) {
  json config = preset_config("ae-mlp", {12});
  config["latent_dim"] = 8;
  config["network"]["hidden"] = {32};
  const auto model = build(config);
  const Tensor x = eight({12});
  EXPECT_LT(overfit(*model, x, 400, 0.01).second, 0.5);

  Rng rng(0);
  EXPECT_EQ(model->kind(), "ae");
  EXPECT_FALSE(model->has_likelihood());
  ASSERT_TRUE(model->needs_finish());
  EXPECT_THROW(model->sample_prior(4, rng), std::invalid_argument);
  EXPECT_THROW(model->importance_weighted_bound(x, 4, rng), std::invalid_argument);
  model->finish(model->encode(x)->mean());
  EXPECT_EQ(model->sample_prior(4, rng).shape(), Shape({4, 8}));
}

TEST(Vae, Bf16StaysNearF32InEveryNetwork) {
  for (const char* network : {"mlp", "conv"}) {
    for (const char* normalization : {"none", "batch", "group"}) {
      SCOPED_TRACE(fmt::format("{} {}", network, normalization));
      json config = preset_config("vae-mlp", {2, 5, 8});  // sides that leave different remainders
      config["network"] = {{"name", network}, {"normalization", normalization}};
      const auto model = build(config);
      const Batch batch{.x = uniform_data({2, 5, 8}, 16), .input = {}, .labels = {}};
      const auto step = [&] {
        Rng rng(0);
        const LossTerms terms = model->loss(batch, {.rng = rng});
        backward(mean(terms.loss));
        double squares = 0;
        for (nn::NamedTensor& p : model->parameters()) {
          for (const double g : p.tensor.grad().to_vector()) squares += g * g;
          p.tensor.clear_grad();
        }
        return std::pair(mean_of(terms.loss), std::sqrt(squares));
      };
      const auto [loss, norm] = step();
      model->use_bf16(true);
      const auto [bf16_loss, bf16_norm] = step();
      // bf16 rounds to 1 in 256; errors of many products cancel, and the loss is a sum of 80 coins' 0.69 nats.
      EXPECT_NEAR(bf16_loss, loss, 0.01 * loss);
      EXPECT_NEAR(bf16_norm, norm, 0.05 * norm);
      EXPECT_EQ(model->encode(batch.x)->mean().dtype(), DType::f32);
    }
  }
}

TEST(Vae, EvalLossIsTheBoundWhateverTheObjective) {
  json config = preset_config("vae-mlp", {6});
  config["network"]["hidden"] = {5};
  config["objective"] = {{"name", "elbo"}, {"beta", 7.0}, {"free_bits", 3.0}, {"kl_warmup_epochs", 5.0}};
  const auto model = build(config);
  Rng rng(0);
  const LossTerms terms =
      model->loss({.x = uniform_data({6}, 4), .input = {}, .labels = {}}, {.rng = rng, .mode = nn::Mode::eval});
  ASSERT_EQ(terms.terms.size(), 2u);
  EXPECT_STREQ(terms.terms[0].name, "reconstruction");
  EXPECT_STREQ(terms.terms[1].name, "kl");
  const std::vector<double> loss = terms.loss.to_vector(), reconstruction = terms.terms[0].value.to_vector(),
                            kl = terms.terms[1].value.to_vector();
  double kl_total = 0, per_dim_total = 0;
  for (size_t n = 0; n < 4; ++n) {
    EXPECT_NEAR(loss[n], reconstruction[n] + kl[n], 1e-4);
    kl_total += kl[n] / 4;
  }
  for (const double v : terms.kl_per_dim.to_vector()) per_dim_total += v;
  EXPECT_NEAR(per_dim_total, kl_total, 1e-4);
  EXPECT_FALSE(terms.terms[0].value.requires_grad());
}

TEST(Vae, LossWithSeveralSamplesAveragesThem) {
  // With an encoder that leaves no noise, more samples change nothing.
  json config = preset_config("vae-mlp", {3});
  config["network"]["hidden"] = {4};
  config["latent_dim"] = 1;
  const auto one = build(config);
  config["objective"]["num_samples"] = 3;
  const auto three = build(config);
  for (const auto* model : {one.get(), three.get()}) set_state(*model, "posterior.bias", {0.5f, -40.0f});
  Rng a(0), b(0);
  const Batch batch{.x = uniform_data({3}, 5), .input = {}, .labels = {}};
  const std::vector<double> l1 = one->loss(batch, {.rng = a}).loss.to_vector();
  const std::vector<double> l3 = three->loss(batch, {.rng = b}).loss.to_vector();
  for (size_t n = 0; n < 5; ++n) EXPECT_NEAR(l1[n], l3[n], 1e-4);
}

TEST(Vae, ADenoiserExplainsXFromItsInput) {
  json config = preset_config("vae-mlp", {3});
  config["network"]["hidden"] = {4};
  const auto model = build(config);
  const Tensor x = uniform_data({3}, 5, 1), damaged = uniform_data({3}, 5, 2);
  Rng a(0), b(0), c(0);
  const LossTerms plain = model->loss({.x = damaged, .input = {}, .labels = {}}, {.rng = a});
  const LossTerms same = model->loss({.x = x, .input = damaged, .labels = {}}, {.rng = b});
  EXPECT_EQ(plain.terms[1].value.to_vector(), same.terms[1].value.to_vector());
  EXPECT_NE(plain.terms[0].value.to_vector(), same.terms[0].value.to_vector());
  EXPECT_THROW(model->loss({.x = x, .input = damaged.rows(0, 4), .labels = {}}, {.rng = c}), std::invalid_argument);
}

// A linear model of 3 values and 2 codes with orthogonal columns, for which the posterior and p(x) are known:
// p(x) = N(b, W W^T + s^2 I), q*(z|x) = N(S W^T (x - b) / s^2, S), S = (I + W^T W / s^2)^-1, diagonal.
struct LinearGaussian {
  static constexpr double s = 0.5;
  static constexpr double W[3][2] = {{1.0, 0.5}, {1.0, -0.5}, {0.5, 0.0}};
  static constexpr double b[3] = {0.2, -0.1, 0.4};

  std::unique_ptr<LatentModel> model = build({{"model", "vae"},
                                              {"data_shape", {3}},
                                              {"latent_dim", 2},
                                              {"network", {{"name", "mlp"}, {"hidden", json::array()}}},
                                              {"likelihood", {{"name", "gaussian"}, {"scale", s}}}});

  // logvar_shift = 0 is the exact posterior; anything else a worse one.
  explicit LinearGaussian(double logvar_shift) {
    std::vector<float> head(size_t{4} * 3, 0.0f), head_bias(4), decoder, decoder_bias(std::begin(b), std::end(b));
    for (size_t d = 0; d < 2; ++d) {
      double gram = 0, offset = 0;
      for (const auto& row : W) gram += row[d] * row[d];
      const double variance = 1 / (1 + gram / (s * s));
      for (size_t i = 0; i < 3; ++i) {
        head[d * 3 + i] = static_cast<float>(variance * W[i][d] / (s * s));
        offset -= variance * W[i][d] * b[i] / (s * s);
      }
      head_bias[d] = static_cast<float>(offset);
      head_bias[2 + d] = static_cast<float>(std::log(variance) + logvar_shift);
    }
    for (const auto& row : W) decoder.insert(decoder.end(), std::begin(row), std::end(row));
    set_state(*model, "posterior.weight", head);
    set_state(*model, "posterior.bias", head_bias);
    set_state(*model, "decoder.0.weight", decoder);
    set_state(*model, "decoder.0.bias", decoder_bias);
  }

  // log N(x; b, W W^T + s^2 I), by the eigenvectors that the orthogonal columns are.
  static double log_p(const float* x) {
    double square = 0, log_det = 3 * std::log(s * s), quadratic = 0;
    for (size_t i = 0; i < 3; ++i) square += (x[i] - b[i]) * (x[i] - b[i]);
    quadratic = square / (s * s);
    for (size_t d = 0; d < 2; ++d) {
      double gram = 0, dot = 0;
      for (size_t i = 0; i < 3; ++i) {
        gram += W[i][d] * W[i][d];
        dot += W[i][d] * (x[i] - b[i]);
      }
      log_det += std::log1p(gram / (s * s));
      quadratic -= dot * dot / (s * s) / (s * s + gram);
    }
    return -0.5 * (3 * std::log(2 * std::numbers::pi) + log_det + quadratic);
  }
};

TEST(Vae, BoundOfTheExactPosteriorIsLogPWhateverTheNumberOfSamples) {
  const LinearGaussian exact(0.0);
  const Tensor x = uniform_data({3}, 6);
  for (const int64_t K : {1, 7, 64}) {
    Rng rng(static_cast<uint64_t>(K));
    const Tensor bound = exact.model->importance_weighted_bound(x, K, rng);
    ASSERT_EQ(bound.shape(), Shape({6}));
    // float32 sums of a dozen terms of order 1 to 10.
    for (int64_t n = 0; n < 6; ++n)
      EXPECT_NEAR(bound.span<float>()[static_cast<size_t>(n)], LinearGaussian::log_p(x.data<float>() + 3 * n), 5e-5);
  }
}

TEST(Vae, ElboOfTheExactPosteriorIsLogPOnAverage) {
  const LinearGaussian exact(0.0);
  constexpr int64_t kRepeats = 20000;
  Tensor x = Tensor::empty({kRepeats, 3});
  const float sample[3] = {0.9f, 0.1f, 0.3f};
  for (int64_t i = 0; i < 3 * kRepeats; ++i) x.data<float>()[i] = sample[i % 3];
  Rng rng(2);
  const LossTerms terms = exact.model->loss({.x = x, .input = {}, .labels = {}}, {.rng = rng, .mode = nn::Mode::eval});
  double mean = 0, square = 0;
  for (const double v : terms.loss.to_vector()) {
    mean += v / kRepeats;
    square += v * v / kRepeats;
  }
  const double five_errors = 5 * std::sqrt((square - mean * mean) / kRepeats);
  EXPECT_NEAR(-mean, LinearGaussian::log_p(sample), five_errors + 5e-5);
}

TEST(Vae, BoundTightensWithMoreSamplesAndStaysAboveTheElbo) {
  const LinearGaussian worse(1.0);  // variances e times too large
  constexpr int64_t kRepeats = 400;
  Tensor x = Tensor::empty({kRepeats, 3});
  const float sample[3] = {0.9f, 0.1f, 0.3f};
  for (int64_t i = 0; i < 3 * kRepeats; ++i) x.data<float>()[i] = sample[i % 3];
  const auto bound = [&](int64_t K) {
    Rng rng(5);
    return mean_of(worse.model->importance_weighted_bound(x, K, rng));
  };
  Rng rng(5);
  const double elbo =
      -mean_of(worse.model->loss({.x = x, .input = {}, .labels = {}}, {.rng = rng, .mode = nn::Mode::eval}).loss);
  const double log_p = LinearGaussian::log_p(sample);
  // KL(q || q*) is e/2 - 1 per dimension pair: the ELBO is that far below log p; its spread over 400 draws is 0.1.
  const double gap = std::numbers::e - 2;
  EXPECT_NEAR(log_p - elbo, gap, 0.4);
  EXPECT_GT(bound(10), elbo + 0.2);
  EXPECT_GT(bound(1000), bound(10));
  EXPECT_NEAR(bound(1000), log_p, 0.01);  // the variance of the weights is below 2, over 2 K: 0.001
}

TEST(Vae, BoundTakenInSeveralPassesIsFinite) {
  // 4.2 million values and fewer go through at once: 3 samples of 600 x 600 take several passes.
  json config = preset_config("vae-mlp", {1, 600, 600});
  config["network"]["hidden"] = {2};
  config["latent_dim"] = 2;
  const auto model = build(config);
  Rng rng(0);
  const Tensor bound = model->importance_weighted_bound(uniform_data({1, 600, 600}, 20), 3, rng);
  ASSERT_EQ(bound.shape(), Shape({20}));
  // Untrained, each pixel is nearly a coin.
  for (const double v : bound.to_vector()) EXPECT_NEAR(v / (600 * 600), -std::numbers::ln2, 0.1);
}

TEST(Vae, ManyThreadsEncodeAndDecodeAtOnce) {
  const auto model = build(preset_config("vae-conv", {1, 12, 12}));
  const Tensor x = uniform_data({1, 12, 12}, 4);
  const std::vector<double> mu = model->encode(x)->mean().to_vector();
  const Tensor z = model->encode(x)->mean();
  const std::vector<double> x_hat = model->decode(z)->mean().to_vector();
  std::vector<std::jthread> threads;
  std::array<bool, 4> same{};
  for (bool& all_same : same) {
    threads.emplace_back([&] {
      all_same = true;
      for (int i = 0; i < 10; ++i) {
        all_same =
            all_same && model->encode(x)->mean().to_vector() == mu && model->decode(z)->mean().to_vector() == x_hat;
      }
    });
  }
  threads.clear();
  for (const bool s : same) EXPECT_TRUE(s);
}

TEST(Vae, EncodeAndDecodeRecordNoGradients) {
  const auto model = build(preset_config("vae-mlp", {4}));
  EXPECT_FALSE(model->encode(uniform_data({4}, 2))->mean().requires_grad());
  EXPECT_FALSE(model->decode(Tensor::zeros({2, 20}))->mean().requires_grad());
}

TEST(Vae, RefusesDataAndCodesOfOtherShapes) {
  const auto model = build(preset_config("vae-mlp", {1, 4, 4}));
  Rng rng(0);
  EXPECT_THROW(model->encode(Tensor::zeros({2, 16})), std::invalid_argument);
  EXPECT_THROW(model->encode(Tensor::zeros({2, 1, 4, 4}, DType::u8)), std::invalid_argument);
  EXPECT_THROW(model->decode(Tensor::zeros({2, 19})), std::invalid_argument);
  EXPECT_THROW(model->decode(Tensor::zeros({20})), std::invalid_argument);
  EXPECT_THROW(model->importance_weighted_bound(Tensor::zeros({2, 1, 4, 4}), 0, rng), std::invalid_argument);
  EXPECT_EQ(model->decode(Tensor::zeros({2, 20}))->mean().shape(), Shape({2, 1, 4, 4}));
}

TEST(Vae, NamesOfItsTensors) {
  std::vector<std::string> names;
  for (const auto& t : build(preset_config("vae-mlp", {1, 4, 4}))->state()) names.push_back(t.name);
  EXPECT_THAT(names, testing::ElementsAre("encoder.0.weight", "encoder.0.bias", "posterior.weight", "posterior.bias",
                                          "decoder.0.weight", "decoder.0.bias", "decoder.1.weight", "decoder.1.bias"));
}

TEST(Vae, OnePhaseWithAllParameters) {
  const auto model = build(preset_config("vae-mlp", {4}));
  const std::vector<Phase> phases = model->phases();
  ASSERT_EQ(phases.size(), 1u);
  EXPECT_EQ(phases[0].parameters.size(), model->parameters().size());
}

// What a model says that has nothing.
class Nothing : public LatentModel {
 public:
  std::string kind() const override { return "nothing"; }
  Shape data_shape() const override { return {1}; }
  int64_t latent_dim() const override { return 1; }
  LossTerms loss(const Batch&, const StepContext&) const override { return {}; }
  Json config() const override { return {}; }
};

TEST(LatentModel, SaysInOneLineWhatItLacks) {
  const Nothing model;
  Rng rng(0);
  const auto message = [](const auto& f) -> std::string {
    try {
      f();
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return "nothing thrown";
  };
  EXPECT_THAT(message([&] { model.encode(Tensor::zeros({1, 1})); }), HasSubstr("this model has no encoder"));
  EXPECT_THAT(message([&] { model.decode(Tensor::zeros({1, 1})); }), HasSubstr("this model has no decoder"));
  EXPECT_THAT(message([&] { model.sample_prior(1, rng); }), HasSubstr("this model has no prior"));
  EXPECT_THAT(message([&] {
                model.importance_weighted_bound(Tensor::zeros({1, 1}), 1, rng);
              }),
              HasSubstr("likelihood"));
}

}  // namespace
}  // namespace latent
