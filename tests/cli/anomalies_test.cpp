// latent train --preset vae-table and latent anomalies.

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

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Anomalies : public ToolTest {
 protected:
  // Rows on a line with noise, a binary and a constant column; every tenth one breaks the rule where `odd` says so.
  void write_rows(const std::string& name, int rows, bool odd, const std::string& extra_header = "") const {
    std::string text = "length,width,flag,unit" + extra_header + "\n";
    for (int i = 0; i < rows; ++i) {
      const double length = std::sin(12.9898 * i) * 3.0, noise = std::sin(78.233 * i) * 0.1;
      const bool is_odd = odd && i % 10 == 9;
      const double width = is_odd ? -2.0 * length + 4.0 : 2.0 * length + noise;
      text += std::to_string(length) + "," + std::to_string(width) + "," + (i % 3 == 0 ? "1" : "0") + ",5";
      if (!extra_header.empty()) text += is_odd ? ",1" : ",0";
      text += "\n";
    }
    write(name, text);
  }
  void train_table(const std::string& data = "normal.csv", const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {"train", data,        "--preset", "vae-table", "--epochs",
                                      "1",     "--threads", "1",        "--out",     "run"};
    words.insert(words.end(), more.begin(), more.end());
    ok(words);
  }
  CsvTable table(const std::string& name) const {
    const auto file = MappedFile::open(path(name));
    return read_csv(file->bytes(), file->path());
  }
};

TEST_F(Anomalies, OfATableFromTheCommandLine) {
  write_rows("normal.csv", 120, false);
  write_rows("new.csv", 50, true, ",odd");
  train_table();
  const auto model = json({"info", "run"});
  EXPECT_THAT(model.dump(), HasSubstr("binary"));

  const auto report = json(
      {"anomalies", "run", "new.csv", "--label-column", "odd", "-o", "scores.csv", "--contributions", "columns.csv"});
  EXPECT_EQ(report.at("samples"), 50);
  EXPECT_EQ(report.at("reference"), 108);
  EXPECT_EQ(report.at("calibration"), 12);
  EXPECT_EQ(report.at("anomalous_classes"), nlohmann::json::array({"1"}));
  EXPECT_GT(report.at("auroc").get<double>(), 0.95);
  EXPECT_GT(report.at("average_precision").get<double>(), 0.8);
  for (const char* name : {"distance", "density", "wide_density", "joint_density", "wide_joint_density", "code_density",
                           "wide_code_density", "tails", "constants", "reconstruction", "neg_elbo", "nll",
                           "code_distance", "mahalanobis", "column_mahalanobis"}) {
    EXPECT_TRUE(report.at("components").at(name).contains("auroc")) << name;
  }
  EXPECT_EQ(report.at("oddest").at(0).at("class"), "1");
  EXPECT_EQ(report.at("oddest").at(0).at("columns").size(), 3u);

  const CsvTable scores = table("scores.csv");
  EXPECT_EQ(scores.rows, 50);
  EXPECT_EQ(std::vector<std::string>(scores.column_names.begin(), scores.column_names.begin() + 4),
            (std::vector<std::string>{"index", "score", "p_value", "distance"}));
  for (size_t i = 0; i < 50; ++i) EXPECT_EQ(scores.numbers[0][i], static_cast<double>(i));
  const auto oddest = report.at("oddest").at(0).at("index").get<size_t>();
  EXPECT_EQ(scores.numbers[1][oddest], *std::max_element(scores.numbers[1].begin(), scores.numbers[1].end()));
  EXPECT_EQ(scores.numbers[2][oddest], 1.0 / 13);
  const CsvTable columns = table("columns.csv");
  EXPECT_EQ(columns.rows, 50);
  EXPECT_THAT(columns.column_names, ElementsAre("index", "length", "width", "flag", "unit", "data_index"));
  EXPECT_EQ(columns.numbers[4][0], 0.0);  // a constant column is what it always was
}

