// Objectives, priors and posteriors by the options of train, and what evaluate says of them.

#include "tool.hpp"

#include <gmock/gmock.h>

#include <sstream>

namespace latent::test {
namespace {

using ::testing::HasSubstr;

class Slots : public ToolTest {
 protected:
  nlohmann::json config_of(const std::vector<std::string>& options) const {
    fs::remove_all(path("run"));
    std::vector<std::string> more = options;
    more.insert(more.end(), {"--epochs", "1"});
    ok(train("images", "run", more));
    return json({"info", "run"}).at("config");
  }
  nlohmann::json last_epoch() const {
    std::stringstream stream(read("run/metrics.jsonl"));
    std::string line, last;
    while (std::getline(stream, line)) last = line;
    return nlohmann::json::parse(last);
  }
};

TEST_F(Slots, ObjectivesByName) {
  write_idx("images", 64);
  const auto iwae = config_of({"--objective", "iwae", "--num-samples", "7"});
  EXPECT_EQ(iwae.at("objective"), (nlohmann::json{{"name", "iwae"}, {"num_samples", 7}}));
  EXPECT_TRUE(json({"evaluate", "run", "--importance-samples", "3"}).at("nll").is_number());
  EXPECT_EQ(config_of({"--objective", "tc", "--beta", "3"}).at("objective").at("beta"), 3.0);
  EXPECT_TRUE(last_epoch().at("train").at("total_correlation").is_number());
  EXPECT_EQ(config_of({"--objective", "mmd"}).at("objective").at("lambda"), 1000.0);
  EXPECT_TRUE(last_epoch().at("train").at("mmd").is_number());
  EXPECT_EQ(config_of({"--num-samples", "2"}).at("objective").at("num_samples"), 2);
}

TEST_F(Slots, DropoutIsASettingOfTheNetwork) {
  write_idx("images", 64);
  EXPECT_EQ(config_of({"--dropout", "0.25"}).at("network").at("dropout"), 0.25);
  EXPECT_EQ(config_of({"--arch", "mlp", "--dropout", "0.5"}).at("network").at("dropout"), 0.5);
  EXPECT_FALSE(config_of({"--dropout", "0"}).at("network").contains("dropout"));
  fails(2, train("images", "other", {"--dropout", "1"}), "--dropout");
  fails(2, train("images", "other", {"--arch", "resnet", "--dropout", "0.5"}),
        "--dropout do not fit the network resnet");
}

TEST_F(Slots, PriorsWithTheirComponents) {
  write_idx("images", 64);
  const auto vamp = config_of({"--prior", "vamp:9"});
  EXPECT_EQ(vamp.at("prior"), (nlohmann::json{{"name", "vamp"}, {"components", 9}}));
  ok({"sample", "run", "-n", "4", "-o", "samples.png"});
  EXPECT_EQ(config_of({"--prior", "mixture:3", "--objective", "dreg"}).at("prior").at("components"), 3);
  fails(2, {"compress", "run", "images", "-o", "a.lac"}, "codes need prior 'normal'");
}

TEST_F(Slots, CodebooksAndTheirPerplexity) {
  write_idx("images", 64);
  const auto vq = config_of({"--posterior", "vq:8", "--latent-dim", "4"});
  EXPECT_EQ(vq.at("model"), "ae");
  EXPECT_EQ(vq.at("posterior").at("entries"), 8);
  EXPECT_EQ(vq.at("prior").at("name"), "fitted-gaussian");
  EXPECT_GT(last_epoch().at("train").at("perplexity").get<double>(), 1.0);
  const auto report = json({"evaluate", "run"});
  EXPECT_GE(report.at("perplexity").get<double>(), 1.0);
  EXPECT_LE(report.at("perplexity").get<double>(), 8.0);
  EXPECT_THAT(ok({"evaluate", "run"}), HasSubstr("of 8 entries of a codebook in use"));
  ok({"sample", "run", "-n", "4", "-o", "samples.png"});
  // An interrupted run's codebooks come back with it.
  ok({"resume", "run", "--epochs", "2"});
}

TEST_F(Slots, WhatDoesNotFitIsRefusedInOneLine) {
  write_idx("images", 32);
  const auto refused = [&](const std::vector<std::string>& options, const std::string& text) {
    fails(2, train("images", "run", options), text);
    EXPECT_FALSE(fs::exists(path("run")));
  };
  refused({"--objective", "iwea"}, "did you mean 'iwae'");
  refused({"--objective", "iwae", "--beta", "2"}, "'beta'");
  refused({"--objective", "iwae", "--posterior", "none"}, "use posterior 'gaussian'");
  refused({"--prior", "vamp:0"}, "--prior vamp:0: components");
  refused({"--prior", "normal:3"}, "prior 'normal' takes no setting");
  refused({"--posterior", "vq:256x"}, "--posterior vq:256x: codebooks: expected a whole number from 1");
  refused({"--posterior", "vq:256x7"}, "codebooks");
  refused({"--objective", "tc:stratifeid"}, "did you mean 'stratified'");
  refused({"--objective", "mmd:much"}, "--objective mmd:much: lambda: expected a number, got 'much'");
  refused({"--objective", "elbo:3"}, "objective 'elbo' takes no setting");
  refused({"--prior", "vamp", "--free-bits", "0.1"}, "prior 'normal'");
  refused({"--posterior", "vq", "--prior", "vamp"}, "fitted-gaussian");
  refused({"--binarize", "dinamic"}, "did you mean 'dynamic'");
  refused({"--binarize", "1.5"}, "--binarize 1.5");
}

TEST_F(Slots, SettingsOfChoicesComeAfterAColon) {
  write_idx("images", 64);
  EXPECT_EQ(config_of({"--objective", "tc:stratified", "--beta", "4"}).at("objective"),
            (nlohmann::json{{"name", "tc"}, {"beta", 4.0}, {"estimator", "stratified"}}));
  EXPECT_EQ(config_of({"--objective", "mmd:50"}).at("objective").at("lambda"), 50.0);
  const nlohmann::json posterior = config_of({"--posterior", "vq:16x3"}).at("posterior");
  EXPECT_EQ(posterior.at("entries"), 16);
  EXPECT_EQ(posterior.at("codebooks"), 3);
}

TEST_F(Slots, BitsDrawnFromGreyLevels) {
  write_idx("images", 64);
  EXPECT_EQ(config_of({"--binarize", "dynamic"}).at("model"), "vae");
  const auto info = json({"info", "run"});
  EXPECT_EQ(info.at("info").at("data").at("open").at("binarize"), "dynamic");
  // The bits that are evaluated are always the same ones, and values of 0 and 1 have bits.
  const auto first = json({"evaluate", "run"}), second = json({"evaluate", "run"});
  EXPECT_EQ(first.at("elbo"), second.at("elbo"));
  EXPECT_TRUE(first.at("bits_per_dim").is_number());
  ok({"resume", "run", "--epochs", "2"});
}

TEST_F(Slots, FactorsAreMeasuredWhereTheyAreKnown) {
  ok({"train", "shapes:200", "--out", "run", "--epochs", "1", "--arch", "mlp", "--hidden", "8", "--latent-dim", "3",
      "--threads", "1"});
  const auto factors = json({"evaluate", "run", "--factors"}).at("factors");
  for (const char* name : {"mig", "disentanglement", "completeness"}) {
    EXPECT_GE(factors.at(name).get<double>(), 0.0) << name;
    EXPECT_LE(factors.at(name).get<double>(), 1.0) << name;
  }
  EXPECT_EQ(factors.at("predicted").size(), 5u);
  EXPECT_FALSE(json({"evaluate", "run"}).contains("factors"));
  write_idx("images", 32);
  ok(train("images", "other", {"--epochs", "1"}));
  fails(2, {"evaluate", "other", "--factors"}, "the factors of this data are not known");
}

}  // namespace
}  // namespace latent::test
