// Figures of a model on a set: means, active units, bounds; independent of threads.
#include "tiny_model.hpp"

#include <latent/core/detail/json_value.hpp>
#include <latent/core/threads.hpp>
#include <latent/models/registry.hpp>
#include <latent/training/evaluate.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace latent {
namespace {

using namespace test;

// Sums of a few hundred f32 numbers.
constexpr double kF32 = 1e-4;

TEST(Evaluate, MeansOverAllSamplesWithARaggedLastBatch) {
  const TinyVae model;
  const auto set = random_set(50, 3);
  const Evaluation result = evaluate(model, *set, {.batch = 16, .seed = 7});
  EXPECT_EQ(result.samples, 50);
  EXPECT_FALSE(result.nll.has_value());
  EXPECT_NEAR(result.terms.at("elbo"), -result.terms.at("reconstruction") - result.terms.at("kl"), kF32);
  EXPECT_FALSE(result.bits_per_dim);  // a cross-entropy of grey levels is no number of bits

  // KL needs no draws: one batch or many, it is the mean over samples.
  const Evaluation whole = evaluate(model, *set, {.batch = 50, .seed = 8});
  EXPECT_NEAR(result.terms.at("kl"), whole.terms.at("kl"), kF32);
  ASSERT_EQ(result.kl_per_dim.size(), static_cast<size_t>(kCodes));
  for (size_t d = 0; d < result.kl_per_dim.size(); ++d) EXPECT_NEAR(result.kl_per_dim[d], whole.kl_per_dim[d], kF32);
}

TEST(Evaluate, BitsAreOfDiscreteValuesAlone) {
  Tensor x = random_samples(50, 3);
  for (float& value : x.span<float>()) value = value < 0.5f ? 0.0f : 1.0f;
  const Evaluation binary = evaluate(TinyVae(), *data::from_tensor(x, data::Kind::table, {}));
  EXPECT_TRUE(binary.is_binary);
  ASSERT_TRUE(binary.bits_per_dim);
  EXPECT_NEAR(*binary.bits_per_dim, -binary.terms.at("elbo") / (12 * std::numbers::ln2), kF32);
  EXPECT_FALSE(evaluate(TinyVae(), *random_set(50, 3)).bits_per_dim);

  const auto bits_of = [&](const nlohmann::json& likelihood) {
    Rng rng(1);
    const auto vae = make_model(nlohmann::json{{"model", "vae"},
                                               {"data_shape", {kValues}},
                                               {"latent_dim", 2},
                                               {"network", {{"name", "mlp"}, {"hidden", {5}}}},
                                               {"likelihood", likelihood}},
                                rng);
    return evaluate(*vae, *random_set(50, 3)).bits_per_dim.has_value();
  };
  EXPECT_TRUE(bits_of({{"name", "logistic-mixture"}}));
  EXPECT_FALSE(bits_of({{"name", "gaussian"}}));
  EXPECT_FALSE(bits_of({{"name", "laplace"}}));
  EXPECT_FALSE(bits_of({{"name", "table"}}));
}

TEST(Evaluate, SameSeedSameBitsWithAnyNumberOfThreads) {
  const TinyVae model;
  const auto set = random_set(50, 3);
  const int threads = num_threads();
  const EvaluationOptions options{.importance_samples = 3, .batch = 16, .seed = 7};
  const Evaluation all = evaluate(model, *set, options);
  set_num_threads(1);
  const Evaluation one = evaluate(model, *set, options);
  set_num_threads(threads);
  EXPECT_EQ(all.terms, one.terms);
  EXPECT_EQ(all.nll, one.nll);
  EXPECT_NE(evaluate(model, *set, {.batch = 16, .seed = 8}).terms, all.terms);
}

TEST(Evaluate, BoundIsTheMeanOverSamples) {
  const TinyVae model;
  const auto set = random_set(50, 3);
  double sum = 0.0;
  for (const double x : random_samples(50, 3).to_vector()) sum += x;
  // The tiny model's bound is sum(x) - K - u with u in [0, 1).
  const Evaluation result = evaluate(model, *set, {.importance_samples = 5});
  EXPECT_EQ(result.importance_samples, 5);
  ASSERT_TRUE(result.nll.has_value());
  EXPECT_GE(*result.nll, 5.0 - sum / 50 - kF32);
  EXPECT_LE(*result.nll, 6.0 - sum / 50 + kF32);
}

TEST(Evaluate, ActiveUnitsAreThoseWhoseMeanVaries) {
  TinyVae model;
  const auto set = random_set(200, 3);
  // Codes: the first is 2 x_0 (variance 4 / 12), the second 0.1 x_0 (variance 0.01 / 12), the third constant.
  for (auto& [name, tensor] : model.state()) {
    if (name == "encoder.weight") {
      tensor.copy_from(Tensor::zeros(tensor.shape()));
      tensor.data<float>()[0] = 2.0f;
      tensor.data<float>()[kValues] = 0.1f;
    }
  }
  EXPECT_EQ(evaluate(model, *set).active_units, 1);
  const Tensor codes = encode_all(model, *set, 33);
  ASSERT_EQ(codes.shape(), (Shape{200, kCodes}));
  const Tensor x = set->range(0, 200), direct = model.encode(x)->mean();
  EXPECT_EQ(codes.to_vector(), direct.to_vector());
}

TEST(Evaluate, RefusesWhatDoesNotFit) {
  const TinyVae model;
  const auto wrong = data::from_tensor(random_samples(5, 1, 3), data::Kind::array, {});
  EXPECT_THROW(evaluate(model, *wrong), std::invalid_argument);
  EXPECT_THROW(encode_all(model, *wrong), std::invalid_argument);
  EXPECT_THROW(evaluate(model, *random_set(5, 1), {.importance_samples = -1}), std::invalid_argument);
  EXPECT_THROW(evaluate(model, *random_set(5, 1), {.batch = 0}), std::invalid_argument);
}

TEST(TermMeans, JsonThereAndBack) {
  TermMeans means;
  EXPECT_TRUE(means.means().empty());
  means.add({Tensor::full({3}, 2.0), {{"reconstruction", Tensor::full({3}, 1.5)}}, Tensor::full({2}, 0.1)});
  means.add({Tensor::full({1}, 6.0), {{"reconstruction", Tensor::full({1}, 0.1)}}, Tensor::full({2}, 0.3)});
  EXPECT_EQ(means.samples(), 4);
  EXPECT_NEAR(means.means().at("loss"), 3.0, 1e-12);
  EXPECT_EQ(means.means().count("elbo"), 0u);
  EXPECT_NEAR(means.kl_per_dim()[1], 0.15, 1e-7);
  const TermMeans copy = TermMeans::from_json(nlohmann::json::parse(means.to_json().dump()));
  EXPECT_EQ(copy.means(), means.means());
  EXPECT_EQ(copy.kl_per_dim(), means.kl_per_dim());
}

TEST(Evaluate, PerplexityIsOfTheUseOfTheEntries) {
  Rng rng(1);
  const auto vq = make_model(nlohmann::json{{"model", "ae"},
                                            {"data_shape", {kValues}},
                                            {"latent_dim", 4},
                                            {"network", {{"name", "mlp"}, {"hidden", {5}}}},
                                            {"posterior", {{"name", "vq"}, {"entries", 3}, {"codebooks", 2}}},
                                            {"likelihood", {{"name", "gaussian"}}}},
                             rng);
  // All entries are zero, so that the first one serves for all.
  EXPECT_NEAR(evaluate(*vq, *random_set(50, 3)).perplexity.value(), 1.0, 1e-12);
  // The first step puts them on codes of the batch.
  const Batch batch{.x = random_samples(50, 3), .input = {}, .labels = {}};
  vq->loss(batch, {.rng = rng});
  const Evaluation result = evaluate(*vq, *random_set(50, 3));
  const Tensor indices = vq->code_indices(encode_all(*vq, *random_set(50, 3)));
  double expected = 0.0;
  for (int64_t m = 0; m < 2; ++m) {
    double entropy = 0.0;
    for (int64_t e = 0; e < 3; ++e) {
      double share = 0.0;
      for (int64_t n = 0; n < 50; ++n) share += indices.data<int64_t>()[2 * n + m] == e ? 0.02 : 0.0;
      if (share > 0.0) entropy -= share * std::log(share);
    }
    expected += std::exp(entropy) / 2.0;
  }
  EXPECT_NEAR(result.perplexity.value(), expected, 1e-9);
  EXPECT_GT(*result.perplexity, 1.0);
  EXPECT_FALSE(evaluate(TinyVae(), *random_set(50, 3)).perplexity);
}

}  // namespace
}  // namespace latent