TEST_F(Anomalies, TheSameBitsAgainAndWithoutLabelsNoFigures) {
  write_rows("normal.csv", 60, false);
  write_rows("new.csv", 20, true);
  train_table();
  const auto report = json({"anomalies", "run", "new.csv", "-o", "a.csv"});
  EXPECT_FALSE(report.contains("auroc"));
  EXPECT_FALSE(report.at("components").at("distance").contains("auroc"));
  ok({"anomalies", "run", "new.csv", "-o", "b.csv"});
  EXPECT_EQ(read("a.csv"), read("b.csv"));
  const auto lean = json({"anomalies", "run", "new.csv", "-o", "a.csv", "--importance-samples", "0"});
  EXPECT_FALSE(lean.at("components").contains("nll"));
  // Its own validation part, with a word about it.
  const ToolResult own = run({"anomalies", "run", "-o", "own.csv"});
  EXPECT_EQ(own.status, 0);
  EXPECT_THAT(own.err, HasSubstr("are those that p-values are taken from"));
}

TEST_F(Anomalies, ColumnsAreKnownByTheirNames) {
  write_rows("normal.csv", 60, false);
  write_rows("new.csv", 20, true, ",odd");
  train_table();
  const CsvTable rows = table("new.csv");
  std::string swapped = "unit,odd,width,flag,length\n";
  for (size_t i = 0; i < 20; ++i) {
    for (const size_t c : {3, 4, 1, 2, 0}) swapped += fmt::format("{}{}", rows.numbers[c][i], c == 0 ? "\n" : ",");
  }
  write("swapped.csv", swapped);
  for (const std::string name : {"new", "swapped"}) {
    ok({"anomalies", "run", name + ".csv", "--label-column", "odd", "-o", name + "-scores.csv", "--contributions",
        name + "-columns.csv"});
  }
  EXPECT_EQ(read("swapped-scores.csv"), read("new-scores.csv"));
  EXPECT_EQ(read("swapped-columns.csv"), read("new-columns.csv"));
  write("other.csv", "length,height,flag,unit\n1,2,0,5\n");
  fails(2, {"anomalies", "run", "other.csv", "-o", "s.csv"},
        "column 'height' is none that the model was trained on; expected 'width'");
}

// A label column that training knew by its place does not stand in the way of tables without one.
TEST_F(Anomalies, TheLabelOfTheTrainingMayBeMissing) {
  write_rows("normal.csv", 60, false, ",odd");
  train_table("normal.csv", {"--label-column", "-1"});
  write_rows("new.csv", 20, false);
  EXPECT_EQ(json({"anomalies", "run", "new.csv", "-o", "s.csv"}).at("samples"), 20);
  fails(2, {"anomalies", "run", "new.csv", "--label-column", "-1", "-o", "s.csv"}, "'unit' cannot be the label column");
}

TEST_F(Anomalies, MissingValuesAndSmallSets) {
  write("holes.csv", "a,b\n1,2\n2,\n3,6\n4,8\n,10\n6,12\n7,14\n8,16\n9,18\n10,20\n");
  ok({"train", "holes.csv", "--missing", "impute", "--preset", "vae-table", "--epochs", "1", "--out", "run"});
  fails(2, {"anomalies", "run", "holes.csv", "--missing", "refuse", "-o", "scores.csv"}, "missing value");
  write("new.csv", "a,b\n5,10\n5,\n90,1\n");
  const auto report = json({"anomalies", "run", "new.csv", "-o", "scores.csv"});
  EXPECT_EQ(report.at("oddest").at(0).at("index"), 2);
  write("two.csv", "a,b\n1,2\n2,3\n");  // one row to train on, one held out
  ok({"train", "two.csv", "--preset", "vae-table", "--epochs", "1", "--out", "tiny"});
  EXPECT_EQ(json({"anomalies", "tiny", "new.csv", "--missing", "impute", "-o", "scores.csv"}).at("reference"), 1);
}

