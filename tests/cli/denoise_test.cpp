// Training on damaged inputs, and cleaning with what was trained.

#include "tool.hpp"

#include <latent/core/rng.hpp>
#include <latent/formats/csv.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/npy.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

namespace latent::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class DenoiseTool : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    write_idx("images", 300);
  }
  void train_denoiser() const {
    ok(train("images", "run", {"--epochs", "12", "--batch", "16", "--lr", "0.003", "--corrupt", "gaussian:0.3"}));
  }
  Tensor picture(const std::string& name) const {
    const auto file = MappedFile::open(path(name));
    return read_image(file->bytes(), file->path());
  }
};

double mean_psnr(const Tensor& x_hat, const Tensor& x) {
  double sum = 0.0;
  const int64_t pixels = x.numel() / x.dim(0);
  for (int64_t n = 0; n < x.dim(0); ++n) {
    double squares = 0.0;
    for (int64_t i = n * pixels; i < (n + 1) * pixels; ++i) {
      squares += std::pow(double{x_hat.data<float>()[i]} - double{x.data<float>()[i]}, 2);
    }
    sum -= 10.0 * std::log10(squares / static_cast<double>(pixels));
  }
  return sum / static_cast<double>(x.dim(0));
}

TEST_F(DenoiseTool, TrainingOnDamageIsRememberedEverywhere) {
  train_denoiser();
  EXPECT_EQ(json({"info", "run"}).at("info").at("training").at("corrupt"), "gaussian:0.3");
  EXPECT_THAT(ok({"info", "run"}), HasSubstr("corrupt gaussian:0.3"));
  const auto figures = json({"evaluate", "run"});
  EXPECT_EQ(figures.at("corrupt"), "gaussian:0.3");
  EXPECT_THAT(figures.at("protocol").get<std::string>(), HasSubstr("codes of samples damaged by gaussian:0.3"));
  // Whatever training chose to compute in: the same figures again.
  const auto trained = json({"resume", "run"});
  const auto again = json({"evaluate", "run", "--precision", trained.at("precision").get<std::string>()});
  EXPECT_NEAR(again.at("elbo").get<double>(), trained.at("validation").at("elbo").get<double>(), 1e-3);
  const auto clean = json({"evaluate", "run", "--corrupt", "none"});
  EXPECT_EQ(clean.at("corrupt"), "none");
  EXPECT_THAT(clean.at("protocol").get<std::string>(), Not(HasSubstr("damaged")));
  EXPECT_NE(clean.at("elbo"), figures.at("elbo"));
  ok(train("images", "plain", {"--epochs", "1"}));
  EXPECT_EQ(json({"evaluate", "plain"}).at("corrupt"), "none");
}

TEST_F(DenoiseTool, InterruptedRunsAreContinuedWithTheirDamage) {
  ok(train("images", "whole", {"--epochs", "3", "--corrupt", "mask:0.1-0.4,gaussian:0.1"}));
  ok(train("images", "parts", {"--epochs", "2", "--corrupt", "mask:0.1-0.4,gaussian:0.1"}));
  ok({"resume", "parts", "--epochs", "3"});
  ok({"encode", "whole", "-o", "whole.npy"});
  ok({"encode", "parts", "-o", "parts.npy"});
  EXPECT_EQ(read("whole.npy"), read("parts.npy"));
}

TEST_F(DenoiseTool, CleansAndMeasures) {
  ok(train("images", "run",
           {"--posterior", "none", "--hidden", "64", "--latent-dim", "12", "--epochs", "60", "--batch", "16", "--lr",
            "0.003", "--corrupt", "gaussian:0.3"}));
  const auto report = json({"denoise", "run", "images", "--split", "all", "--corrupt", "gaussian:0.3", "-o", "a.npz"});
  EXPECT_EQ(report.at("samples"), 300);
  EXPECT_EQ(report.at("corrupt"), "gaussian:0.3");
  EXPECT_EQ(report.at("draws"), nullptr);
  EXPECT_THAT(report.at("protocol").get<std::string>(), HasSubstr("peak of 1"));
  const Tensor x_hat = npz("a.npz", "x_hat"), x = npz("a.npz", "x"), clean = npz("a.npz", "clean");
  ASSERT_EQ(x_hat.shape(), Shape({300, 1, 8, 8}));
  EXPECT_NEAR(report.at("psnr").at("before").at("mean").get<double>(), mean_psnr(x, clean), 1e-5);
  EXPECT_NEAR(report.at("psnr").at("after").at("mean").get<double>(), mean_psnr(x_hat, clean), 1e-5);
  EXPECT_GT(report.at("psnr").at("after").at("mean").get<double>(),
            report.at("psnr").at("before").at("mean").get<double>() + 1.0);
  EXPECT_GT(report.at("ssim").at("after").at("median").get<double>(),
            report.at("ssim").at("before").at("median").get<double>());

  // The same damage from a file, with the clean copy beside it: the same figures.
  write_npy(path("noisy.npy"), x);
  const auto again = json({"denoise", "run", "noisy.npy", "--clean", "images", "--split", "all", "-o", "b.npy"});
  EXPECT_EQ(again.at("psnr"), report.at("psnr"));
  EXPECT_EQ(again.at("ssim"), report.at("ssim"));
  EXPECT_EQ(again.at("clean"), "images");
  EXPECT_EQ(npy("b.npy").to_vector(), x_hat.to_vector());
  // Nothing is measured where nothing is known.
  const auto blind = json({"denoise", "run", "noisy.npy", "-o", "c.npy"});
  EXPECT_FALSE(blind.contains("psnr"));
  EXPECT_EQ(read("b.npy"), read("c.npy"));
}

