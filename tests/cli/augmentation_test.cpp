// latent train --augment: images that vary in training, as asked for or as the data allows.

#include "training_runs.hpp"

#include <latent/core/rng.hpp>
#include <latent/formats/npy.hpp>

#include <gmock/gmock.h>

namespace latent::test {
namespace {

using ::testing::HasSubstr;

class Augmenting : public TrainingTest {};

TEST_F(Augmenting, AugmentedImagesAreRememberedAndResumedToTheSameBits) {
  write_idx("images", 128);
  const auto augmented = [&](const char* run, const char* epochs) {
    return ok(train("images", run, {"--augment", "flip,shift:0.2", "--epochs", epochs}));
  };
  augmented("whole", "4");
  augmented("stopped", "2");
  ok({"resume", "stopped", "--epochs", "4"});
  expect_same_weights("whole", "stopped");
  EXPECT_EQ(json({"info", "whole"}).at("info").at("training").at("augment"), "flip,shift:0.2");
  ok(train("images", "plain", {"--epochs", "4"}));
  EXPECT_NE(metrics("plain").back().at("train"), metrics("whole").back().at("train"));
  fails(2, train("images", "bad", {"--augment", "flop"}), "did you mean 'flip'");
  fails(2, train("images", "bad", {"--augment", "shift:2"}), "--augment shift:2: shift needs the share");
  write_table("t.csv", 40);
  fails(2, train("t.csv", "bad", {"--label-column", "kind", "--augment", "flip"}),
        "flip, shift and cutout are for images");
  EXPECT_FALSE(fs::exists(path("bad")));
}

// Grey ramps of 12 x 12 that rise to the right, each with a height and steepness of its own; or each of them and then
// its mirror image.
void write_ramps(const std::string& path, bool both_ways) {
  constexpr int64_t kImages = 120, kSide = 12;
  Tensor x = Tensor::empty({kImages, kSide, kSide}, DType::u8);
  Rng rng(1);
  double from = 0.0, steep = 0.0;
  for (int64_t i = 0; i < kImages; ++i) {
    if (!both_ways || i % 2 == 0) from = 60.0 * rng.uniform(), steep = 4.0 + 8.0 * rng.uniform();
    for (int64_t at = 0; at < kSide * kSide; ++at) {
      const int64_t w = both_ways && i % 2 == 1 ? kSide - 1 - at % kSide : at % kSide;
      x.data<uint8_t>()[i * kSide * kSide + at] = static_cast<uint8_t>(from + steep * static_cast<double>(w));
    }
  }
  write_npy(path, x);
}

TEST_F(Augmenting, AutoVariesImagesAsTheDataAllows) {
  write_ramps(path("one.npy"), false);
  write_ramps(path("both.npy"), true);
  const std::vector<std::string> automatic = {"--augment", "auto", "--epochs", "2"};
  const ToolResult one = run(train("one.npy", "one", automatic)), both = run(train("both.npy", "both", automatic));
  EXPECT_THAT(one.err, HasSubstr("training images stay as they are (--augment auto): mirrored they are"));
  EXPECT_THAT(both.err, HasSubstr("training images vary at random by flip"));
  const nlohmann::json info = json({"info", "one"}).at("info"), other = json({"info", "both"}).at("info");
  EXPECT_EQ(info.at("training").at("augment"), "none");
  EXPECT_EQ(info.at("run").at("augmentation").at("name"), "auto");
  EXPECT_EQ(info.at("run").at("augmentation").at("chosen"), "none");
  EXPECT_GT(info.at("run").at("augmentation").at("flip"), 2.0);
  EXPECT_THAT(other.at("training").at("augment").get<std::string>(), testing::StartsWith("flip"));
  EXPECT_LT(other.at("run").at("augmentation").at("flip"), 1.15);
  EXPECT_THAT(ok({"info", "one"}), HasSubstr("augmentation auto, chosen none, flip"));
  // What was chosen is what is trained with, and what resume goes on with.
  ok(train("one.npy", "none", {"--augment", "none", "--epochs", "2"}));
  expect_same_weights("one", "none");
  ok({"resume", "both", "--epochs", "3"});
  const std::string chosen = other.at("training").at("augment");
  ok(train("both.npy", "chosen", {"--augment", chosen, "--epochs", "3"}));
  expect_same_weights("both", "chosen");
  EXPECT_EQ(json({"info", "both"}).at("info").at("training").at("augment"), chosen);
  write_table("t.csv", 40);
  fails(2, train("t.csv", "bad", {"--label-column", "kind", "--augment", "auto"}), "flip and shift are for images");
  EXPECT_FALSE(fs::exists(path("bad")));
}

TEST_F(Augmenting, ThePresetForPhotographsAsksTheData) {
  write_ramps(path("one.npy"), false);
  const auto report = json({"train", "one.npy", "--preset", "vae-photo", "--channels", "4", "--latent-dim", "2",
                            "--epochs", "1", "--batch", "8", "--out", "run", "--threads", "1"});
  EXPECT_EQ(report.at("augment"), "none");
  EXPECT_EQ(json({"info", "run"}).at("info").at("run").at("augmentation").at("chosen"), "none");
}

}  // namespace
}  // namespace latent::test
