// latent map: every form, every method, the options of each, and what is refused.

#include "tool.hpp"

#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>
#include <latent/formats/csv.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/npy.hpp>
#include <latent/space/maps/map_quality.hpp>
#include <latent/space/maps/tsne.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <map>

namespace latent::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class MapCommand : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    write_idx("images", 100);
    ok(train("images", "run", {"--epochs", "2"}));
  }

  // `latent map run images --split all --epochs 20 ...`
  static std::vector<std::string> map(const std::vector<std::string>& more) {
    std::vector<std::string> words = {"map", "run", "images", "--split", "all"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
};

TEST_F(MapCommand, EveryMethodInEveryForm) {
  for (const std::string method : {"pca", "tsne", "umap"}) {
    std::vector<std::string> words = {"--method", method, "-o", "map.npz"};
    if (method != "pca") words.insert(words.end(), {"--epochs", "30"});
    const auto result = json(map(words));
    EXPECT_EQ(result.at("method"), method);
    EXPECT_EQ(result.at("samples"), 100);
    // The labels are not what the pictures show, so that neighbours need not share them.
    EXPECT_GE(result.at("label_accuracy").get<double>(), 0.0);
    for (const char* figure : {"trustworthiness", "neighbor_agreement"}) {
      EXPECT_GT(result.at(figure).get<double>(), 0.2) << method << " " << figure;
      EXPECT_LE(result.at(figure).get<double>(), 1.0) << method << " " << figure;
    }
    std::map<std::string, Tensor> arrays;
    for (auto& [name, tensor] : read_npz(MappedFile::open(path("map.npz")))) arrays[name] = tensor;
    EXPECT_EQ(arrays.at("map").shape(), Shape({100, 2}));
    EXPECT_EQ(arrays.at("codes").shape(), Shape({100, 3}));
    EXPECT_EQ(arrays.at("labels").numel(), 100);
    words[3] = "map.npy";
    ok(map(words));
    EXPECT_EQ(npy("map.npy").to_vector(), arrays.at("map").to_vector()) << method;
  }
}

TEST_F(MapCommand, ChartsAndTables) {
  const std::vector<std::string> pca = {"--method", "pca", "-o"};
  const auto written = [&](const char* name, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = pca;
    words.emplace_back(name);
    words.insert(words.end(), more.begin(), more.end());
    return ok(map(words));
  };
  EXPECT_THAT(written("map.png"), HasSubstr("trustworthiness"));
  EXPECT_EQ(read_image(MappedFile::open(path("map.png"))->bytes(), "map.png").shape(), Shape({3, 800, 1000}));
  written("map.svg");
  EXPECT_THAT(read("map.svg"), StartsWith("<svg "));
  EXPECT_THAT(read("map.svg"), HasSubstr("pca of the codes of images"));
  written("map.csv");
  EXPECT_THAT(read("map.csv"), StartsWith("index,x,y,data_index,class,label\n0,"));
  written("map.csv", {"--dims", "3", "--sample", "17", "--seed", "3"});
  const CsvTable table = read_csv(MappedFile::open(path("map.csv"))->bytes(), "map.csv");
  EXPECT_EQ(table.column_names, (std::vector<std::string>{"index", "x", "y", "z", "data_index", "class", "label"}));
  EXPECT_EQ(table.rows, 17);
  EXPECT_TRUE(std::is_sorted(table.numbers[0].begin(), table.numbers[0].end()));
}

TEST_F(MapCommand, TheSeedAloneDecides) {
  const auto bytes = [&](const char* seed, const char* threads) {
    // A map of the values themselves: codes are the same to the last bit for one number of threads alone.
    ok(map({"--space", "data", "--epochs", "20", "--seed", seed, "--threads", threads, "-o", "map.npy"}));
    return read("map.npy");
  };
  const std::string first = bytes("1", "1");
  EXPECT_EQ(first, bytes("1", "1"));
  EXPECT_NE(first, bytes("2", "1"));
  if (available_threads() > 1) {
    EXPECT_EQ(first, bytes("1", "2"));
  }
}

TEST_F(MapCommand, RawValuesInPlaceOfCodes) {
  const auto result = json(map({"--space", "data", "--epochs", "20", "-o", "raw.npz"}));
  EXPECT_EQ(result.at("space"), "data");
  EXPECT_EQ(npz("raw.npz", "x").shape(), Shape({100, 64}));
}

TEST_F(MapCommand, AMapIsJudgedByItsMetric) {
  // Directions and lengths that have nothing to do with each other, and some rows without a direction.
  Tensor x = Tensor::empty({300, 5}, DType::u8);
  Rng rng(3);
  for (int64_t i = 0; i < 300; ++i) {
    const double length = i % 10 == 0 ? 0.0 : 255.0 * std::exp(-3.0 * rng.uniform());
    for (int64_t d = 0; d < 5; ++d) x.data<uint8_t>()[i * 5 + d] = static_cast<uint8_t>(length * rng.uniform());
  }
  write_npy(path("x.npy"), x);
  ok(train("x.npy", "lengths", {"--epochs", "1"}));
  const auto result = json({"map", "lengths", "x.npy", "--split", "all", "--space", "data", "--metric", "cosine",
                            "--epochs", "100", "-o", "map.npz"});
  EXPECT_EQ(result.at("protocol"), "15 neighbours of 270 samples, before by cosine distance");
  const Tensor values = npz("map.npz", "x"), all_places = npz("map.npz", "map");
  Tensor directions = Tensor::empty({270, 5}), places = Tensor::empty({270, 2});
  for (int64_t i = 0, to = 0; i < 300; ++i) {
    if (i % 10 == 0) continue;
    places.rows(to, to + 1).copy_from(all_places.rows(i, i + 1));
    double square = 0.0;
    for (int64_t d = 0; d < 5; ++d) square += std::pow(double{values.data<float>()[i * 5 + d]}, 2);
    for (int64_t d = 0; d < 5; ++d) {
      directions.data<float>()[to * 5 + d] = static_cast<float>(values.data<float>()[i * 5 + d] / std::sqrt(square));
    }
    ++to;
  }
  EXPECT_NEAR(result.at("trustworthiness").get<double>(), space::trustworthiness(directions, places, 15), 1e-6);
  EXPECT_NEAR(result.at("neighbor_agreement").get<double>(), space::neighbor_agreement(directions, places, 15), 1e-6);
  const auto labelled = json(map({"--epochs", "10", "-o", "map.npy"}));
  EXPECT_EQ(labelled.at("protocol"),
            "15 neighbours of 100 samples, before by euclidean distance; 10 neighbours on the map of 100 labels");
}

TEST_F(MapCommand, AShortTsneLeavesItsExaggeration) {
  ok(map({"--method", "tsne", "--epochs", "100", "-o", "map.npz"}));
  const auto tsne = space::make_tsne(npz("map.npz", "codes"), {.exaggeration_steps = 25, .steps = 100});
  tsne->step(100);
  EXPECT_EQ(npz("map.npz", "map").to_vector(), tsne->positions().to_vector());
}

TEST_F(MapCommand, TheStartIsSaidThatWasTaken) {
  EXPECT_EQ(json(map({"--epochs", "5", "-o", "map.npy"})).at("options").at("init"), "pca");
  const std::vector<std::string> spectral = {"--epochs",    "5",  "--init", "spectral",
                                             "--neighbors", "60", "-o",     "map.npy"};
  EXPECT_EQ(json(map(spectral)).at("options").at("init"), "spectral");
  EXPECT_EQ(run(map(spectral)).err.find("started from pca"), std::string::npos);
  std::vector<std::string> few = spectral;
  few.insert(few.end(), {"--sample", "63"});
  EXPECT_EQ(json(map(few)).at("options").at("init"), "pca");
  EXPECT_THAT(run(map(few)).err, HasSubstr("points started from pca"));
}

TEST_F(MapCommand, ALineHasASecondAxisOfZeros) {
  ok(train("images", "line", {"--epochs", "1", "--latent-dim", "1"}));
  for (const std::string method : {"pca", "umap", "tsne"}) {
    ok({"map", "line", "images", "--split", "all", "--method", method, "-o", "map.npz"});
    EXPECT_EQ(npz("map.npz", "map").shape(), Shape({100, 2})) << method;
  }
  ok({"map", "line", "images", "--split", "all", "--method", "pca", "-o", "map.npy"});
  for (size_t i = 0; i < 100; ++i) EXPECT_EQ(npy("map.npy").to_vector()[2 * i + 1], 0.0);
  ok({"map", "line", "images", "--split", "all", "--method", "pca", "-o", "map.png", "--tiles", "tiles.png"});
  ok({"map", "line", "images", "--split", "all", "--method", "pca", "--dims", "3", "-o", "map.csv"});
}

TEST_F(MapCommand, TilesShowWhatIsDecodedWhere) {
  const auto result = json(map({"--epochs", "50", "-o", "map.png", "--tiles", "tiles.png", "--grid", "4x6"}));
  EXPECT_EQ(result.at("tiles"), "tiles.png");
  const Tensor picture = read_image(MappedFile::open(path("tiles.png"))->bytes(), "tiles.png");
  EXPECT_GT(picture.dim(2), picture.dim(1));  // 6 wide, 4 high
  write_table("table.csv", 100);
  ok(train("table.csv", "table", {"--label-column", "kind", "--epochs", "1"}));
  ok({"map", "table", "table.csv", "--split", "all", "--epochs", "10", "-o", "map.svg", "--tiles", "rows.png"});
}

TEST_F(MapCommand, WhatDoesNotFitIsRefusedAndNothingIsWritten) {
  const auto before = listing();
  fails(2, map({"--method", "umup", "-o", "a.png"}), "did you mean 'umap'?");
  fails(2, map({"--method", "umap", "--perplexity", "5", "-o", "a.png"}),
        "--perplexity does not belong to --method umap, but to tsne");
  fails(2, map({"--method", "tsne", "--neighbors", "5", "-o", "a.png"}),
        "--neighbors does not belong to --method tsne, but to umap");
  fails(2, map({"--method", "pca", "--epochs", "5", "-o", "a.png"}),
        "--epochs does not belong to --method pca, but to tsne and umap");
  fails(2, map({"--metric", "cosin", "-o", "a.png"}), "cosine");
  fails(2, map({"--init", "spectrum", "-o", "a.png"}), "spectral");
  fails(2, map({"--neighbors", "100", "-o", "a.png"}),
        "neighbors: from 2 to less than the 100 points expected, got 100");
  fails(2, map({"--min-dist", "9", "-o", "a.png"}), "min_dist from 0 to 3 spread");
  fails(2, map({"--sample", "3", "--neighbors", "15", "-o", "a.png"}), "neighbors");
  fails(2, map({"--sample", "2", "-o", "a.png"}), "a map needs at least 3 samples, got 2");
  fails(2, map({"--dims", "3", "-o", "a.png"}), "a chart shows two dimensions");
  fails(2, map({"--dims", "4", "-o", "a.npy"}), "--dims");
  fails(2, map({"-o", "a.gif"}), "this command writes");
  fails(2, map({"-o", "a.jpg"}), "is not an ending of a result");
  fails(2, map({"-o", "a.png", "--grid", "3x3"}), "--tiles");
  fails(2, map({"-o", "a.png", "--tiles", "b.npy"}), "this command writes .png");
  fails(2, map({"-o", "a.png", "--tiles", "a.png"}), "-o names the same file");
  fails(2, map({"-o", "a.png", "--tiles", "b.png", "--grid", "3"}), "rows x columns");
  fails(2, map({"-o", "a.npy", "--tiles", "b.png", "--dims", "3"}), "--tiles needs a map of codes");
  fails(2, map({"-o", "a.npy", "--tiles", "b.png", "--space", "data"}), "--tiles needs a map of codes");
  EXPECT_EQ(listing(), before);
}

TEST_F(MapCommand, InterruptedItWritesTheMapAsItStands) {
  const pid_t process = start(map({"--epochs", "100000", "-o", "map.npy"}), path("err"));
  ASSERT_TRUE(appears(path("err"), "epoch 10000/"));
  kill(process, SIGINT);
  EXPECT_EQ(wait(process), 130);
  EXPECT_THAT(read("err"), HasSubstr("this is the map as it stood"));
  EXPECT_EQ(npy("map.npy").shape(), Shape({100, 2}));
}

TEST_F(MapCommand, FewSamplesAreMappedWithoutOptions) {
  for (const std::string method : {"pca", "tsne", "umap"}) {
    const auto report =
        json({"map", "run", "images", "--split", "all", "--sample", "7", "--method", method, "-o", "few.csv"});
    EXPECT_EQ(report.at("samples"), 7) << method;
  }
  EXPECT_EQ(
      json({"map", "run", "images", "--split", "all", "--sample", "7", "-o", "few.csv"}).at("options").at("neighbors"),
      6);
}

}  // namespace
}  // namespace latent::test
