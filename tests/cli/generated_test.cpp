// What sample and augment make of codes: draws from p(x|z), or its means.

#include "tool.hpp"

#include <latent/core/rng.hpp>
#include <latent/formats/csv.hpp>

#include <fmt/core.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <set>
#include <string>

namespace latent::test {
namespace {

using ::testing::HasSubstr;

// People: age, income (with much noise), a column of 0 and 1.
class Generated : public ToolTest {
 protected:
  static constexpr int64_t kRows = 1500;

  void SetUp() override {
    ToolTest::SetUp();
    Rng rng(5);
    std::vector<float> normal(2 * kRows), uniform(kRows);
    rng.normal(std::span<float>(normal));
    rng.uniform(uniform);
    std::string text = "age,income,member\n";
    for (size_t i = 0; i < kRows; ++i) {
      text += fmt::format("{:.2f},{:.1f},{}\n", 45 + 12 * normal[2 * i], 900 + 200 * normal[2 * i + 1],
                          uniform[i] < 0.4F ? 1 : 0);
    }
    write("people.csv", text);
  }

  std::vector<double> column(const std::string& file, size_t index) const {
    return read_csv(MappedFile::open(path(file))->bytes(), file).numbers.at(index);
  }
  static double spread(const std::vector<double>& values) {
    double sum = 0.0, squares = 0.0;
    for (const double value : values) sum += value;
    const double mean = sum / static_cast<double>(values.size());
    for (const double value : values) squares += (value - mean) * (value - mean);
    return std::sqrt(squares / static_cast<double>(values.size()));
  }
  static bool all_zero_or_one(const std::vector<double>& values) {
    return std::ranges::all_of(values, [](double value) { return value == 0.0 || value == 1.0; });
  }
};

TEST_F(Generated, RowsOfATableVaryAsTheDataDoes) {
  ok(train("people.csv", "run", {"--preset", "vae-table", "--epochs", "4"}));
  ok({"sample", "run", "-n", "2000", "-o", "drawn.csv"});
  const std::vector<double> income = column("people.csv", 1), drawn = column("drawn.csv", 1);
  // The standard error of a standard deviation is spread / sqrt(2 n): 1.6% here; what training leaves is more.
  EXPECT_NEAR(spread(drawn), spread(income), 0.15 * spread(income));
  EXPECT_NEAR(spread(column("drawn.csv", 0)), 12.0, 0.15 * 12.0);
  EXPECT_TRUE(all_zero_or_one(column("drawn.csv", 2)));

  const auto means = json({"sample", "run", "-n", "2000", "-o", "means.csv", "--mean"});
  EXPECT_EQ(means.at("values"), "means");
  EXPECT_LT(spread(column("means.csv", 1)), 0.9 * spread(income));
  EXPECT_FALSE(all_zero_or_one(column("means.csv", 2)));

  // The same seed gives the same draws, another one others; codes are those of the means.
  ok({"sample", "run", "-n", "2000", "-o", "again.csv"});
  EXPECT_EQ(read("again.csv"), read("drawn.csv"));
  ok({"sample", "run", "-n", "2000", "-o", "again.csv", "--threads", "1"});
  for (int c = 0; c < 2; ++c) {
    const double step = c == 0 ? 0.01 : 0.1;  // what rounds differently is one step off
    EXPECT_THAT(column("again.csv", c), testing::Pointwise(testing::DoubleNear(1.01 * step), column("drawn.csv", c)));
  }
  EXPECT_THAT(read("drawn.csv"), testing::Not(testing::HasSubstr("-0\n")));
  ok({"sample", "run", "-n", "2000", "-o", "other.csv", "--seed", "1"});
  EXPECT_NE(read("other.csv"), read("drawn.csv"));
  ok({"sample", "run", "-n", "20", "-o", "drawn.npz"});
  ok({"sample", "run", "-n", "20", "-o", "means.npz", "--mean"});
  EXPECT_EQ(npz("drawn.npz", "codes").to_vector(), npz("means.npz", "codes").to_vector());
}

// Grades of 1, 2 and 3 beside a column without steps: standardised, the 2 is 4e-8 beside what single precision makes of
// it.
TEST_F(Generated, WholeNumbersComeBackWholeWhereverTheirMeanLies) {
  std::ofstream table(path("grades.csv"));
  table << "grade,price\n";
  for (int i = 0; i < 150; ++i) {
    table << (i % 7 < 2 ? 1 : i % 7 < 4 ? 2 : 3) << "," << 100.0 + std::sin(i) * 37.123 << "\n";
  }
  table.close();
  ok(train("grades.csv", "grades", {"--epochs", "1"}));
  ok({"sample", "grades", "-n", "200", "-o", "drawn.csv"});
  std::ifstream drawn(path("drawn.csv"));
  std::string line;
  std::getline(drawn, line);
  std::set<std::string> grades;
  while (std::getline(drawn, line)) grades.insert(line.substr(0, line.find(',')));
  EXPECT_THAT(grades, testing::IsSubsetOf({"1", "2", "3"}));
  EXPECT_GE(grades.size(), 2U);
}

TEST_F(Generated, EvaluateJudgesWhatIsGenerated) {
  ok(train("people.csv", "good", {"--preset", "vae-table", "--epochs", "6"}));
  const auto good = json({"evaluate", "good"}).at("generated");
  EXPECT_EQ(good.at("rows"), 150);  // as many as were held out
  EXPECT_EQ(good.at("columns").size(), 3u);
  EXPECT_GT(good.at("columns").at("member").get<double>(), 0.85);
  EXPECT_GT(good.at("columns_mean").get<double>(), 0.85);
  EXPECT_GT(good.at("pairs").get<double>(), 0.9);
  // A Gaussian by itself makes no column of 0 and 1: what is judged are the values of the training that rows get.
  ok(train("people.csv", "plain", {"--likelihood", "gaussian", "--epochs", "2"}));
  const auto plain = json({"evaluate", "plain"}).at("generated");
  EXPECT_GT(plain.at("columns").at("member").get<double>(), 0.85);
  EXPECT_LT(plain.at("classifier_auroc").get<double>(), 0.75);
  EXPECT_LT(good.at("classifier_auroc").get<double>(), 0.75);
  EXPECT_THAT(ok({"evaluate", "good"}), HasSubstr("a classifier tells them from the data with an AUROC of"));
}

TEST_F(Generated, AugmentedRowsAreDrawnToo) {
  ok(train("people.csv", "run", {"--preset", "vae-table", "--epochs", "4"}));
  EXPECT_EQ(json({"augment", "run", "-n", "500", "-o", "more.csv"}).at("values"), "draws");
  EXPECT_TRUE(all_zero_or_one(column("more.csv", 2)));
  EXPECT_THAT(ok({"augment", "run", "-n", "500", "-o", "means.csv", "--mean"}), HasSubstr("means of p(x|z)"));
  EXPECT_FALSE(all_zero_or_one(column("means.csv", 2)));
}

TEST_F(Generated, PicturesAreMeansUnlessAskedOtherwise) {
  write_idx("images", 60);
  ok(train("images", "run", {"--epochs", "1"}));
  EXPECT_THAT(ok({"sample", "run", "-n", "4", "-o", "means.npy"}), HasSubstr("means of p(x|z); --draw adds its noise"));
  const std::vector<double> means = npy("means.npy").to_vector();
  EXPECT_FALSE(all_zero_or_one(means));
  EXPECT_EQ(json({"sample", "run", "-n", "4", "-o", "drawn.npy", "--draw"}).at("values"), "draws");
  EXPECT_TRUE(all_zero_or_one(npy("drawn.npy").to_vector()));  // of Bernoullis
  fails(2, {"sample", "run", "-o", "a.npy", "--draw", "--mean"}, "--mean excludes --draw");
}

TEST_F(Generated, WholeLevelsAreDrawn) {
  write_idx("images", 60);
  ok(train("images", "run", {"--epochs", "1", "--likelihood", "logistic-mixture"}));
  EXPECT_EQ(json({"sample", "run", "-n", "4", "-o", "drawn.npy"}).at("values"), "draws");
  for (const double value : npy("drawn.npy").to_vector()) EXPECT_NEAR(255.0 * value, std::round(255.0 * value), 1e-3);
}

TEST_F(Generated, RowsOfATableHaveValuesThatTheirColumnsCanHave) {
  Rng rng(8);
  std::string text = "zip,amount,price,steps\n";
  const std::array<int, 3> zips = {10115, 20095, 80331};
  for (int i = 0; i < kRows; ++i) {
    std::array<double, 4> normal{};
    rng.normal(std::span<double>(normal));
    const double amount = rng.uniform() < 0.7 ? 0.0 : 500.0 * std::abs(normal[0]);
    text +=
        fmt::format("{},{:.2f},{:.2f},{}\n", zips[rng.below(3)], amount, std::exp(3.0 + normal[1]), rng.below(20'000));
  }
  write("shop.csv", text);
  ok(train("shop.csv", "run", {"--preset", "vae-table", "--epochs", "1"}));
  const auto check = [&](const std::string& file) {
    const std::vector<double> zip = column(file, 0), amount = column(file, 1);
    EXPECT_EQ(std::set<double>(zip.begin(), zip.end()), std::set<double>(zips.begin(), zips.end())) << file;
    // 2,000 rows: three standard errors are 0.03, and as much again for the ranks, which 10,000 draws tell.
    EXPECT_NEAR(std::ranges::count(amount, 0.0) / 2000.0, 0.7, 0.06) << file;
    for (const double code : zips) EXPECT_NEAR(std::ranges::count(zip, code) / 2000.0, 1.0 / 3, 0.06) << file;
    for (size_t c = 1; c < 4; ++c) {
      const std::vector<double> values = column(file, c), training = column("shop.csv", c);
      const double per_one = c == 3 ? 1.0 : 100.0;
      for (const double value : values) ASSERT_EQ(value, std::round(value * per_one) / per_one) << file << c;
      EXPECT_GE(std::ranges::min(values), std::ranges::min(training)) << file << c;
      EXPECT_LE(std::ranges::max(values), std::ranges::max(training)) << file << c;
    }
  };
  const std::string said = ok({"sample", "run", "-n", "2000", "-o", "new.csv"});
  EXPECT_THAT(said, HasSubstr("drawn from p(x|z), columns spread as in training"));
  check("new.csv");
  ok({"augment", "run", "-n", "2000", "-o", "more.csv"});
  const std::vector<double> zip = column("more.csv", 0);
  EXPECT_EQ(std::set<double>(zip.begin(), zip.end()), std::set<double>(zips.begin(), zips.end()));
  EXPECT_GE(std::ranges::min(column("more.csv", 1)), 0.0);
  // Means stay what they are.
  EXPECT_THAT(ok({"sample", "run", "-n", "9", "-o", "mean.csv", "--mean"}), HasSubstr("means of p(x|z)"));
}

}  // namespace
}  // namespace latent::test
