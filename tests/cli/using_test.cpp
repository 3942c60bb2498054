// What one does with a trained model: evaluate, encode, decode, reconstruct, sample, interpolate, info.

#include "tool.hpp"

#include <latent/formats/csv.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/npy.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <thread>

namespace latent::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Using : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    write_idx("images", 100);
    ok(train("images", "run", {"--epochs", "2"}));
  }

  Tensor picture(const std::string& name) const {
    const auto file = MappedFile::open(path(name));
    return read_image(file->bytes(), file->path());
  }
  size_t files_in(const std::string& folder) const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(path(folder)), fs::directory_iterator()));
  }
};

TEST_F(Using, EvaluateHasEveryFigureAndItsProtocol) {
  const auto figures = json({"evaluate", "run", "--importance-samples", "4"});
  const double elbo = figures.at("elbo").get<double>();
  EXPECT_NEAR(elbo, -(figures.at("reconstruction").get<double>() + figures.at("kl").get<double>()), 1e-3);
  EXPECT_TRUE(figures.at("bits_per_dim").is_null());  // grey levels as probabilities: a cross-entropy, no bits
  EXPECT_EQ(figures.at("fit").at("samples"), 10);
  EXPECT_EQ(figures.at("fit").at("pca_dims"), 3);
  EXPECT_LT(figures.at("nll").get<double>(), -elbo + 0.5);  // a tighter bound, up to the noise of 4 draws
  EXPECT_EQ(figures.at("importance_samples"), 4);
  EXPECT_EQ(figures.at("kl_per_dim").size(), 3u);
  EXPECT_LE(figures.at("active_units").get<int>(), 3);
  EXPECT_EQ(figures.at("split"), "validation");
  EXPECT_EQ(figures.at("samples"), 10);  // the held-out tenth
  EXPECT_THAT(figures.at("protocol").get<std::string>(), HasSubstr("grey levels as probabilities"));
  EXPECT_EQ(json({"evaluate", "run", "--split", "train"}).at("samples"), 90);
  EXPECT_EQ(json({"evaluate", "run", "--split", "all"}).at("samples"), 100);
  EXPECT_EQ(json({"evaluate", "run", "--split", "validation"}).at("elbo"), elbo);
  EXPECT_EQ(json({"evaluate", "run", "images"}).at("samples"), 10);  // known again by its content
  EXPECT_EQ(json({"evaluate", "run/model.safetensors"}).at("elbo"), elbo);
}

TEST_F(Using, ProtocolsSayWhatWasComputed) {
  const auto figures_of = [&](const std::string& name, const std::vector<std::string>& more) {
    ok(train("images", name, more));
    return json({"evaluate", name});
  };
  const auto binary = figures_of("binary", {"--epochs", "1", "--binarize", "0.5"});
  EXPECT_THAT(binary.at("protocol").get<std::string>(), HasSubstr("each value one of two"));
  EXPECT_NEAR(binary.at("bits_per_dim").get<double>(), -binary.at("elbo").get<double>() / (64 * std::log(2.0)), 1e-5);
  const auto levels = figures_of("levels", {"--epochs", "1", "--likelihood", "logistic-mixture"});
  EXPECT_THAT(levels.at("protocol").get<std::string>(), HasSubstr("each value one of 256 levels"));
  EXPECT_NEAR(levels.at("bits_per_dim").get<double>(), -levels.at("elbo").get<double>() / (64 * std::log(2.0)), 1e-5);
  const auto density = figures_of("density", {"--epochs", "1", "--likelihood", "gaussian:0.2"});
  EXPECT_THAT(density.at("protocol").get<std::string>(), HasSubstr("a density of the values as the model sees them"));
  EXPECT_TRUE(density.at("bits_per_dim").is_null());
  const auto plain = figures_of("plain", {"--epochs", "1", "--posterior", "none"});
  EXPECT_THAT(plain.at("protocol").get<std::string>(), HasSubstr("codes without noise"));
}

TEST_F(Using, WithoutItsTrainingDataFiguresSayWhatTheyWereComparedWith) {
  fs::rename(path("images"), path("moved"));
  write_idx("others", 40);
  const auto figures = json({"evaluate", "run", "others"});
  EXPECT_THAT(figures.at("protocol").get<std::string>(),
              HasSubstr("against mean and PCA of these samples (the training "
                        "data is not there)"));
  EXPECT_EQ(figures.at("fit").at("fitted_to"), 40);
  fs::rename(path("moved"), path("images"));
  EXPECT_EQ(json({"evaluate", "run", "others"}).at("fit").at("fitted_to"), 90);
}

