// latent probe, latent cluster: what codes know of labels, and how they group.

#include "tool.hpp"

#include <latent/core/rng.hpp>
#include <latent/formats/csv.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/npy.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <numeric>

namespace latent::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// One model of pictures and one of a table for all tests of a class; each works in a folder of its own.
class Probing : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    write_idx("images", 150);
    ok(train("images", "run", {"--epochs", "2"}));
  }
  void train_table() const {
    write_table("table.csv", 200);
    ok(train("table.csv", "table", {"--label-column", "kind", "--epochs", "5"}));
  }
  // The result of one probe on one form of the data.
  static nlohmann::json find(const nlohmann::json& report, const std::string& on, const std::string& probe,
                             bool augmented = false) {
    for (const auto& row : report.at("results")) {
      if (row.at("on") == on && row.at("probe") == probe && row.at("augmented") == augmented) return row;
    }
    ADD_FAILURE() << "no " << probe << " on " << on;
    return {};
  }
  Tensor picture(const std::string& name) const {
    const auto file = MappedFile::open(path(name));
    return read_image(file->bytes(), file->path());
  }
  void expect_refused(const std::vector<std::string>& arguments, const std::string& text) const {
    const auto before = listing();
    fails(2, arguments, text);
    EXPECT_EQ(listing(), before);
  }
};

TEST_F(Probing, TrainedOnOnePartAndMeasuredOnTheOther) {
  const auto report = json({"probe", "run"});
  EXPECT_EQ(report.at("results").size(), 6u);  // two probes on codes, principal components and raw data
  EXPECT_EQ(report.at("train_samples"), 135);
  EXPECT_EQ(report.at("test_samples"), 15);  // the held-out tenth
  EXPECT_THAT(report.at("protocol").get<std::string>(), HasSubstr("measured on the validation part"));
  for (const char* on : {"codes", "pca", "raw"}) {
    for (const char* probe : {"logistic", "k-NN"}) {
      const auto row = find(report, on, probe);
      const double accuracy = row.at("accuracy").get<double>();
      EXPECT_GE(accuracy, 0.0);
      EXPECT_LE(accuracy, 1.0);
      EXPECT_NEAR(row.at("standard_error").get<double>(), std::sqrt(accuracy * (1 - accuracy) / 15), 1e-9);
    }
  }
  EXPECT_EQ(find(report, "codes", "k-NN").at("dims"), 3);
  EXPECT_EQ(find(report, "pca", "k-NN").at("dims"), 3);
  EXPECT_EQ(find(report, "raw", "k-NN").at("dims"), 64);
  int64_t tested = 0;
  for (const auto& row : report.at("confusion").get<std::vector<std::vector<int64_t>>>()) {
    tested += std::accumulate(row.begin(), row.end(), int64_t{0});
  }
  EXPECT_EQ(tested, 15);
}

TEST_F(Probing, CrossValidationRepeatsWithItsSeed) {
  const auto report = json({"probe", "run", "--folds", "4", "--codes-only", "--method", "knn"});
  EXPECT_EQ(report.at("results").size(), 1u);
  EXPECT_EQ(report.at("results")[0].at("scores").size(), 4u);
  EXPECT_EQ(report.at("protocol"), "4-fold cross-validation on " + path("images").string() + " (150 samples)");
  EXPECT_EQ(json({"probe", "run", "--folds", "4", "--codes-only", "--method", "knn"}), report);
  EXPECT_NE(json({"probe", "run", "--folds", "4", "--codes-only", "--method", "knn", "--seed", "5"}).at("results"),
            report.at("results"));
  write_idx("others", 60);  // no part held out: folds
  EXPECT_EQ(json({"probe", "run", "others", "--codes-only"}).at("results")[0].at("scores").size(), 5u);
  const auto some = json({"probe", "run", "--samples", "10", "--codes-only"});
  EXPECT_EQ(some.at("train_samples"), 10);
  EXPECT_EQ(some.at("test_samples"), 15);  // what is measured on stays whole
}

TEST_F(Probing, ConfusionAsAPictureAndAsATable) {
  const auto report = json({"probe", "run", "--codes-only", "-o", "confusion.csv"});
  const std::string table = read("confusion.csv");
  EXPECT_THAT(table, StartsWith("class,\"0\",\"1\",\"2\"\n0,"));
  std::string expected = "class,\"0\",\"1\",\"2\"\n";
  for (size_t c = 0; c < 3; ++c) {
    expected += std::to_string(c);
    for (const auto& count : report.at("confusion")[c]) expected += "," + std::to_string(count.get<int>());
    expected += "\n";
  }
  EXPECT_EQ(table, expected);
  const std::string text = ok({"probe", "run", "--codes-only", "-o", "confusion.png"});
  EXPECT_THAT(text, HasSubstr("per class"));
  EXPECT_EQ(picture("confusion.png").dim(0), 3);
}

