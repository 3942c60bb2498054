// Classifiers on the command line: trained on labels, used by every tool that makes sense.

#include "tool.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace latent::test {
namespace {

using ::testing::HasSubstr;

class ClassifierTool : public ToolTest {
 protected:
  void train_on_shapes(int epochs) const {
    ok({"train", "shapes:400", "--out", "run", "--preset", "cnn-small", "--channels", "8,16", "--epochs",
        std::to_string(epochs), "--batch", "32", "--threads", "1"});
  }
};

TEST_F(ClassifierTool, LearnsAndPredictsAndIsJudged) {
  write_table("t.csv", 400);
  ok({"train", "t.csv", "--label-column", "kind", "--preset", "mlp", "--hidden", "32", "--epochs", "40", "--out", "run",
      "--threads", "1"});
  EXPECT_TRUE(fs::exists(path("run/confusion.png")));
  const auto report = json({"evaluate", "run", "--confusion", "c.png"});
  EXPECT_GT(report.at("accuracy").get<double>(), 0.7);  // chance: 1/3
  EXPECT_TRUE(fs::exists(path("c.png")));
  EXPECT_FALSE(report.contains("elbo"));
  int64_t on_diagonal = 0, all = 0;
  const auto& confusion = report.at("confusion");
  for (size_t r = 0; r < confusion.size(); ++r) {
    for (size_t c = 0; c < confusion.size(); ++c) {
      all += confusion[r][c].get<int64_t>();
      if (r == c) on_diagonal += confusion[r][c].get<int64_t>();
    }
  }
  EXPECT_EQ(all, report.at("samples").get<int64_t>());
  EXPECT_NEAR(report.at("accuracy").get<double>(), static_cast<double>(on_diagonal) / static_cast<double>(all), 1e-12);

  ok({"predict", "run", "-o", "p.csv"});
  EXPECT_THAT(read("p.csv"), ::testing::StartsWith("predicted,probability,p_"));
  ok({"predict", "run", "-o", "p.npz"});
  const Tensor p = npz("p.npz", "probabilities");
  EXPECT_EQ(p.dim(0), all);
  const std::vector<std::string> predicted = texts_of("p.npz", "predicted"), classes = texts_of("p.npz", "class_names");
  for (int64_t n = 0; n < p.dim(0); ++n) {
    const float* row = p.data<float>() + n * p.dim(1);
    double sum = 0.0;
    for (int64_t c = 0; c < p.dim(1); ++c) sum += row[c];
    EXPECT_NEAR(sum, 1.0, 1e-5);
    const auto best = static_cast<size_t>(std::max_element(row, row + p.dim(1)) - row);
    EXPECT_EQ(predicted[static_cast<size_t>(n)], classes[best]);
  }
}

TEST_F(ClassifierTool, ToolsOnCodesWorkAndTheOthersSayWhyNot) {
  train_on_shapes(1);
  ok({"encode", "run", "-o", "codes.npy"});
  EXPECT_EQ(npy("codes.npy").dim(1), 64);
  ok({"map", "run", "--method", "pca", "-o", "map.png"});
  ok({"neighbors", "run", "--query", "0,1", "-o", "n.csv"});
  ok({"cluster", "run", "-k", "2", "-o", "c.csv"});
  ok({"probe", "run", "--codes-only", "--method", "linear"});
  ok({"anomalies", "run", "-o", "a.csv"});
  fails(2, {"sample", "run", "-o", "s.png"}, "the model has no decoder");
  fails(2, {"reconstruct", "run", "-o", "s.png"}, "needs an encoder and a decoder");
  fails(2, {"compress", "run", "-o", "s.lac"}, "cannot compress");
  ok(train("shapes:100", "vae", {"--epochs", "1"}));
  fails(2, {"predict", "vae", "-o", "p.csv"}, "knows no classes");
  fails(2, {"evaluate", "vae", "--confusion", "c.png"}, "knows no classes");
  EXPECT_FALSE(fs::exists(path("p.csv")));
}

TEST_F(ClassifierTool, ResumedTrainingIsTheSame) {
  write_idx("bars", 200);
  const auto train_for = [&](const std::string& out, const std::string& epochs) {
    ok({"train", "bars", "--out", out, "--preset", "cnn-small", "--schedule", "constant", "--epochs", epochs,
        "--threads", "1"});
  };
  train_for("part", "2");
  train_for("whole", "4");
  ok({"resume", "part", "--epochs", "4", "--threads", "1"});
  const auto predictions = [&](const std::string& run) {
    ok({"predict", run, "-o", "p.csv"});
    return read("p.csv");
  };
  const std::string resumed = predictions("part");
  EXPECT_EQ(resumed, predictions("whole"));
}

// The samples that a run was trained on are lost if a result takes their place, whether the command reads them or not.
TEST_F(ClassifierTool, TheDataOfARunIsNeverWrittenOver) {
  write_table("t.csv", 60);
  ok({"train", "t.csv", "--drop", "kind", "--hidden", "8", "--epochs", "1", "--out", "run", "--threads", "1"});
  const std::string before = read("t.csv");
  fails(2, {"sample", "run", "-o", "t.csv"}, "t.csv");
  EXPECT_EQ(read("t.csv"), before);
}

TEST_F(ClassifierTool, TablesAreClassifiedToo) {
  write_table("t.csv", 300);
  ok({"train", "t.csv", "--label-column", "kind", "--model", "classifier", "--hidden", "16", "--epochs", "2", "--out",
      "run", "--threads", "1"});
  EXPECT_EQ(json({"info", "run"}).at("config").at("model"), "classifier");
  EXPECT_GE(json({"evaluate", "run"}).at("accuracy").get<double>(), 0.3);
}

TEST_F(ClassifierTool, WhatDoesNotFitIsRefusedInOneLine) {
  write_table("t.csv", 60);
  write_idx("bars", 40);
  const auto refused = [&](std::vector<std::string> options, const std::string& text) {
    options.insert(options.begin(), "train");
    options.insert(options.end(), {"--out", "run"});
    fails(2, options, text);
    EXPECT_FALSE(fs::exists(path("run")));
  };
  refused({"t.csv", "--drop", "kind", "--model", "classifier"}, "learns from labels, and the data has none");
  refused({"t.csv", "--label-column", "kind", "--preset", "cnn"}, "convolutions need images");
  refused({"bars", "--model", "clasifier"}, "did you mean 'classifier'");
  refused({"bars", "--model", "classifier", "--beta", "2"}, "--beta does not fit a classifier");
  refused({"bars", "--model", "classifier", "--preset", "vae-mlp"}, "a model of another kind");
  refused({"bars", "--model", "vae", "--preset", "cnn"}, "a model of another kind");
  refused({"bars", "--preset", "cnn", "--hidden", "3"}, "it takes --channels");
  refused({"bars", "--preset", "cnn", "--channels", "4,4,4,4,4"}, "sides of at least 16 pixels, got 8 x 8");
  refused({"bars", "--label-smoothing", "0.1"}, "belongs to classifiers");
  std::string rows = "id,a,b\n";
  for (int i = 0; i < 150; ++i)
    rows += "n" + std::to_string(i) + "," + std::to_string(i % 7) + "," + std::to_string(i) + "\n";
  std::ofstream(path("id.csv")) << rows;
  const ToolResult result =
      run({"train", "id.csv", "--label-column", "id", "--model", "classifier", "--out", "run"});  // after a warning
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("150 classes are too many for a classifier"));
  EXPECT_FALSE(fs::exists(path("run")));
  ok({"train", "bars", "--model", "ae", "--hidden", "8", "--arch", "mlp", "--epochs", "1", "--out", "plain"});
  EXPECT_EQ(json({"info", "plain"}).at("config").at("model"), "ae");
}

}  // namespace
}  // namespace latent::test
