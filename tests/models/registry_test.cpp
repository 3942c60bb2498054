#include <tests/models/model_helpers.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/detail/json_value.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace latent {
namespace {

using nlohmann::json;
using test::build;
using test::preset_config;
using test::uniform_data;
using testing::HasSubstr;

const json kSmall = {{"model", "vae"},
                     {"data_shape", {6}},
                     {"latent_dim", 2},
                     {"network", {{"name", "mlp"}, {"hidden", {5}}}},
                     {"likelihood", {{"name", "bernoulli"}}}};

std::string message_for(const json& config) {
  try {
    build(config);
  } catch (const std::invalid_argument& e) {
    EXPECT_THAT(e.what(), testing::Not(HasSubstr("\n")));
    return e.what();
  }
  return "nothing thrown";
}

json with(const char* pointer, const json& value) {
  json config = kSmall;
  config[json::json_pointer(pointer)] = value;
  return config;
}

TEST(Presets, EachBuildsTrainsOneStepAndComesBackFromItsConfig) {
  for (const Preset& p : presets()) {
    SCOPED_TRACE(p.name);
    const json config = preset_config(p.name, {1, 28, 28});
    const Shape sample = test::shape_in(config);
    const auto model = build(config);
    Rng rng(0);
    // Within the KL's warm-up, so that what a prior learns gets a gradient too.
    const LossTerms terms = model->loss({.x = uniform_data(sample, 4), .input = {}, .labels = {0, 1, 2, 9}},
                                        {.rng = rng, .mode = nn::Mode::train, .epoch = 1.0});
    EXPECT_TRUE(std::isfinite(mean(terms.loss).item()));
    for (const Phase& phase : model->phases()) {
      const LossTerms of_phase = phase.loss({.x = uniform_data(sample, 4), .input = {}, .labels = {0, 1, 2, 9}},
                                            {.rng = rng, .mode = nn::Mode::train, .epoch = 1.0});
      backward(mean(of_phase.loss));
    }
    for (const nn::NamedTensor& t : model->parameters()) {
      const bool is_calibrated = t.name == "likelihood.logvar";  // a scale that is computed, not descended to
      EXPECT_EQ(t.tensor.grad().defined(), !is_calibrated) << t.name;
    }
    EXPECT_EQ(build(*model->config())->config(), model->config());
    const json training = json::parse(p.training);
    EXPECT_TRUE(training.contains("epochs") && training.contains("batch") && training.contains("lr"));
    EXPECT_FALSE(p.description.empty());
  }
}

TEST(Presets, AreWhatTheirNamesPromise) {
  // 784-400-20: weights and biases of four layers, the head with mu and logvar.
  EXPECT_EQ(build(preset_config("vae-mlp", {1, 28, 28}))->num_parameters(),
            784 * 400 + 400 + 400 * 40 + 40 + 20 * 400 + 400 + 400 * 784 + 784);
  EXPECT_EQ(json::parse(preset("vae-mlp-deep").training)["epochs"], 5);
  EXPECT_EQ(json::parse(preset("vae-mlp-deep").training)["batch"], 64);
  EXPECT_EQ(build(preset_config("ae-conv", {3, 32, 32}))->kind(), "ae");
  EXPECT_EQ(build(preset_config("dae-conv", {1, 28, 28}))->latent_dim(), 128);
  EXPECT_EQ(json::parse(preset("dae-conv").training)["corrupt"], "gaussian:0.5");
  EXPECT_THROW(preset("vae-mpl"), std::invalid_argument);
}

TEST(MakeModel, FillsInDefaults) {
  const json config = *build(kSmall)->config();
  EXPECT_EQ(config["posterior"]["name"], "gaussian");
  EXPECT_EQ(config["prior"]["name"], "normal");
  EXPECT_EQ(config["objective"]["beta"], 1.0);
  EXPECT_EQ(config["network"]["activation"], "relu");
  const json plain = *build(with("/model", "ae"))->config();
  EXPECT_EQ(plain["posterior"]["name"], "none");
  EXPECT_EQ(plain["prior"]["name"], "fitted-gaussian");
}

TEST(MakeModel, SameSeedSameWeights) {
  const auto a = build(kSmall, 4), b = build(kSmall, 4), c = build(kSmall, 5);
  EXPECT_EQ(a->state()[0].tensor.to_vector(), b->state()[0].tensor.to_vector());
  EXPECT_NE(a->state()[0].tensor.to_vector(), c->state()[0].tensor.to_vector());
}

// Also the weights that belong to a likelihood, and whatever the likelihood, the network has the weights of its seed.
TEST(MakeModel, TheSeedReachesAllWeights) {
  json causal = preset_config("vae-lossless", {1, 8, 8});
  const auto weights = [&](const json& config, uint64_t seed) {
    std::map<std::string, std::vector<double>> all;
    for (const auto& [name, tensor] : build(config, seed)->state()) all[name] = tensor.to_vector();
    return all;
  };
  const auto a = weights(causal, 4), b = weights(causal, 4), c = weights(causal, 5);
  EXPECT_EQ(a, b);
  int of_likelihood = 0;
  for (const auto& [name, values] : a) {
    if (name.find("weight") == std::string::npos) continue;
    const bool all_equal = std::ranges::all_of(values, [&](double v) { return v == values[0]; });
    if (all_equal) continue;  // of a normalisation
    EXPECT_NE(values, c.at(name)) << name;
    of_likelihood += name.starts_with("likelihood.");
  }
  EXPECT_GT(of_likelihood, 2);
  // Another depth of the causal network leaves those of the encoder alone.
  causal["likelihood"]["layers"] = 1;
  EXPECT_EQ(weights(causal, 4).begin()->second, a.begin()->second);
}

TEST(MakeModel, UnknownNamesAndKeysGetTheNearestValidOne) {
  EXPECT_THAT(message_for(with("/model", "vea")), HasSubstr("did you mean 'vae'"));
  EXPECT_THAT(message_for(with("/latent_dims", 2)), HasSubstr("did you mean 'latent_dim'"));
  EXPECT_THAT(message_for(with("/network/hiden", 2)), HasSubstr("did you mean 'hidden'"));
  EXPECT_THAT(message_for(with("/network/name", "mpl")), HasSubstr("did you mean 'mlp'"));
  EXPECT_THAT(message_for(with("/network/activation", "rleu")), HasSubstr("did you mean 'relu'"));
  EXPECT_THAT(message_for(with("/network/normalization", "bach")), HasSubstr("did you mean 'batch'"));
  EXPECT_THAT(message_for(with("/posterior", {{"name", "gausian"}})), HasSubstr("did you mean 'gaussian'"));
}

TEST(MakeModel, SlotsThatMakeNoSenseTogetherAreRefusedWithAdvice) {
  EXPECT_THAT(message_for(with("/prior", {{"name", "fitted-gaussian"}})), HasSubstr("use prior 'normal'"));
  EXPECT_THAT(message_for(with("/posterior", {{"name", "none"}})), HasSubstr("fitted-gaussian"));
  json plain = with("/model", "ae");
  plain["prior"] = {{"name", "normal"}};
  EXPECT_THAT(message_for(plain), HasSubstr("use prior 'fitted-gaussian'"));
  plain = with("/model", "ae");
  plain["objective"] = {{"name", "elbo"}, {"beta", 4.0}};
  EXPECT_THAT(message_for(plain), HasSubstr("posterior 'none' does not have"));
  plain["objective"] = {{"name", "elbo"}, {"beta", 1.0}};
  EXPECT_EQ(message_for(plain), "nothing thrown");
  plain["posterior"] = {{"name", "gaussian"}};
  EXPECT_THAT(message_for(plain), HasSubstr("'vae'"));
  json table = kSmall;
  table["network"] = {{"name", "conv"}};
  EXPECT_THAT(message_for(table), HasSubstr("use network 'mlp'"));
}

TEST(MakeModel, NothingInAConfigCrashes) {
  const std::vector<json> values = {nullptr,
                                    true,
                                    -1,
                                    0,
                                    1.5,
                                    1e300,
                                    std::numeric_limits<int64_t>::max(),
                                    std::numeric_limits<uint64_t>::max(),
                                    "",
                                    "\n\x01",
                                    std::string(5000, 'x'),
                                    json::array(),
                                    json::array({json::array()}),
                                    json::array({nullptr, "a"}),
                                    json::array({-5}),
                                    json::array({0, 0, 0}),
                                    json::array({1LL << 24, 1LL << 24, 1LL << 24}),
                                    json::array({1, 1, 1, 1, 1, 1, 1, 1, 1}),
                                    json::object(),
                                    json{{"name", nullptr}},
                                    json{{"name", "no such"}},
                                    json{{"name", "gaussian"}, {"scale", json::array()}}};
  for (const char* pointer :
       {"/model", "/data_shape", "/latent_dim", "/network", "/network/name", "/network/hidden", "/network/activation",
        "/network/normalization", "/posterior", "/prior", "/likelihood", "/objective", "/network/channels"}) {
    for (const json& value : values) {
      const std::string message = message_for(with(pointer, value));
      EXPECT_NE(message, "") << pointer << " " << value;
      EXPECT_LT(message.size(), 400u) << message;
    }
    json without = with(pointer, 1);
    const json::json_pointer p(pointer);
    without[p.parent_pointer()].erase(p.back());
    message_for(without);
  }
  for (const json& value : values) EXPECT_NE(message_for(value), "nothing thrown") << value;
}

TEST(MakeModel, SizesThatNoMachineHoldsAreRefusedBeforeAllocation) {
  EXPECT_THAT(message_for(with("/network/hidden", {1 << 24, 1 << 24})), HasSubstr("more than"));
  EXPECT_THAT(message_for(with("/data_shape", {1 << 18})), HasSubstr("nothing thrown"));
  json config = with("/latent_dim", 1 << 20);
  config["network"]["hidden"] = {1 << 20};
  EXPECT_THAT(message_for(config), HasSubstr("more than"));
  json conv = with("/data_shape", {1, 4096, 4096});
  conv["network"] = {{"name", "conv"}, {"channels", {65536, 65536}}, {"kernel", 64}, {"stride", 1}};
  EXPECT_THAT(message_for(conv), HasSubstr("more than"));
  json plain = with("/model", "ae");
  plain["latent_dim"] = 1 << 20;
  EXPECT_THAT(message_for(plain), HasSubstr("latent_dim must be from 1 to 4096"));
  Rng rng(0);
  EXPECT_THROW(make_model(kSmall, rng, 10), std::invalid_argument);
}

}  // namespace
}  // namespace latent
