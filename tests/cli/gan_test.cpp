// GANs on the command line: trained, sampled, searched for codes, edited, and refused where that makes no sense.

#include "tool.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace latent::test {
namespace {

using ::testing::HasSubstr;

class GanTool : public ToolTest {
 protected:
  // `gan`, of shapes; of one epoch, where nothing else is said.
  std::vector<std::string> train_gan(const std::vector<std::string>& steps = {"--epochs", "1"}) const {
    std::vector<std::string> arguments = {"train",     "shapes:200", "--model",      "gan", "--channels", "4,8",
                                          "--hidden",  "16",         "--latent-dim", "6",   "--out",      "gan",
                                          "--threads", "1"};
    arguments.insert(arguments.end(), steps.begin(), steps.end());
    return arguments;
  }
};

TEST_F(GanTool, TrainsAndIsUsedByEveryToolThatMakesSense) {
  const auto trained = json(train_gan());
  EXPECT_TRUE(trained.at("train").contains("generator.spread"));
  EXPECT_TRUE(trained.at("train").contains("critic.ranked"));
  EXPECT_EQ(trained.at("precision"), "f32");
  EXPECT_TRUE(fs::exists(path("gan/samples.png")));
  EXPECT_EQ(json({"info", "gan"}).at("config").at("model"), "gan");

  EXPECT_THAT(ok({"sample", "gan", "-n", "9", "-o", "s.png"}), HasSubstr("made by the generator"));
  ok({"sample", "gan", "-n", "200", "--truncation", "0.5", "-o", "s.npz"});
  for (const double value : npz("s.npz", "codes").to_vector()) EXPECT_LE(std::abs(value), 0.5);
  EXPECT_THAT(ok({"interpolate", "gan", "--from", "0", "--to", "3", "-o", "i.png"}), HasSubstr("spherical"));
  EXPECT_THAT(ok({"interpolate", "gan", "--from", "0", "--to", "3", "--path", "linear", "-o", "i.png"}),
              HasSubstr("linear"));
  ok({"traverse", "gan", "-o", "t.png"});
  ok({"map", "gan", "--method", "pca", "--inversion-steps", "2", "-o", "m.png"});
  ok({"anomalies", "gan", "--inversion-steps", "2", "-o", "a.csv"});
  EXPECT_TRUE(json({"evaluate", "gan", "--inversion-steps", "3"}).at("fit").contains("mse"));

  ok({"directions", "gan", "--sefa", "3", "--ganspace", "2", "-o", "own.npz", "--picture", "own.png"});
  // No code is searched for but those that are edited: to tell classes by all others would take minutes.
  const auto edited =
      json({"edit", "gan", "--directions", "own.npz", "--item", "0", "--set", "sefa1=2,space2=-1", "-o", "e.png"});
  EXPECT_FALSE(edited.at("edits").at(0).contains("class"));
  const auto summed = run({"arithmetic", "gan", "#1 - ids=0-149 + #2", "--split", "train", "--inversion-steps", "20",
                           "-o", "sum.png", "--json"});
  EXPECT_EQ(summed.status, 0) << summed.err;
  EXPECT_THAT(summed.err, HasSubstr("is taken over 100 of its 150 samples, because each code is searched for"));
  EXPECT_THAT(summed.out, HasSubstr("\"nearest\": null"));
  fails(2, {"compress", "gan", "-o", "c.lac"}, "cannot compress");
  fails(2, {"sample", "gan", "--draw", "-o", "x.png"}, "no noise to add");
  fails(2, {"evaluate", "gan", "--importance-samples", "5"}, "no bound on the likelihood");
  fails(2, {"directions", "gan", "--sefa", "7", "-o", "x.npz"}, "1 to 6 directions, got 7");
}

TEST_F(GanTool, HowLongItSearchesForCodesIsTheUsersChoice) {
  ok(train_gan());
  const auto evaluated = [&](const char* steps) { return json({"evaluate", "gan", "--inversion-steps", steps}); };
  const auto rough = evaluated("0"), fitted = evaluated("300");
  EXPECT_NE(rough.at("fit").at("mse"), fitted.at("fit").at("mse"));
  EXPECT_THAT(rough.at("protocol").get<std::string>(), HasSubstr("found in 0 steps"));
  EXPECT_EQ(json({"evaluate", "gan"}).at("fit"), fitted.at("fit"));  // 300 steps are the usual ones
}

TEST_F(GanTool, FindsLabelledDirectionsAmongItsOwnSamples) {
  ok(train_gan());
  ok({"train", "shapes:200", "--preset", "cnn-small", "--channels", "4,8", "--epochs", "1", "--out", "cnn"});
  const auto info = json({"predict", "cnn", "-o", "p.csv"});
  // Whatever the classifier says: half of the samples are one side of a threshold of the first code.
  ok({"sample", "gan", "-n", "100", "-o", "s.npz"});
  const auto found = json({"directions", "gan", "--generated", "100", "--attribute", "first=ids=0-49", "-o", "d.npz"});
  EXPECT_EQ(found.at("samples"), 100);
  EXPECT_EQ(found.at("directions").at(0).at("with"), 50);
  fails(2, {"directions", "gan", "--generated", "100", "--attribute", "a=label=square", "-o", "x.npz"}, "label");
  fails(2, {"directions", "gan", "shapes:200", "--generated", "100", "--attribute", "a=ids=0-9", "-o", "x.npz"},
        "in one or the other");
  fails(2,
        {"directions", "gan", "--generated", "100", "--classifier", "gan", "--attribute", "a=ids=0-9", "-o", "x.npz"},
        "knows no classes");
  const auto labelled = run(
      {"directions", "gan", "--generated", "400", "--classifier", "cnn", "--attribute", "a=label=0", "-o", "l.npz"});
  // A GAN of two epochs may make but one class; then it says so.
  if (labelled.status != 0) {
    EXPECT_THAT(labelled.err, HasSubstr("--attribute a=label=0"));
  }
}

TEST_F(GanTool, ResumedTrainingIsTheSame) {
  const auto train_for = [&](const std::string& out, const std::string& epochs) {
    std::vector<std::string> arguments = {"train",    "shapes:200", "--model", "gan", "--channels", "4,8",
                                          "--hidden", "16",         "--ema",   "0.9", "--schedule", "constant",
                                          "--epochs", epochs,       "--out",   out,   "--threads",  "1"};
    ok(arguments);
  };
  const auto samples_of = [&](const std::string& run) {
    ok({"sample", run, "-n", "8", "-o", "s.npy", "--threads", "1"});
    return read("s.npy");
  };
  train_for("whole", "2");
  train_for("part", "1");
  EXPECT_NE(samples_of("part"), samples_of("whole"));
  ok({"resume", "part", "--epochs", "2", "--threads", "1"});
  EXPECT_EQ(samples_of("part"), samples_of("whole"));
}

TEST_F(GanTool, TablesAndArraysToo) {
  write_table("t.csv", 200);
  ok({"train", "t.csv", "--drop", "kind", "--model", "gan", "--hidden", "16", "--epochs", "1", "--out", "run"});
  ok({"sample", "run", "-n", "5", "-o", "s.csv"});
}

TEST_F(GanTool, RefusesOptionsThatDoNothing) {
  const auto refused = [&](const std::vector<std::string>& more, const std::string& text) {
    std::vector<std::string> arguments = {"train", "shapes:100", "--out", "no"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    fails(2, arguments, text);
    EXPECT_FALSE(fs::exists(path("no")));
  };
  refused({"--model", "gan", "--beta", "2"}, "--beta does not fit a gan");
  refused({"--model", "gan", "--likelihood", "gaussian"}, "--likelihood does not fit a gan");
  refused({"--model", "gan", "--patience", "2"}, "do not say how good its samples are");
  refused({"--model", "gan", "--corrupt", "gaussian:0.1"}, "--corrupt does not fit a gan");
  refused({"--model", "gan", "--precision", "bf16"}, "does not fit a gan");
  refused({"--model", "gan", "--arch", "resnet"}, "network of a gan");
  refused({"--model", "gan", "--normalization", "batch"}, "normalised over batches");
  refused({"--model", "gan", "--adversarial", "hing"}, "did you mean 'hinge'");
  refused({"--model", "gan", "--adversarial", "hinge:-1"}, "gamma");
  refused({"--model", "gan", "--preset", "vae-mlp"}, "a model of another kind");
  refused({"--model", "classifier", "--critic-steps", "2"}, "does not fit a classifier");
  fails(2, {"train", "shapes:100", "--model", "gann", "--out", "no"}, "did you mean 'gan'");
}

TEST_F(GanTool, InversionStepsBelongToGans) {
  ok(train("shapes:100", "vae", {"--epochs", "1"}));
  fails(2, {"encode", "vae", "--inversion-steps", "3", "-o", "c.npy"}, "--inversion-steps is for GANs");
  fails(2, {"directions", "vae", "--sefa", "3", "-o", "d.npz"}, "--sefa is for GANs");
}

}  // namespace
}  // namespace latent::test
