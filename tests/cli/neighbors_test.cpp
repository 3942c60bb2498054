// latent neighbors: the nearest samples, in every form and by every metric.

#include "tool.hpp"

#include <latent/core/rng.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/npy.hpp>

#include <gmock/gmock.h>

#include <cmath>

namespace latent::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class NeighborsCommandTest : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    write_idx("images", 60);
    ok(train("images", "run", {"--epochs", "1"}));
  }
};

TEST_F(NeighborsCommandTest, NeighboursOfCodesByHand) {
  ok({"encode", "run", "images", "--split", "all", "-o", "codes.npy"});
  const Tensor codes = read_npy(MappedFile::open(path("codes.npy")));
  const auto found =
      json({"neighbors", "run", "images", "--split", "all", "--query", "0,7", "-k", "59", "-o", "n.npz"});
  const auto index = npz("n.npz", "index").to_vector();
  const auto distance = npz("n.npz", "distance").to_vector();
  EXPECT_EQ(npz("n.npz", "query").to_vector(), (std::vector<double>{0, 7}));
  for (size_t i = 0; i < 118; ++i) {
    const int64_t query = i < 59 ? 0 : 7, row = static_cast<int64_t>(index[i]);
    EXPECT_NE(row, query);
    double squares = 0.0;
    for (int64_t d = 0; d < 3; ++d) {
      squares += std::pow(double{codes.data<float>()[query * 3 + d]} - codes.data<float>()[row * 3 + d], 2);
    }
    EXPECT_NEAR(distance[i], std::sqrt(squares), 1e-6);
    if (i % 59 > 0) {
      EXPECT_LE(distance[i - 1], distance[i]);
    }
  }
  EXPECT_EQ(found.at("samples"), 60);
  EXPECT_EQ(found.at("neighbors").size(), 2u);
  EXPECT_EQ(found.at("neighbors")[1].at("query"), 7);
  EXPECT_EQ(found.at("neighbors")[0].at("index")[0], index[0]);
  // All others are neighbours: as many share the label as there are.
  EXPECT_EQ(found.at("same_label"), 38);  // 60 samples of three classes in turn
  EXPECT_TRUE(found.at("recall").is_null());
}

TEST_F(NeighborsCommandTest, EveryForm) {
  EXPECT_THAT(ok({"neighbors", "run", "images", "--split", "all", "--query", "0,3,5", "-k", "4", "-o", "grid.png"}),
              HasSubstr("same label as the query"));
  const auto file = MappedFile::open(path("grid.png"));
  const Tensor picture = read_image(file->bytes(), file->path());
  EXPECT_GT(picture.dim(2), picture.dim(1));  // five columns, three rows
  ok({"neighbors", "run", "images", "--split", "all", "--query", "3", "-k", "2", "-o", "n.csv"});
  EXPECT_THAT(read("n.csv"), StartsWith("query,rank,index,distance,query_data_index,data_index,label\n3,1,"));
  ok({"neighbors", "run", "images", "--split", "all", "--query", "3", "-k", "2", "-o", "n.npy"});
  EXPECT_EQ(read_npy(MappedFile::open(path("n.npy"))).shape(), Shape({1, 2}));
  fails(2, {"neighbors", "run", "images", "--query", "3", "-o", "n.gif"}, "this command writes");
}

TEST_F(NeighborsCommandTest, EveryMetricAndMethod) {
  for (const char* metric : {"euclidean", "cosine", "kl", "wasserstein"}) {
    const auto found =
        json({"neighbors", "run", "images", "--split", "all", "--query", "1", "--metric", metric, "-o", "n.csv"});
    EXPECT_EQ(found.at("neighbors")[0].at("index").size(), 10u) << metric;
  }
  const auto exact = json({"neighbors", "run", "images", "--split", "all", "--query", "1,2", "-o", "n.csv"});
  const auto approximate =
      json({"neighbors", "run", "images", "--split", "all", "--query", "1,2", "--method", "hnsw", "-o", "n.csv"});
  EXPECT_GT(approximate.at("recall").get<double>(), 0.9);
  const auto one =
      json({"neighbors", "run", "images", "--split", "all", "--query", "1,2", "--threads", "1", "-o", "n.csv"});
  EXPECT_EQ(exact.at("neighbors"), one.at("neighbors"));
  const auto raw =
      json({"neighbors", "run", "images", "--split", "all", "--query", "1", "--space", "data", "-o", "n.csv"});
  EXPECT_NE(raw.at("neighbors")[0].at("distance"), exact.at("neighbors")[0].at("distance"));
}

TEST_F(NeighborsCommandTest, RecallIsThatOfTheNeighboursThatAreShown) {
  // In noise of many dimensions hnsw misses some; the query itself, which it hardly misses, is none of its neighbours.
  constexpr int64_t kRows = 2000;
  Tensor noise = Tensor::empty({kRows, 150});
  Rng(1).normal(noise.span<float>());
  write_npy(path("noise.npy"), noise);
  ok(train("noise.npy", "noise", {"--epochs", "1"}));
  std::string numbers = "0";
  for (int64_t i = 1; i < kRows; ++i) numbers += "," + std::to_string(i);
  const auto nearest = [&](const char* method) {
    return json({"neighbors", "noise", "noise.npy", "--split", "all", "--query", numbers, "-k", "1", "--space", "data",
                 "--method", method, "-o", "n.npy"});
  };
  const auto exact = nearest("exact"), found = nearest("hnsw");
  int64_t hits = 0;
  for (size_t i = 0; i < kRows; ++i) {
    const auto distance = [&](const nlohmann::json& result) {
      return result.at("neighbors")[i].at("distance")[0].get<float>();
    };
    hits += distance(found) <= distance(exact) ? 1 : 0;
  }
  ASSERT_LT(hits, kRows);
  EXPECT_DOUBLE_EQ(found.at("recall").get<double>(), static_cast<double>(hits) / kRows);
}