TEST_F(Using, DataInfoNamesADefaultThatCanBeTrained) {
  write_npy(path("floats.npy"), Tensor::full({40, 1, 12, 12}, -3.0));
  write_npy(path("tiny.npy"), Tensor::full({40, 2, 2}, 7, DType::u8));
  write_npy(path("rows.npy"), Tensor::full({40, 5}, 0.5));
  for (const char* name : {"images", "floats.npy", "tiny.npy", "rows.npy"}) {
    SCOPED_TRACE(name);
    const auto info = json({"data", "info", name});
    std::vector<std::string> words = {"train", name, "--out", std::string(name) + ".run", "--epochs", "1"};
    for (const auto& word : info.at("needed_options")) words.push_back(word.get<std::string>());
    const ToolResult result = run(words);
    EXPECT_EQ(result.status, 0) << result.err;
    const auto config = json({"info", std::string(name) + ".run"}).at("config");
    EXPECT_EQ(config.at("likelihood").at("name"), info.at("default_likelihood"));
  }
}

TEST_F(Using, EvaluateAfterTrainingGivesTheFiguresOfTheLastEpoch) {
  const auto trained = json({"resume", "run"}).at("validation");
  EXPECT_NEAR(json({"evaluate", "run"}).at("elbo").get<double>(), trained.at("elbo").get<double>(), 1e-3);
}

TEST_F(Using, PartsOfDataHaveOneNameEverywhere) {
  const std::string images = path("images").string();
  const auto protocol_of = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"evaluate", "run"};
    words.insert(words.end(), more.begin(), more.end());
    return json(words).at("protocol").get<std::string>();
  };
  EXPECT_THAT(protocol_of({}), StartsWith("the validation part of " + images + ", 10 samples"));
  EXPECT_THAT(protocol_of({"--split", "train"}), StartsWith("the training part of " + images + ", 90 samples"));
  EXPECT_THAT(protocol_of({"--split", "all"}), StartsWith("all of " + images + ", 100 samples"));
  EXPECT_THAT(ok({"encode", "run", "images", "-o", "codes.npy"}), HasSubstr("of the validation part of images ("));
  EXPECT_THAT(ok({"encode", "run", "images", "--split", "all", "-o", "codes.npy"}), HasSubstr("(100, 3) of images ("));
  EXPECT_THAT(ok({"reconstruct", "run", "images", "-o", "grid.png"}),
              HasSubstr("10 reconstructions of the validation part of images"));
  EXPECT_THAT(protocol_of({"--split", "test"}), StartsWith("the validation part of " + images + ", 10 samples"));
}

TEST_F(Using, ATestPartIsTheDatasOwn) {
  write_idx("both", 40);
  write_idx("both", 7, 8, "t10k");
  ok(train("both", "tested", {"--epochs", "1", "--validation", "0.25"}));
  for (const auto& [split, samples] :
       {std::pair<std::string, int>{"train", 30}, {"validation", 10}, {"test", 7}, {"all", 47}}) {
    EXPECT_EQ(json({"evaluate", "tested", "--split", split}).at("samples"), samples) << split;
  }
  EXPECT_EQ(json({"evaluate", "tested"}).at("split"), "test");
}

TEST_F(Using, OtherDataIsTakenWhole) {
  write_idx("others", 33);
  EXPECT_EQ(json({"evaluate", "run", "others"}).at("samples"), 33);
  EXPECT_EQ(json({"evaluate", "run", "others"}).at("split"), "all");
  fails(2, {"evaluate", "run", "others", "--split", "test"}, "others: has no test part");
  fails(2, {"evaluate", "run", "others", "--split", "validation"}, "others: has no validation part");
}

TEST_F(Using, CodesThereAndBack) {
  const auto report = json({"encode", "run", "images", "--split", "all", "-o", "codes.npz"});
  EXPECT_EQ(report.at("samples"), 100);
  EXPECT_EQ(npz("codes.npz", "codes").shape(), Shape({100, 3}));
  EXPECT_EQ(npz("codes.npz", "stddev").shape(), Shape({100, 3}));
  EXPECT_EQ(npz("codes.npz", "labels").dtype(), DType::i64);
  ok({"encode", "run", "--split", "all", "-o", "codes.npy"});
  EXPECT_EQ(npy("codes.npy").to_vector(), npz("codes.npz", "codes").to_vector());
  ok({"encode", "run", "--split", "all", "-o", "codes.csv"});
  EXPECT_THAT(read("codes.csv"), ::testing::StartsWith("z_0,z_1,z_2,data_index,label\n"));

  ok({"decode", "run", "codes.npz", "-o", "a.npy"});
  ok({"decode", "run", "codes.npy", "-o", "b.npy"});
  EXPECT_EQ(read("a.npy"), read("b.npy"));
  ok({"reconstruct", "run", "--split", "all", "-o", "c.npy"});
  EXPECT_EQ(read("a.npy"), read("c.npy"));
  std::string tabs = read("codes.csv");
  std::replace(tabs.begin(), tabs.end(), ',', '\t');
  write("codes.tsv", tabs);
  for (const char* table : {"codes.csv", "codes.tsv"}) {
    ok({"decode", "run", table, "-o", "d.npy"});
    EXPECT_EQ(read("a.npy"), read("d.npy")) << table;
  }
  EXPECT_EQ(json({"decode", "run", "codes.csv", "-n", "7", "-o", "first.npy"}).at("samples"), 7);
  EXPECT_THAT(npy("first.npy").to_vector(),
              ::testing::Pointwise(::testing::DoubleNear(1e-5), npy("a.npy").rows(0, 7).to_vector()));
  EXPECT_EQ(json({"decode", "run", "codes.csv", "-n", "700", "-o", "first.npy"}).at("samples"), 100);
  EXPECT_EQ(npy("a.npy").shape(), Shape({100, 1, 8, 8}));
  ok({"decode", "run", "codes.npy", "-o", "folder"});
  EXPECT_EQ(files_in("folder"), 100u);
  EXPECT_EQ(picture("folder/000099.png").shape(), Shape({1, 8, 8}));
}