// An image that equals its clean copy has an infinite PSNR, which says nothing of the others.
TEST_F(DenoiseTool, AResultBelowItsInputIsSaid) {
  train_denoiser();
  // Hardly damaged at all: what comes through a code is further from the truth.
  const ToolResult worse = run({"denoise", "run", "images", "--corrupt", "gaussian:0.01", "-o", "x.npy", "--json"});
  ASSERT_EQ(worse.status, 0) << worse.err;
  EXPECT_THAT(worse.err, HasSubstr("further from the clean copy than its input was (PSNR"));
  EXPECT_THAT(worse.err, HasSubstr("it was trained on gaussian:0.3: train with --corrupt gaussian:0.01"));
  const auto report = nlohmann::json::parse(worse.out);
  EXPECT_EQ(report.at("worse"), true);
  EXPECT_EQ(report.at("by"), "the code");
  EXPECT_LT(report.at("psnr").at("after").at("mean").get<double>(),
            report.at("psnr").at("before").at("mean").get<double>());

  const ToolResult better = run({"denoise", "run", "images", "--corrupt", "gaussian:1", "-o", "x.npy", "--json"});
  EXPECT_THAT(better.err, Not(HasSubstr("further from the clean copy")));
  EXPECT_EQ(nlohmann::json::parse(better.out).at("worse"), false);
}

TEST_F(DenoiseTool, ANetworkWithSkipConnectionsKeepsWhatACodeCannotHold) {
  // Noise of its own in every image: nothing that three numbers could hold.
  Tensor x = Tensor::empty({60, 1, 16, 16});
  Rng(2).uniform(x.span<float>());
  write_npy(path("noise.npy"), x);
  ok({"train",    "noise.npy", "--preset",     "dae-conv", "--channels", "4",
      "--hidden", "8",         "--latent-dim", "3",        "--corrupt",  "salt-pepper:0.1",
      "--epochs", "1",         "--batch",      "8",        "--threads",  "1",
      "--out",    "skips"});
  const auto report = json({"denoise", "skips", "noise.npy", "--split", "all", "-o", "c.npy"});
  EXPECT_EQ(report.at("by"), "skip connections");
  EXPECT_GT(report.at("samples"), 0);
  const auto cleaned =
      json({"denoise", "skips", "noise.npy", "--split", "all", "--corrupt", "salt-pepper:0.1", "-o", "c.npy"});
  EXPECT_EQ(cleaned.at("worse"), false);
  // The tools for codes go on working.
  ok({"encode", "skips", "noise.npy", "--split", "all", "-o", "z.npy"});
  EXPECT_EQ(npy("z.npy").shape(), Shape({60, 3}));
}

TEST_F(DenoiseTool, ImagesThatAreEqualAreCounted) {
  train_denoiser();
  ok({"denoise", "run", "images", "--split", "all", "--corrupt", "gaussian:0.3", "-n", "8", "-o", "a.npz"});
  Tensor noisy = npz("a.npz", "x").clone(), clean = npz("a.npz", "clean");
  noisy.rows(0, 3).copy_from(clean.rows(0, 3));
  write_npy(path("noisy.npy"), noisy);
  write_npy(path("clean.npy"), clean);
  const auto report = json({"denoise", "run", "noisy.npy", "--clean", "clean.npy", "-o", "b.npy"});
  EXPECT_EQ(report.at("psnr").at("before").at("equal"), 3);
  EXPECT_EQ(report.at("psnr").at("after").at("equal"), 0);
  EXPECT_NEAR(report.at("psnr").at("before").at("mean").get<double>(), mean_psnr(noisy.rows(3, 8), clean.rows(3, 8)),
              1e-5);
  EXPECT_TRUE(report.at("psnr").at("before").at("median").is_number());
  EXPECT_THAT(ok({"denoise", "run", "noisy.npy", "--clean", "clean.npy", "-o", "b.npy"}),
              HasSubstr("without 3 that are equal"));
  const auto same = json({"denoise", "run", "clean.npy", "--clean", "clean.npy", "-o", "b.npy"});
  EXPECT_TRUE(same.at("psnr").at("before").at("mean").is_null());
  EXPECT_EQ(same.at("psnr").at("before").at("equal"), 8);
}