TEST_F(NeighborsCommandTest, QueriesOfAnotherFileFindThemselvesWhereTheyAre) {
  const auto found = json(
      {"neighbors", "run", "images", "--split", "all", "--query", path("images").string(), "-k", "1", "-o", "n.npy"});
  ASSERT_EQ(found.at("neighbors").size(), 60u);
  for (const auto& one : found.at("neighbors")) EXPECT_NEAR(one.at("distance")[0].get<double>(), 0.0, 1e-6);
  write_idx("larger", 5, 10);
  fails(2, {"neighbors", "run", "images", "--query", path("larger").string(), "-o", "n.npy"},
        "but the model of run takes images of shape (1, 8, 8)");
}

TEST_F(NeighborsCommandTest, TablesShowLinesAndNamesOfClasses) {
  write_table("table.csv", 80);
  ok(train("table.csv", "table", {"--label-column", "kind", "--epochs", "1"}));
  ok({"neighbors", "table", "table.csv", "--split", "all", "--query", "0,1", "-k", "3", "-o", "n.png"});
  ok({"neighbors", "table", "table.csv", "--split", "all", "--query", "0", "-k", "3", "-o", "n.csv"});
  EXPECT_THAT(read("n.csv"), ::testing::AnyOf(HasSubstr(",large\n"), HasSubstr(",small\n")));
  // A query need not have the label column that is named for the data.
  write("query.csv", "a,b,c\n100,0,-5\n");
  const std::vector<std::string> ask = {"neighbors", "table", "table.csv", "--split", "all",  "--query",
                                        "query.csv", "-k",    "1",         "-o",      "n.csv"};
  std::vector<std::string> named = ask;
  named.insert(named.end(), {"--label-column", "kind"});
  const auto found = json(named);
  EXPECT_TRUE(found.at("same_label").is_null());
  EXPECT_EQ(found.at("neighbors"), json(ask).at("neighbors"));
  named.back() = "sort";
  fails(2, named, "sort");
  write("other.csv", "a,b\n100,0\n");
  named[6] = "other.csv";
  named.back() = "kind";
  fails(2, named, "other.csv: 2 columns, but the model was trained on 3");
}

TEST_F(NeighborsCommandTest, WhatIsWrongIsSaidBeforeAnythingIsWritten) {
  const std::vector<std::string> before = listing();
  const auto wrong = [&](const std::vector<std::string>& more, const std::string& text) {
    std::vector<std::string> words = {"neighbors", "run", "images", "--split", "all", "-o", "n.png"};
    words.insert(words.end(), more.begin(), more.end());
    fails(2, words, text);
  };
  wrong({"--query", "60"}, "sample 60 does not exist");
  wrong({"--query", "1,,2"}, "--query: expected whole numbers");
  wrong({"--query", "nowhere.png"}, "nowhere.png");
  wrong({"--query", "1", "-k", "60"}, "has only 59");
  wrong({"--query", "1", "-k", "0"}, "--neighbors: expected a whole number");
  wrong({"--query", "1", "--metric", "euclidian"}, "did you mean 'euclidean'");
  wrong({"--query", "1", "--method", "fast"}, "valid: exact, hnsw");
  wrong({"--query", "1", "--space", "pixels"}, "valid: latent, data");
  wrong({"--query", "1", "--metric", "kl", "--space", "data"}, "compares posteriors");
  wrong({"--query", "1", "--metric", "kl", "--method", "hnsw"}, "does not know --metric kl");
  EXPECT_EQ(listing(), before);
  ok(train("images", "ae", {"--epochs", "1", "--posterior", "none"}));
  fails(2, {"neighbors", "ae", "images", "--query", "1", "-k", "2", "--metric", "kl", "-o", "n.png"}, "are points");
}

TEST_F(NeighborsCommandTest, RetrievalIsAskedForAndNeedsLabels) {
  write_idx("labelled", 60);
  ok(train("labelled", "run_labelled", {"--epochs", "1"}));
  const auto found = json(
      {"neighbors", "run_labelled", "--query", "0,1,2", "-k", "3", "--retrieval", "-o", "n.csv", "--split", "all"});
  EXPECT_GT(found.at("mean_average_precision"), 0.2);  // by chance about 1/3
  EXPECT_LE(found.at("mean_average_precision"), 1.0);
  EXPECT_TRUE(json({"neighbors", "run_labelled", "--query", "0", "-k", "3", "-o", "n.csv"})
                  .at("mean_average_precision")
                  .is_null());
  EXPECT_THAT(ok({"neighbors", "run_labelled", "--query", "0", "-k", "3", "--retrieval", "-o", "n.csv"}),
              HasSubstr("mean average precision"));
  fails(2, {"neighbors", "run_labelled", "--query", "0", "--metric", "wasserstein", "--retrieval", "-o", "n.csv"},
        "--retrieval ranks by");
  fs::remove(path("labelled/train-labels-idx1-ubyte"));
  fails(2, {"neighbors", "run_labelled", "labelled", "--query", "0", "-k", "3", "--retrieval", "-o", "n.csv"},
        "--retrieval: ");
}

}  // namespace
}  // namespace latent::test