TEST_F(Using, DrawsOfCodesDependOnTheSeedAlone) {
  ok({"encode", "run", "-o", "mean.npy"});
  ok({"encode", "run", "-o", "a.npy", "--sample", "--seed", "1"});
  ok({"encode", "run", "-o", "b.npy", "--sample", "--seed", "1", "--threads", "1"});
  ok({"encode", "run", "-o", "c.npy", "--sample", "--seed", "2"});
  EXPECT_EQ(read("a.npy"), read("b.npy"));
  EXPECT_NE(read("a.npy"), read("c.npy"));
  EXPECT_NE(read("a.npy"), read("mean.npy"));
}

TEST_F(Using, ReconstructInEveryForm) {
  ok({"reconstruct", "run", "images", "-o", "grid.png"});
  EXPECT_EQ(picture("grid.png").dim(0), 1);
  ok({"reconstruct", "run", "images", "-n", "4", "-o", "pair.npz"});
  EXPECT_EQ(npz("pair.npz", "x").shape(), Shape({4, 1, 8, 8}));
  EXPECT_EQ(npz("pair.npz", "x_hat").shape(), Shape({4, 1, 8, 8}));
  EXPECT_EQ(npz("pair.npz", "codes").shape(), Shape({4, 3}));
  fails(2, {"reconstruct", "run", "images", "-o", "a.gif"}, "this command writes");
  fails(2, {"reconstruct", "run", "images", "-o", "a.csv"}, "are images");
}

TEST_F(Using, SamplesRepeatWithTheirSeed) {
  ok({"sample", "run", "-n", "9", "-o", "a.png", "--seed", "3"});
  ok({"sample", "run", "-n", "9", "-o", "b.png", "--seed", "3"});
  ok({"sample", "run", "-n", "9", "-o", "c.png", "--seed", "4"});
  EXPECT_EQ(read("a.png"), read("b.png"));
  EXPECT_NE(read("a.png"), read("c.png"));
  ok({"sample", "run", "-n", "300", "-o", "many.npz"});  // more than one batch
  EXPECT_EQ(npz("many.npz", "x_hat").shape(), Shape({300, 1, 8, 8}));
  EXPECT_EQ(npz("many.npz", "codes").shape(), Shape({300, 3}));
}

TEST_F(Using, FoldersAreReplacedOnlyWhenTheyHoldPicturesAlone) {
  ok({"sample", "run", "-n", "5", "-o", "out"});
  fails(2, {"sample", "run", "-n", "3", "-o", "out"}, "exists and is not empty");
  EXPECT_EQ(files_in("out"), 5u);
  ok({"sample", "run", "-n", "3", "-o", "out/", "--overwrite"});
  EXPECT_EQ(files_in("out"), 3u);
  write("out/notes.txt", "mine");
  fails(2, {"sample", "run", "-n", "3", "-o", "out", "--overwrite"}, "notes.txt");
  EXPECT_EQ(read("out/notes.txt"), "mine");
}