TEST_F(DenoiseTool, TheRunsOwnDataIsDamagedAsInTraining) {
  train_denoiser();
  const auto report = json({"denoise", "run", "-o", "a.png"});
  EXPECT_EQ(report.at("corrupt"), "gaussian:0.3");
  EXPECT_EQ(report.at("split"), "validation");
  EXPECT_EQ(report.at("samples"), 30);
  ok(train("images", "plain", {"--epochs", "1"}));
  EXPECT_THAT(fails(2, {"denoise", "plain", "-o", "b.png"}, "what is to be cleaned?"), HasSubstr("--corrupt"));
  EXPECT_EQ(json({"denoise", "plain", "--corrupt", "mask:0.5", "-o", "b.png"}).at("corrupt"), "mask:0.5");
}

TEST_F(DenoiseTool, WritesEveryForm) {
  train_denoiser();
  ok({"denoise", "run", "images", "--corrupt", "gaussian:0.3", "-o", "three.png", "-n", "4"});
  ok({"denoise", "run", "three.png", "--size", "8x8", "--grayscale", "-o", "one.npy"});
  EXPECT_EQ(npy("one.npy").shape(), Shape({1, 1, 8, 8}));
  // Damaged above cleaned above clean, and without the clean copy two rows.
  ok({"denoise", "run", "images", "-o", "two.png", "-n", "4"});
  EXPECT_EQ(picture("three.png").dim(2), picture("two.png").dim(2));
  EXPECT_GT(picture("three.png").dim(1), picture("two.png").dim(1));
  ok({"denoise", "run", "images", "-o", "folder", "-n", "5"});
  EXPECT_EQ(std::distance(fs::directory_iterator(path("folder")), fs::directory_iterator()), 5);
  // A folder of pictures comes in as well.
  EXPECT_EQ(json({"denoise", "run", "folder", "-o", "again.npy"}).at("samples"), 5);
  fails(2, {"denoise", "run", "images", "-o", "folder"}, "exists and is not empty");
  fails(2, {"denoise", "run", "images", "-o", "a.csv"}, "are images");
  fails(2, {"denoise", "run", "images", "-o", "a.gif"}, "this command writes");
}

TEST_F(DenoiseTool, DrawsAreAveragedBySeed) {
  train_denoiser();
  const std::vector<std::string> base = {"denoise", "run", "images", "--corrupt", "gaussian:0.3"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), base.begin(), base.end());
    return more;
  };
  EXPECT_EQ(json(with({"--samples", "3", "--seed", "1", "-o", "a.npy"})).at("draws"), 3);
  ok(with({"--samples", "3", "--seed", "1", "-o", "b.npy", "--threads", "1"}));
  ok(with({"--samples", "3", "--seed", "2", "-o", "c.npy"}));
  ok(with({"--seed", "1", "-o", "d.npy"}));
  EXPECT_EQ(read("a.npy"), read("b.npy"));
  EXPECT_NE(read("a.npy"), read("c.npy"));
  EXPECT_NE(read("a.npy"), read("d.npy"));
  ok(train("images", "ae", {"--epochs", "1", "--posterior", "none", "--corrupt", "mask:0.25"}));
  fails(2, {"denoise", "ae", "--samples", "3", "-o", "e.npy"}, "of kind 'ae'");
  ok({"denoise", "ae", "-o", "e.npy"});
}

