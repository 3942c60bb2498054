// latent evaluate --features: how far new samples can pass for data.

#include "tool.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace latent::test {
namespace {

class QualityTool : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    write_idx("bars", 200);
    write_idx("bars", 60, 8, "t10k");
    ok({"train", "bars", "--preset", "mlp", "--hidden", "16", "--latent-dim", "8", "--epochs", "3", "--out", "judge",
        "--threads", "1"});
    ok(train("bars", "vae", {"--epochs", "1"}));
  }
};

TEST_F(QualityTool, SaysDistanceFloorPrecisionRecallAndClasses) {
  const auto report = json({"evaluate", "vae", "--features", "judge", "--samples", "100"});
  const auto& found = report.at("generated_samples");
  EXPECT_GT(found.at("frechet_distance"), found.at("frechet_floor"));  // one epoch is no good model
  EXPECT_GE(found.at("frechet_floor"), 0.0);
  EXPECT_EQ(found.at("samples"), 100);
  EXPECT_EQ(found.at("compared_with"), 60);
  EXPECT_EQ(found.at("features").at("dims"), 8);
  EXPECT_EQ(found.at("features").at("recipe").at("config").at("model"), "classifier");
  EXPECT_EQ(found.at("features").at("recipe").at("training").at("epochs"), 3);
  EXPECT_EQ(found.at("features").at("accuracy"), json({"evaluate", "judge"}).at("accuracy"));
  double sum = 0.0, least = 1.0;
  for (const auto& [name, share] : found.at("classes").items()) {
    sum += share.get<double>();
    least = std::min(least, share.get<double>());
  }
  EXPECT_NEAR(sum, 1.0, 1e-9);
  EXPECT_EQ(found.at("least_class").get<double>(), least);
  EXPECT_THAT(found.at("protocol").get<std::string>(), ::testing::HasSubstr("seed 0"));
  // The same seed says the same, another one does not.
  EXPECT_EQ(json({"evaluate", "vae", "--features", "judge", "--samples", "100"}).at("generated_samples"), found);
  EXPECT_NE(json({"evaluate", "vae", "--features", "judge", "--samples", "100", "--seed", "1"})
                .at("generated_samples")
                .at("frechet_distance"),
            found.at("frechet_distance"));
  EXPECT_THAT(ok({"evaluate", "vae", "--features", "judge", "--samples", "100"}),
              ::testing::HasSubstr("frechet distance"));
}

TEST_F(QualityTool, WhatDoesNotFitIsRefusedInOneLine) {
  const auto refused = [&](const std::vector<std::string>& more, const std::string& text) {
    std::vector<std::string> words = {"evaluate"};
    words.insert(words.end(), more.begin(), more.end());
    fails(2, words, text);
  };
  refused({"vae", "--samples", "100"}, "--features");
  refused({"vae", "--features", "vae"}, "a model of kind 'vae', where a classifier is needed");
  refused({"judge", "--features", "judge"}, "the model has no decoder");
  refused({"vae", "--features", "judge", "--samples", "8"}, "the covariance of 8 features needs at least 9 samples");
  write_idx("small", 40, 6);
  write_idx("other", 90);
  for (const std::string data : {"small", "other"}) {
    ok({"train", data, "--preset", "mlp", "--hidden", "8", "--latent-dim", "4", "--epochs", "1", "--out",
        "judge_" + data, "--threads", "1"});
  }
  refused({"vae", "--features", "judge_small"}, "but the model makes (1, 8, 8)");
  refused({"vae", "--features", "judge_other"}, "trained on");
  ok({"train", "bars", "--binarize", "0.5", "--preset", "mlp", "--hidden", "8", "--latent-dim", "4", "--epochs", "1",
      "--out", "binary", "--threads", "1"});
  refused({"vae", "--features", "binary"}, "in another way");
  write_idx("few", 60);
  write_idx("few", 8, 8, "t10k");
  ok({"train", "few", "--preset", "mlp", "--hidden", "8", "--latent-dim", "8", "--epochs", "1", "--out", "judge_few",
      "--threads", "1"});
  ok(train("few", "vae_few", {"--epochs", "1"}));
  refused({"vae_few", "--features", "judge_few"}, "few: the covariance of 8 features needs");
}

}  // namespace
}  // namespace latent::test