TEST_F(Using, InterpolationEndsAtTheReconstructions) {
  ok({"interpolate", "run", "images", "--from", "0", "--to", "7", "--steps", "5", "-o", "way.npz"});
  ok({"reconstruct", "run", "images", "-o", "ends.npz"});
  const Tensor way = npz("way.npz", "x_hat"), ends = npz("ends.npz", "x_hat");
  ASSERT_EQ(way.shape(), Shape({5, 1, 8, 8}));
  constexpr double kRounding = 1e-5;
  for (size_t i = 0; i < 64; ++i) {
    EXPECT_NEAR(way.to_vector()[i], ends.to_vector()[i], kRounding);
    EXPECT_NEAR(way.to_vector()[size_t{4} * 64 + i], ends.to_vector()[size_t{7} * 64 + i], kRounding);
  }
  ok({"interpolate", "run", "images", "--from", "0,1,2", "--to", "7,8,9", "--path", "spherical", "-o", "strips.png"});
  EXPECT_GT(picture("strips.png").dim(2), 2 * picture("strips.png").dim(1));  // 10 wide, 3 high
  ok({"interpolate", "run", "images", "--from", "0,1", "--to", "7,8", "-o", "way.gif"});
  EXPECT_THAT(read("way.gif"), ::testing::StartsWith("GIF89a"));
  fails(2, {"interpolate", "run", "images", "--from", "0", "--to", "10", "-o", "a.png"}, "sample 10 does not exist");
  fails(2, {"interpolate", "run", "images", "--from", "0,1", "--to", "3", "-o", "a.png"},
        "--from has 2 samples, but --to 1");
  fails(2, {"interpolate", "run", "images", "--from", "-1", "--to", "3", "-o", "a.png"},
        "--from: expected whole numbers");
  fails(2, {"interpolate", "run", "images", "--from", "1", "--to", "3", "--path", "sphericle", "-o", "a.png"},
        "spherical");
}

TEST_F(Using, InfoReadsTheHeaderAlone) {
  EXPECT_THAT(ok({"info", "run"}), HasSubstr("latent_dim"));
  const auto info = json({"info", "run/model.safetensors"});
  EXPECT_EQ(info.at("config").at("latent_dim"), 3);
  EXPECT_EQ(info.at("info").at("data").at("train_samples"), 100);
  EXPECT_EQ(info.at("format_version"), 1);
}

TEST_F(Using, DataInfo) {
  const auto info = json({"data", "info", "images"});
  EXPECT_EQ(info.at("kind"), "images");
  EXPECT_EQ(info.at("parts").at("train"), 100);
  EXPECT_EQ(info.at("classes").size(), 3u);
  EXPECT_EQ(info.at("default_preset"), "vae-conv");
}

TEST_F(Using, TablesComeBackInTheirUnits) {
  write_table("table.csv", 200);
  ok(train("table.csv", "table",
           {"--label-column", "kind", "--epochs", "30", "--likelihood", "gaussian:0.1", "--batch", "16"}));
  ok({"reconstruct", "table", "table.csv", "-n", "20", "-o", "back.csv"});
  const auto file = MappedFile::open(path("back.csv"));
  const CsvTable table = read_csv(file->bytes(), "back.csv");
  EXPECT_EQ(table.column_names, (std::vector<std::string>{"a", "b", "c", "data_index"}));
  ASSERT_EQ(table.rows, 20);
  for (const double a : table.numbers[0]) EXPECT_NEAR(a, 100.0, 80.0);
  for (const double c : table.numbers[2]) EXPECT_NEAR(c, -5.0, 4.0);
  ok({"sample", "table", "-n", "10", "-o", "new.csv"});
  ok({"sample", "table", "-n", "10", "-o", "new.png"});
  // A plot for each column: points have more height than histograms.
  ok({"reconstruct", "table", "table.csv", "-n", "10", "-o", "pairs.png"});
  EXPECT_EQ(picture("pairs.png").dim(2), picture("new.png").dim(2));
  EXPECT_GT(picture("pairs.png").dim(1), picture("new.png").dim(1));
  fails(2, {"sample", "table", "-n", "10", "-o", "folder"}, "a folder holds one picture each");
  // New rows without the class that training had beside them.
  write("new_rows.csv", "a,b,c\n100,1,-5\n90,-1,-4\n");
  EXPECT_EQ(json({"encode", "table", "new_rows.csv", "-o", "codes.npy"}).at("samples"), 2);
}

TEST_F(Using, DataThatHasChangedSinceTheTrainingIsSaid) {
  write_idx("images", 90);
  EXPECT_THAT(run({"encode", "run", "-o", "z.npy"}).err, HasSubstr("has changed since the training"));
  fails(2, {"encode", "run", "--split", "validation", "-o", "z.npy"}, "which samples were held out is not known");
}

TEST_F(Using, CtrlCLeavesNothingOfAFolder) {
  const pid_t process = start({"sample", "run", "-n", "90000", "-o", "many"}, path("err"));
  const auto begun = [&] {
    const std::vector<std::string> all = listing();
    return std::any_of(all.begin(), all.end(),
                       [](const std::string& name) { return name.find(".latent-") != std::string::npos; });
  };
  for (int i = 0; i < 6000 && !begun(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  ASSERT_TRUE(begun());
  kill(process, SIGINT);
  EXPECT_EQ(wait(process), 130);
  EXPECT_FALSE(begun());
  EXPECT_FALSE(fs::exists(path("many")));
  EXPECT_THAT(read("err"), HasSubstr("interrupted: many was not written"));
}

}  // namespace
}  // namespace latent::test