TEST_F(Probing, FewLabelsAndNewSamples) {
  const auto report = json({"probe", "run", "--labels-per-class", "5", "--repeats", "3", "--augment", "--new", "4"});
  EXPECT_EQ(report.at("results").size(), 10u);  // six, and four with new samples (codes and raw)
  EXPECT_EQ(report.at("train_samples"), 15);
  EXPECT_EQ(report.at("new_samples"), 60);
  const auto with = find(report, "codes", "logistic", true), without = find(report, "codes", "logistic");
  EXPECT_EQ(with.at("scores").size(), 3u);
  EXPECT_NEAR(with.at("gain").get<double>(), with.at("accuracy").get<double>() - without.at("accuracy").get<double>(),
              1e-9);
  EXPECT_TRUE(with.contains("gain_standard_error"));
  EXPECT_THAT(ok({"probe", "run", "--labels-per-class", "5", "--repeats", "2", "--augment", "--augment-method",
                  "neighbors", "--codes-only"}),
              HasSubstr("gain, k-NN on codes"));
}

TEST_F(Probing, NumbersOfATableAndOfShapes) {
  train_table();
  const auto report = json({"probe", "table", "--target", "c", "-o", "predicted.csv"});
  EXPECT_EQ(report.at("target"), "c");
  EXPECT_EQ(report.at("left_out"), "c");
  EXPECT_EQ(find(report, "raw", "ridge").at("dims"), 2);                       // a and b: not the column itself
  EXPECT_GT(find(report, "raw", "ridge").at("r_squared").get<double>(), 0.5);  // c depends on them
  EXPECT_TRUE(find(report, "codes", "k-NN").contains("mean_absolute_error"));
  EXPECT_THAT(read("predicted.csv"), StartsWith("truth,predicted,data_index\n"));
  ok({"probe", "table", "--target", "a", "-o", "predicted.png"});
  EXPECT_EQ(picture("predicted.png").dim(0), 3);
  ok({"train", "shapes:200", "--arch", "mlp", "--hidden", "8", "--latent-dim", "2", "--epochs", "1", "--threads", "1",
      "--out", "shapes"});
  const auto x = json({"probe", "shapes", "--target", "x", "--method", "linear"});
  EXPECT_TRUE(x.at("left_out").is_null());                                // a known factor is none of the values
  EXPECT_GT(find(x, "raw", "ridge").at("r_squared").get<double>(), 0.8);  // where white is says where the shape is
}

// Independent columns: what predicts one of them well must have looked at it.
TEST_F(Probing, TheTargetIsHiddenFromAllThatPredictIt) {
  constexpr size_t kRows = 400;
  Rng rng(11);
  std::vector<float> values(3 * kRows);
  rng.normal(std::span<float>(values));
  std::string text = "a,b,c\n";
  for (size_t i = 0; i < kRows; ++i) {
    text += fmt::format("{},{},{}\n", values[3 * i], 50.0F + 9.0F * values[3 * i + 1], values[3 * i + 2]);
  }
  write("independent.csv", text);
  ok(train("independent.csv", "table", {"--latent-dim", "3", "--epochs", "20"}));
  const auto report = json({"probe", "table", "--target", "b", "--folds", "4"});
  EXPECT_EQ(report.at("left_out"), "b");
  for (const char* on : {"codes", "pca", "raw"}) {
    for (const char* probe : {"ridge", "k-NN"}) {
      EXPECT_LT(find(report, on, probe).at("r_squared").get<double>(), 0.1) << probe << " on " << on;
    }
  }
  EXPECT_EQ(find(report, "pca", "ridge").at("dims"), 2);
  EXPECT_THAT(ok({"probe", "table", "--target", "b"}), HasSubstr("left out"));
  write("only.csv", "a\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n");
  ok(train("only.csv", "only", {"--epochs", "1"}));
  expect_refused({"probe", "only", "--target", "a"}, "--target a: is the only column");
}

TEST_F(Probing, WhatCannotBeProbed) {
  train_table();
  expect_refused({"probe", "run", "--method", "svm"}, "unknown method 'svm'");
  expect_refused({"probe", "run", "--folds", "1"}, "--folds: expected a whole number from 2");
  expect_refused({"probe", "run", "--folds", "151"}, "--folds: 151 asked for");
  expect_refused({"probe", "run", "--repeats", "3"}, "--repeats requires --labels-per-class");
  expect_refused({"probe", "run", "--new", "3"}, "--new requires --augment");
  expect_refused({"probe", "run", "--folds", "3", "--labels-per-class", "2"}, "exclude each other");
  expect_refused({"probe", "table", "--target", "colour"}, "unknown target 'colour'");
  expect_refused({"probe", "table", "--target", "a", "--augment"}, "--augment needs classes");
  expect_refused({"probe", "run", "-o", "a.npy"}, "this command writes .png or .csv");
  expect_refused({"probe", "run", "--augment", "--augment-method", "posteriors"}, "did you mean 'posterior'?");
  write("unlabelled.csv", "a,b,c\n1,2,3\n4,5,6\n7,8,10\n");
  expect_refused({"probe", "table", "unlabelled.csv"}, "unlabelled.csv: has no labels to probe for");
  write("one.csv", "a,b,c,kind\n1,2,3,x\n4,5,6,x\n7,8,10,x\n");
  expect_refused({"probe", "table", "one.csv"}, "all samples are of one class");
}