TEST_F(Anomalies, MissingCellsMakeNoAnomalies) {
  write_rows("normal.csv", 400, false);
  train_table("normal.csv", {"--validation", "0.25"});
  // Normal rows between those of the training, every second one without its width.
  std::string text = "length,width,flag,unit\n";
  constexpr int kRows = 100;
  for (int i = 0; i < kRows; ++i) {
    const double length = 2.9 * std::sin(0.7 * i + 0.1), width = 2.0 * length + 0.1 * std::sin(3.1 * i);
    text += std::to_string(length) + "," + (i % 2 == 0 ? "" : std::to_string(width)) + "," + (i % 3 == 0 ? "1" : "0");
    text += ",5\n";
  }
  write("new.csv", text);
  const ToolResult ran =
      run({"anomalies", "run", "new.csv", "--missing", "impute", "-o", "scores.csv", "--contributions", "columns.csv"});
  EXPECT_THAT(ran.err, HasSubstr("new.csv: 50 missing cells in 50 of 100 rows, filled from the rest of each row"));
  // A width at the mean of all would be far from the line: nearly all of these rows would have p <= 0.05.
  const std::vector<double> p = table("scores.csv").numbers.at(2);
  int odd = 0;
  for (size_t i = 0; i < p.size(); i += 2) odd += p[i] <= 0.05 ? 1 : 0;
  EXPECT_LE(odd, 8);  // 2.5 of 50 are expected; 8 or more have a chance of 0.4%
  const CsvTable columns = table("columns.csv");
  for (size_t i = 0; i < kRows; ++i) {
    EXPECT_EQ(std::isnan(columns.numbers.at(2).at(i)), i % 2 == 0) << i;
    EXPECT_FALSE(std::isnan(columns.numbers.at(1).at(i))) << i;
  }
  const auto report = json({"anomalies", "run", "new.csv", "--missing", "impute", "-o", "scores.csv"});
  EXPECT_EQ(report.at("filled_cells"), 50);
  EXPECT_EQ(report.at("filled_rows"), 50);
  for (const auto& oddest : report.at("oddest")) {
    const bool is_filled = oddest.at("index").get<int>() % 2 == 0;
    EXPECT_EQ(oddest.at("columns").size(), 3U);
    for (const auto& column : oddest.at("columns")) EXPECT_FALSE(is_filled && column.at("name") == "width");
  }
}

TEST_F(Anomalies, OfArraysAndPlainAutoencoders) {
  write_table("table.csv", 40);
  ok(train("table.csv", "plain", {"--epochs", "2", "--posterior", "none", "--label-column", "kind"}));
  const auto report = json({"anomalies", "plain", "-o", "scores.csv"});
  EXPECT_FALSE(report.at("components").contains("neg_elbo"));
  EXPECT_EQ(report.at("components").at("reconstruction").at("combined"), true);
  ASSERT_GT(report.at("samples").get<int>(), 0);
}

TEST_F(Anomalies, HeatMapsOfImages) {
  write_idx("images", 60);
  ok(train("images", "run", {"--epochs", "1"}));
  const auto report = json({"anomalies", "run", "images", "--split", "all", "-o", "scores.csv", "--heatmaps",
                            "heat.png", "--top", "12", "--anomaly-label", "1"});
  EXPECT_EQ(report.at("samples"), 60);
  EXPECT_TRUE(report.contains("auroc"));
  EXPECT_FALSE(report.at("components").contains("tails"));
  EXPECT_GT(fs::file_size(path("heat.png")), 0u);
  ok({"anomalies", "run", "-o", "scores.csv", "--heatmaps", "heat", "--top", "3"});
  const auto file = MappedFile::open(path("heat/000002.png"));
  EXPECT_EQ(read_image(file->bytes(), file->path()).shape(), Shape({3, 8, 26}));
  EXPECT_FALSE(fs::exists(path("heat/000003.png")));
}