TEST_F(DenoiseTool, TablesAreCleanedInTheirUnits) {
  write_table("table.csv", 400);
  ok(train("table.csv", "table",
           {"--label-column", "kind", "--epochs", "30", "--likelihood", "gaussian:0.3", "--batch", "16", "--corrupt",
            "gaussian:0.5,mask:0.1"}));
  const auto report =
      json({"denoise", "table", "table.csv", "--split", "all", "--corrupt", "gaussian:0.5", "-o", "clean.csv"});
  EXPECT_FALSE(report.contains("psnr"));
  // The mean over rows of a root mean square of three draws: somewhat below 0.5.
  EXPECT_NEAR(report.at("rmse").at("before").at("mean").get<double>(), 0.46, 0.05);
  EXPECT_LT(report.at("rmse").at("after").at("mean").get<double>(),
            report.at("rmse").at("before").at("mean").get<double>());
  const auto file = MappedFile::open(path("clean.csv"));
  const CsvTable cleaned = read_csv(file->bytes(), "clean.csv");
  EXPECT_EQ(cleaned.column_names, (std::vector<std::string>{"a", "b", "c", "data_index"}));
  EXPECT_EQ(cleaned.rows, 400);
  for (const double a : cleaned.numbers[0]) EXPECT_NEAR(a, 100.0, 120.0);
  ok({"denoise", "table", "--corrupt", "mask:0.3", "-o", "rows.png"});
  fails(2, {"denoise", "table", "--corrupt", "blur:1", "-o", "a.csv"}, "blur needs images");
  fails(2, {"denoise", "table", "--corrupt", "salt-pepper:0.1", "-o", "a.csv"}, "means nothing in a table");
  fails(2, {"denoise", "table", "-o", "folder"}, "a folder holds one picture each");
  fails(2, train("table.csv", "other", {"--label-column", "kind", "--corrupt", "blur:1"}), "blur needs images");
  EXPECT_FALSE(fs::exists(path("other")));
}

TEST_F(DenoiseTool, SmallImagesHaveNoSsim) {
  write_idx("small", 40, 6);
  ok(train("small", "run", {"--epochs", "1", "--corrupt", "mask:0.2"}));
  const auto report = json({"denoise", "run", "-o", "a.npy"});
  EXPECT_TRUE(report.contains("psnr"));
  EXPECT_FALSE(report.contains("ssim"));
}

TEST_F(DenoiseTool, RefusesWhatMakesNoSense) {
  const auto refused = [this](const std::vector<std::string>& arguments, const std::string& text) {
    const auto before = listing();
    fails(2, arguments, text);
    EXPECT_EQ(listing(), before);
  };
  for (const auto& [text, message] : {std::pair<std::string, std::string>{"gausian:0.3", "did you mean 'gaussian'?"},
                                      {"gaussian:-1", "--corrupt gaussian:-1: gaussian takes a standard deviation"},
                                      {"mask:2", "mask takes a probability in (0, 1)"},
                                      {"blur", "blur needs a standard deviation in pixels"}}) {
    refused(train("images", "run", {"--corrupt", text}), message);
    refused({"denoise", "run", "--corrupt", text, "-o", "a.png"}, message);
    refused({"evaluate", "run", "--corrupt", text}, message);
  }
  ok(train("images", "run", {"--epochs", "1", "--corrupt", "mask:0.2"}));
  write_idx("fewer", 7);
  write_idx("larger", 300, 10);
  Tensor bright = Tensor::full({7, 1, 8, 8}, 3.0);
  write_npy(path("bright.npy"), bright);
  bright.data<float>()[100] = std::nanf("");
  write_npy(path("nan.npy"), bright);
  refused({"denoise", "run", "images", "--split", "all", "--clean", "fewer", "-o", "a.png"}, "fewer");
  refused({"denoise", "run", "fewer", "--clean", "images", "-o", "a.png"}, "300 samples, but fewer has 7");
  refused({"denoise", "run", "images", "--split", "all", "--clean", "larger", "-o", "a.png"},
          "larger: images of shape (1, 10, 10), but the model of run takes images of shape (1, 8, 8)");
  refused({"denoise", "run", "larger", "-o", "a.png"}, "larger: images of shape (1, 10, 10)");
  refused({"denoise", "run", "fewer", "--clean", "bright.npy", "-o", "a.png"}, "values in [3, 3]");
  refused({"denoise", "run", "nan.npy", "-o", "a.png"}, "NaN");
  refused({"denoise", "run", "missing", "-o", "a.png"}, "missing");
  refused({"denoise", "run", "fewer", "--clean", "missing", "-o", "a.png"}, "missing");
  refused({"denoise", "run", "fewer", "--clean", "fewer", "--corrupt", "mask:0.1", "-o", "a.png"},
          "--corrupt takes DATA for the clean copy");
  refused({"denoise", "run", "--clean", "fewer", "-o", "a.png"}, "--clean needs the damaged DATA");
  refused({"denoise", "run", "fewer", "--samples", "0", "-o", "a.png"}, "--samples: expected a whole number from 1");
  refused({"denoise", "run", "fewer", "-n", "5000", "-o", "none/a.png"}, "there is no folder none");
}

}  // namespace
}  // namespace latent::test