TEST_F(Probing, ClustersInEveryForm) {
  const auto report = json({"cluster", "run", "--split", "all", "-k", "4", "-o", "clusters.csv"});
  EXPECT_EQ(report.at("clusters"), 4);
  EXPECT_EQ(report.at("samples"), 150);
  const auto sizes = report.at("sizes").get<std::vector<int>>();
  EXPECT_EQ(std::accumulate(sizes.begin(), sizes.end(), 0), 150);
  EXPECT_TRUE(std::is_sorted(sizes.rbegin(), sizes.rend()));
  for (const char* name : {"inertia", "bic", "silhouette", "adjusted_rand_index", "normalized_mutual_information"}) {
    EXPECT_TRUE(report.at(name).is_number()) << name;
  }
  const auto file = MappedFile::open(path("clusters.csv"));
  const CsvTable table = read_csv(file->bytes(), "clusters.csv");
  EXPECT_EQ(table.column_names, (std::vector<std::string>{"index", "cluster", "distance", "data_index", "label"}));
  ASSERT_EQ(table.rows, 150);
  EXPECT_EQ(std::count(table.numbers[1].begin(), table.numbers[1].end(), 0.0), sizes[0]);
  ok({"cluster", "run", "--split", "all", "-k", "4", "-o", "clusters.npy"});
  const Tensor numbers = read_npy(MappedFile::open(path("clusters.npy")));
  EXPECT_EQ(numbers.to_vector(), table.numbers[1]);
  ok({"cluster", "run", "--split", "all", "-k", "2", "--method", "gmm", "-o", "clusters.npz"});
  std::vector<std::string> names;
  for (const auto& [name, array] : read_npz(MappedFile::open(path("clusters.npz")))) names.push_back(name);
  EXPECT_THAT(names, testing::ElementsAre("clusters", "probability", "centers", "weights", "covariances", "labels",
                                          "data_index"));
  ok({"cluster", "run", "--split", "all", "-k", "3", "--shown", "5", "-o", "clusters.png"});
  EXPECT_GT(picture("clusters.png").dim(2), picture("clusters.png").dim(1));  // six wide, three high
}

TEST_F(Probing, TheNumberOfClustersIsChosen) {
  const auto report = json({"cluster", "run", "--split", "all", "--method", "gmm", "--k-max", "3"});
  const auto icl = report.at("icl_by_clusters").get<std::vector<double>>();
  ASSERT_EQ(icl.size(), 3u);
  EXPECT_EQ(report.at("clusters"), std::min_element(icl.begin(), icl.end()) - icl.begin() + 1);
  EXPECT_EQ(report.at("silhouette_by_clusters").size(), 3u);
  EXPECT_TRUE(report.at("silhouette_by_clusters")[0].is_null());
  EXPECT_TRUE(report.at("covariance").is_string());
  // Both methods find the same number, and the covariance asked for is the one of the result.
  const auto kmeans = json({"cluster", "run", "--split", "all", "--k-max", "3"});
  EXPECT_EQ(kmeans.at("clusters"), report.at("clusters"));
  EXPECT_EQ(kmeans, json({"cluster", "run", "--split", "all", "--k-max", "3"}));
  const auto tied = json({"cluster", "run", "--split", "all", "--method", "gmm", "--covariance", "tied"});
  EXPECT_EQ(tied.at("covariance"), "tied");
  EXPECT_EQ(tied.at("clusters"), json({"cluster", "run", "--split", "all"}).at("clusters"));
  expect_refused({"cluster", "run", "--method", "gmm", "--covariance", "tide"}, "did you mean 'tied'?");
  train_table();
  ok({"cluster", "table", "-k", "2", "-o", "clusters.png"});
  EXPECT_EQ(picture("clusters.png").dim(0), 3);
}

TEST_F(Probing, WhatCannotBeClustered) {
  expect_refused({"cluster", "run", "-k", "0"}, "-k: expected a whole number from 1");
  expect_refused({"cluster", "run", "-k", "16"}, "-k 16: the validation part of");
  expect_refused({"cluster", "run", "-k", "2", "--k-max", "3"}, "excludes");
  expect_refused({"cluster", "run", "--method", "kmean"}, "did you mean 'kmeans'?");
  expect_refused({"cluster", "run", "--covariance", "full"}, "--covariance belongs to --method gmm");
  expect_refused({"cluster", "run", "--method", "gmm", "--covariance", "round"}, "unknown covariance 'round'");
  expect_refused({"cluster", "run", "-k", "2", "-o", "a.gif"}, "this command writes");
  expect_refused({"cluster", "run", "-k", "500", "--shown", "50", "-o", "a.png"}, "too many for one picture");
  expect_refused({"cluster", "missing"}, "missing");
}

}  // namespace
}  // namespace latent::test
