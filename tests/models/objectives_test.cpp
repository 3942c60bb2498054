// Objectives, priors and posteriors beyond the classic ones, in whole models.

#include <latent/autograd/backward.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/detail/json_value.hpp>
#include <latent/data/data_facts.hpp>
#include <latent/models/model_file.hpp>
#include <tests/models/model_helpers.hpp>
#include <tests/support/message_of.hpp>
#include <tests/support/temporary_folder.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <set>

namespace latent {
namespace {

using nlohmann::json;
using test::build;
using test::state_of;
using test::TemporaryFolder;
using test::uniform_data;
using testing::HasSubstr;

constexpr double kFloatTolerance = 2e-4;  // of sums of f32 of the order of 10

json config_with(const json& changes) {
  json config = {{"model", "vae"},
                 {"data_shape", {6}},
                 {"latent_dim", 4},
                 {"network", {{"name", "mlp"}, {"hidden", {8}}}},
                 {"likelihood", {{"name", "bernoulli"}}}};
  config.update(changes);
  return config;
}

LossTerms loss_of(const LatentModel& model, const Tensor& x, nn::Mode mode = nn::Mode::train, uint64_t seed = 3) {
  Rng rng(seed);
  return model.loss({.x = x, .input = {}, .labels = {}},
                    {.rng = rng, .mode = mode, .epoch = 0.0, .training_samples = 50});
}

TEST(ImportanceWeighted, TheLossIsMinusTheBoundOfTheSameDraws) {
  const Tensor x = uniform_data({6}, 5);
  for (const char* name : {"iwae", "dreg"}) {
    for (const char* prior : {"normal", "mixture", "vamp"}) {
      for (const int64_t K : {1, 7}) {
        SCOPED_TRACE(fmt::format("{} {} {}", name, prior, K));
        const auto model =
            build(config_with({{"objective", {{"name", name}, {"num_samples", K}}}, {"prior", {{"name", prior}}}}));
        const LossTerms terms = loss_of(*model, x);
        Rng rng(3);
        const std::vector<double> bound = model->importance_weighted_bound(x, K, rng).to_vector();
        for (size_t n = 0; n < 5; ++n) EXPECT_NEAR(terms.loss.to_vector()[n], -bound[n], kFloatTolerance);
        EXPECT_EQ(terms.kl_per_dim.defined(), std::string(prior) == "normal");
        ASSERT_EQ(terms.terms.size(), 2u);
        EXPECT_STREQ(terms.terms[1].name, "kl");
        backward(mean(terms.loss));
        for (const nn::NamedTensor& t : model->parameters()) EXPECT_TRUE(t.tensor.grad().defined()) << t.name;
      }
    }
  }
}

TEST(ImportanceWeighted, MoreSamplesTightenTheBound) {
  const Tensor x = uniform_data({6}, 200);
  const auto bound_of = [&](int64_t K) {
    const auto model = build(config_with({{"objective", {{"name", "iwae"}, {"num_samples", K}}}}));
    // Variances e times those of the prior: a poor proposal, which samples make up for.
    test::set_state(*model, "posterior.bias", {0, 0, 0, 0, 1, 1, 1, 1});
    return mean(loss_of(*model, x).loss.detach()).item();
  };
  EXPECT_LT(bound_of(50), bound_of(1));
}

// The encoder's gradients of iwae and dreg differ, the decoder's do not.
TEST(ImportanceWeighted, DregChangesTheEncoderAlone) {
  const Tensor x = uniform_data({6}, 5);
  const auto gradients = [&](const char* name) {
    const auto model = build(config_with({{"objective", {{"name", name}, {"num_samples", 5}}}}));
    backward(mean(loss_of(*model, x).loss));
    std::map<std::string, std::vector<double>> all;
    for (const nn::NamedTensor& t : model->parameters()) all[t.name] = t.tensor.grad().to_vector();
    return all;
  };
  const auto iwae = gradients("iwae"), dreg = gradients("dreg");
  for (const auto& [name, values] : iwae) {
    const bool is_encoder = !name.starts_with("decoder");
    double difference = 0.0;
    for (size_t i = 0; i < values.size(); ++i)
      difference = std::max(difference, std::abs(values[i] - dreg.at(name)[i]));
    if (is_encoder) {
      EXPECT_GT(difference, 1e-4) << name;
    } else {
      EXPECT_LT(difference, 1e-6) << name;
    }
  }
}

TEST(LearnedPriors, ComeBackFromTheirFileAndGiveSamples) {
  const TemporaryFolder folder;
  for (const char* prior : {"mixture", "vamp"}) {
    const auto model = build(config_with({{"prior", {{"name", prior}, {"components", 7}}}}), 5);
    const auto path = folder.path() / "model.safetensors";
    save_model(path, *model, {});
    const LoadedModel loaded = load_model(path);
    const Tensor x = uniform_data({6}, 9);
    Rng a(1), b(1), c(2), d(2);
    EXPECT_EQ(model->importance_weighted_bound(x, 4, a).to_vector(),
              loaded.model->importance_weighted_bound(x, 4, b).to_vector());
    const Tensor z = model->sample_prior(11, c);
    EXPECT_EQ(z.shape(), Shape({11, 4}));
    EXPECT_EQ(z.to_vector(), loaded.model->sample_prior(11, d).to_vector());
    EXPECT_FALSE(z.requires_grad());
  }
}

TEST(LearnedPriors, LeaveTheNetworksWeightsAsTheyAre) {
  const auto plain = build(config_with(json::object()), 4),
             vamp = build(config_with({{"prior", {{"name", "vamp"}}}}), 4);
  for (const nn::NamedTensor& t : plain->state()) {
    EXPECT_EQ(t.tensor.to_vector(), state_of(*vamp, t.name).to_vector()) << t.name;
  }
}

TEST(LearnedPriors, PseudoInputsAreTrainingSamples) {
  const Tensor x = uniform_data({6}, 30);
  const auto facts = data::facts_of(data::from_tensor(x, data::Kind::table, {}));
  Rng rng(1);
  const auto model =
      make_model(config_with({{"prior", {{"name", "vamp"}, {"components", 12}}}}), rng, kMaxModelElements, facts.get());
  std::set<std::vector<double>> samples, pseudo_inputs;
  for (int64_t n = 0; n < 30; ++n) samples.insert(x.rows(n, n + 1).to_vector());
  const Tensor u = state_of(*model, "prior.pseudo_inputs");
  for (int64_t c = 0; c < 12; ++c) pseudo_inputs.insert(u.rows(c, c + 1).to_vector());
  EXPECT_EQ(pseudo_inputs.size(), 12u);  // different ones
  EXPECT_THAT(samples, testing::IsSupersetOf(std::vector(pseudo_inputs.begin(), pseudo_inputs.end())));
}

TEST(Tables, TakeTheirColumnsFromTheTrainingData) {
  Tensor x = uniform_data({6}, 300);
  for (int64_t n = 0; n < 300; ++n) x.data<float>()[6 * n + 2] = n % 2 == 0 ? -1.0f : 1.0f;
  const auto facts = data::facts_of(data::from_tensor(x, data::Kind::table, {}));
  Rng rng(1), same(1);
  const json config = config_with({{"likelihood", {{"name", "table"}}}});
  const json likelihood = make_model(config, rng, kMaxModelElements, facts.get())->config()->at("likelihood");
  ASSERT_EQ(likelihood["columns"].size(), 6u);
  EXPECT_EQ(likelihood["columns"][2]["kind"], "binary");
  EXPECT_FALSE(make_model(config, same)->config()->at("likelihood").contains("columns"));
}

TEST(Vq, ItsSamplesAreCodesAndItComesBackFromItsFile) {
  const TemporaryFolder folder;
  const json config = config_with({{"model", "ae"}, {"posterior", {{"name", "vq"}, {"entries", 5}, {"codebooks", 2}}}});
  const auto model = build(config);
  EXPECT_EQ(model->kind(), "ae");
  EXPECT_EQ(model->codebook_size(), 5);
  const Tensor x = uniform_data({6}, 40);
  const LossTerms terms = loss_of(*model, x);
  EXPECT_STREQ(terms.terms.back().name, "perplexity");
  ASSERT_TRUE(model->needs_finish());
  model->finish(model->encode(x)->mean());
  Rng rng(2);
  const Tensor z = model->sample_prior(30, rng), indices = model->code_indices(z);
  EXPECT_EQ(indices.shape(), Shape({30, 2}));
  // Every piece is an entry: quantising again changes nothing.
  const Tensor books = state_of(*model, "posterior.codebooks");  // (2, 5, 2)
  for (int64_t n = 0; n < 30; ++n) {
    for (int64_t m = 0; m < 2; ++m) {
      const int64_t entry = m * 5 + indices.data<int64_t>()[2 * n + m];
      for (int64_t d = 0; d < 2; ++d) EXPECT_EQ(z.data<float>()[4 * n + 2 * m + d], books.data<float>()[2 * entry + d]);
    }
  }
  const auto path = folder.path() / "model.safetensors";
  save_model(path, *model, {});
  EXPECT_EQ(load_model(path).model->encode(x)->mean().to_vector(), model->encode(x)->mean().to_vector());
}

TEST(Mmd, MakesAWassersteinAutoencoderOfAPoint) {
  const auto model = build(config_with({{"model", "ae"},
                                        {"posterior", {{"name", "none"}}},
                                        {"prior", {{"name", "normal"}}},
                                        {"objective", {{"name", "mmd"}}}}));
  EXPECT_FALSE(model->needs_finish());
  Rng rng(1);
  EXPECT_EQ(model->sample_prior(3, rng).shape(), Shape({3, 4}));
  const LossTerms terms = loss_of(*model, uniform_data({6}, 20));
  EXPECT_STREQ(terms.terms.back().name, "mmd");
  backward(mean(terms.loss));
}

TEST(Objectives, EvaluationIsTheElboWhateverTheObjective) {
  const Tensor x = uniform_data({6}, 5);
  const std::vector<double> elbo = loss_of(*build(config_with(json::object())), x, nn::Mode::eval).loss.to_vector();
  for (const char* name : {"iwae", "dreg", "tc", "mmd"}) {
    const auto model = build(config_with({{"objective", {{"name", name}}}}));
    EXPECT_EQ(loss_of(*model, x, nn::Mode::eval).loss.to_vector(), elbo) << name;
    EXPECT_TRUE(std::isfinite(mean(loss_of(*model, x).loss).item())) << name;
  }
}

TEST(Objectives, CombinationsThatMakeNoSenseAreRefusedInOneLine) {
  const auto refusal = [](const json& changes) {
    const std::string message = message_of([&] { build(config_with(changes)); });
    EXPECT_THAT(message, testing::Not(HasSubstr("\n")));
    return message;
  };
  const json plain = {{"model", "ae"}, {"posterior", {{"name", "none"}}}};
  const auto with = [&](json changes, const json& more) {
    changes.update(more);
    return changes;
  };
  for (const char* objective : {"iwae", "dreg", "tc"}) {
    EXPECT_THAT(refusal(with(plain, {{"objective", {{"name", objective}}}})), HasSubstr("use posterior 'gaussian'"));
  }
  EXPECT_THAT(refusal(with(plain, {{"prior", {{"name", "vamp"}}}})), HasSubstr("fitted-gaussian"));
  EXPECT_THAT(refusal({{"objective", {{"name", "mmd"}}}, {"prior", {{"name", "vamp"}}}}),
              HasSubstr("use prior 'normal'"));
  EXPECT_THAT(refusal({{"objective", {{"name", "elbo"}, {"free_bits", 1.0}}}, {"prior", {{"name", "mixture"}}}}),
              HasSubstr("use posterior 'gaussian' and prior 'normal'"));
  EXPECT_THAT(refusal({{"posterior", {{"name", "vq"}}}}), HasSubstr("use model 'ae'"));
  EXPECT_THAT(refusal({{"objective", {{"name", "iwae"}, {"beta", 2.0}}}}), HasSubstr("'beta'"));
  json tiny = config_with({{"prior", {{"name", "vamp"}, {"components", 1000}}}});
  Rng rng(0);
  EXPECT_THAT(message_of([&] { make_model(tiny, rng, 500); }), HasSubstr("more than the 500 allowed"));
}

}  // namespace
}  // namespace latent