// A column that never changed in training does so now, beside 60 others that always do.
TEST_F(Anomalies, AColumnThatNeverChangedIsFoundAndNamedFirst) {
  constexpr int kColumns = 60, kRows = 400, kNew = 20;
  const auto rows = [&](const std::string& name, int n, uint64_t seed, bool changes) {
    std::vector<float> values(static_cast<size_t>(n) * kColumns);
    Rng rng(seed);
    rng.normal(std::span<float>(values));
    std::string text = "flag";
    for (int c = 0; c < kColumns; ++c) text += fmt::format(",c{}", c);
    for (int i = 0; i < n; ++i) {
      text += changes && i % 2 == 0 ? "\n3.5" : "\n2.5";
      for (int c = 0; c < kColumns; ++c) text += fmt::format(",{}", values[static_cast<size_t>(i * kColumns + c)]);
    }
    write(name, text + "\n");
  };
  rows("normal.csv", kRows, 1, false);
  rows("new.csv", kNew, 2, true);
  for (const char* preset : {"vae-table", ""}) {
    std::vector<std::string> words = {"train", "normal.csv", "--epochs", "2", "--out", "run", "--overwrite"};
    if (*preset != 0) words.insert(words.end(), {"--preset", preset});
    ok(words);
    const auto report = json({"anomalies", "run", "new.csv", "-o", "scores.csv", "--contributions", "columns.csv"});
    const CsvTable scores = table("scores.csv"), columns = table("columns.csv");
    for (size_t n = 0; n < kNew; n += 2) {
      EXPECT_LE(scores.numbers[2][n], 0.05) << preset << " row " << n;
      for (size_t c = 2; c <= kColumns + 1; ++c) {
        EXPECT_LT(std::abs(columns.numbers[c][n]), columns.numbers[1][n]) << preset << " row " << n;
      }
      EXPECT_EQ(columns.numbers[1][n + 1], 0.0);
    }
    EXPECT_EQ(report.at("oddest").at(0).at("columns").at(0).at("name"), "flag");
    EXPECT_GT(report.at("components").at("density").at("weight").get<double>(), 0.99);
  }
}

TEST_F(Anomalies, RefusesBeforeItWrites) {
  write_rows("normal.csv", 40, false);
  write_rows("new.csv", 20, true, ",odd");
  train_table();
  const auto before = listing();
  fails(2, {"anomalies", "run", "new.csv", "-o", "scores.png"}, "this command writes .csv");
  fails(2, {"anomalies", "run", "new.csv", "--label-column", "odd", "-o", "s.csv", "--anomaly-label", "2"},
        "class '2'");
  fails(2, {"anomalies", "run", "new.csv", "--label-column", "odd", "-o", "s.csv", "--anomaly-label", "0,1"},
        "all of the");
  fails(2,
        {"anomalies", "run", "new.csv", "--label-column", "odd", "-o", "s.csv", "--anomaly-label", "0",
         "--normal-label", "1"},
        "say the same thing");
  fails(2, {"anomalies", "run", "normal.csv", "-o", "s.csv", "--anomaly-label", "1"}, "no labels");
  fails(2, {"anomalies", "run", "new.csv", "--label-column", "odd", "-o", "s.csv", "--heatmaps", "h.png"}, "no set of");
  fails(2, {"anomalies", "run", "new.csv", "--label-column", "odd", "-o", "s.csv", "--contributions", "s.csv"},
        "same file");
  for (const char* same : {"./s.csv", "run/../s.csv"}) {
    fails(2, {"anomalies", "run", "normal.csv", "-o", "s.csv", "--contributions", same}, "same file");
  }
  fails(2, {"anomalies", "run", "normal.csv", "-o", "s.csv", "--contributions", "s.npy"},
        "--contributions s.npy: this command");
  fails(2, {"anomalies", "run", "normal.csv", "--training-data", "new.csv", "-o", "s.csv"},
        "but the model was trained on 4");
  EXPECT_EQ(listing(), before);
}

TEST_F(Anomalies, NeedsSamplesThatTrainingDidNotSee) {
  write_rows("normal.csv", 40, false);
  write_rows("others.csv", 30, false);
  train_table("normal.csv", {"--validation", "0"});
  fails(2, {"anomalies", "run", "others.csv", "-o", "s.csv"}, "no normal samples are known that training did not see");
  EXPECT_EQ(json({"anomalies", "run", "normal.csv", "--calibration", "others.csv", "-o", "s.csv"}).at("calibration"),
            30);
  fs::rename(path("normal.csv"), path("moved.csv"));
  fails(2, {"anomalies", "run", "others.csv", "--calibration", "others.csv", "-o", "t.csv"}, "normal.csv");
  ok({"anomalies", "run", "others.csv", "--calibration", "others.csv", "--training-data", "moved.csv", "-o", "t.csv"});
}

TEST_F(Anomalies, CalibrationIsReadAsTheDataIs) {
  write_rows("normal.csv", 60, false);
  write_rows("new.csv", 20, true, ",odd");
  train_table();
  const auto scored = [&](const std::string& calibration) {
    return json({"anomalies", "run", "new.csv", "--label-column", "odd", "--missing", "impute", "--calibration",
                 calibration, "-o", "s.csv"});
  };
  write_rows("labelled.csv", 30, false, ",odd");
  EXPECT_EQ(scored("labelled.csv").at("calibration"), 30);
  write_rows("plain.csv", 30, false);
  EXPECT_EQ(scored("plain.csv").at("calibration"), 30);
  write("holes.csv", "length,width,flag,unit\n1,2,0,5\n,2,1,5\n");
  EXPECT_EQ(scored("holes.csv").at("calibration"), 2);
}

TEST_F(Anomalies, SaysWhenPValuesAreNotValid) {
  write_rows("normal.csv", 100, false);
  train_table();
  const auto warnings = [&](const std::string& data, const std::string& calibration) {
    return run({"anomalies", "run", data, "--calibration", calibration, "-o", "s.csv"}).err;
  };
  write("odd.csv", "length,width,flag,unit\n1,-2,0,5\n0.5,1.02,0,5\n-2,-4.01,1,5\n");
  write("held.csv", "length,width,flag,unit\n1.1,2.2,0,5\n0.3,0.62,0,5\n-1.5,-3.01,1,5\n");
  EXPECT_EQ(warnings("odd.csv", "held.csv"), "");
  EXPECT_THAT(warnings("odd.csv", "./odd.csv"), HasSubstr("are those that p-values are taken from"));
  write_rows("copies.csv", 40, false);  // which the training has too, up to what it held out
  EXPECT_THAT(warnings("odd.csv", "copies.csv"), HasSubstr("of 40 calibration samples are training samples"));
  EXPECT_EQ(warnings("odd.csv", "normal.csv"), "");  // known as the run's own: of it, what was held out
}

TEST_F(Anomalies, SmallPValuesAreShown) {
  write_rows("normal.csv", 60, false);
  train_table();
  std::string rows = "length,width,flag,unit\n";
  for (int i = 0; i < 3999; ++i) {
    const double length = 3.0 * std::sin(0.37 * i + 0.1);
    rows += std::to_string(length) + "," + std::to_string(2.0 * length + 0.1 * std::sin(i)) + ",0,5\n";
  }
  write("many.csv", rows);
  write("new.csv", "length,width,flag,unit\n90,-90,0,5\n");
  EXPECT_THAT(
      ok({"anomalies", "run", "new.csv", "--calibration", "many.csv", "--importance-samples", "0", "-o", "s.csv"}),
      HasSubstr("p 0.00025;"));
}

}  // namespace
}  // namespace latent::test
