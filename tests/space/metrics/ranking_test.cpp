#include <latent/space/metrics/ranking.hpp>

#include <latent/core/rng.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

namespace latent::space {
namespace {

using ::testing::ElementsAre;

// Sums of at most 200 terms of order 1 in double.
constexpr double kRounding = 1e-12;

template <class T>
std::vector<T> numbers(const std::string& text) {
  std::istringstream stream(text);
  std::vector<T> values;
  for (double value = 0; stream >> value;) values.push_back(static_cast<T>(value));
  return values;
}

TEST(Ranking, FiguresAreThoseOfScikitLearn) {
  std::ifstream file(LATENT_TEST_DATA "/golden/ranking.csv");  // written by ranking.py
  std::string line;
  std::getline(file, line);
  int cases = 0;
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string auroc_text, ap_text, scores_text, classes_text;
    std::getline(fields, auroc_text, ',');
    std::getline(fields, ap_text, ',');
    std::getline(fields, scores_text, ',');
    std::getline(fields, classes_text, ',');
    const auto scores = numbers<double>(scores_text);
    const auto classes = numbers<uint8_t>(classes_text);
    EXPECT_NEAR(auroc(scores, classes), std::stod(auroc_text), kRounding) << line;
    EXPECT_NEAR(average_precision(scores, classes), std::stod(ap_text), kRounding) << line;
    ++cases;
  }
  EXPECT_EQ(cases, 5);
}

TEST(Ranking, PerfectOppositeAndConstantScores) {
  const std::vector<double> scores = {1, 2, 3, 4}, equal = {7, 7, 7, 7};
  const std::vector<uint8_t> top = {0, 0, 1, 1}, bottom = {1, 1, 0, 0};
  EXPECT_EQ(auroc(scores, top), 1.0);
  EXPECT_EQ(auroc(scores, bottom), 0.0);
  EXPECT_EQ(auroc(equal, top), 0.5);
  EXPECT_EQ(average_precision(scores, top), 1.0);
  EXPECT_EQ(average_precision(equal, top), 0.5);  // the share of positives
}

TEST(Ranking, RefusesWhatHasNoFigure) {
  const std::vector<double> scores = {1, 2}, broken = {1, std::numeric_limits<double>::quiet_NaN()};
  const std::vector<uint8_t> both = {0, 1}, one = {1, 1}, none = {0, 0}, longer = {0, 1, 1};
  EXPECT_THROW(auroc(scores, one), std::invalid_argument);
  EXPECT_THROW(auroc(scores, none), std::invalid_argument);
  EXPECT_THROW(auroc(scores, longer), std::invalid_argument);
  EXPECT_THROW(auroc(broken, both), std::invalid_argument);
  EXPECT_THROW(average_precision(scores, one), std::invalid_argument);
  EXPECT_THROW(average_precision({}, {}), std::invalid_argument);
}

TEST(ConformalPValues, ByHand) {
  const std::vector<double> calibration = {3, 1, 2, 2}, scores = {0, 1, 2, 2.5, 3, 9};
  EXPECT_THAT(conformal_p_values(scores, calibration), ElementsAre(1.0, 1.0, 4.0 / 5, 2.0 / 5, 2.0 / 5, 1.0 / 5));
  EXPECT_THAT(conformal_p_values(scores, std::vector<double>{5}), ElementsAre(1, 1, 1, 1, 1, 0.5));
  EXPECT_THROW(conformal_p_values(scores, {}), std::invalid_argument);
  EXPECT_THROW(conformal_p_values(std::vector<double>{std::nan("")}, calibration), std::invalid_argument);
}

TEST(ConformalPValues, AreUniformOnNormalData) {
  constexpr size_t kCalibration = 999, kScores = 2000;
  Rng rng(3);
  std::vector<double> draws(kCalibration + kScores);
  rng.normal(draws);
  const std::span<const double> all(draws);
  std::vector<double> p = conformal_p_values(all.subspan(kCalibration), all.first(kCalibration));
  std::sort(p.begin(), p.end());
  double distance = 0.0;
  for (size_t i = 0; i < p.size(); ++i) distance = std::max(distance, std::abs(p[i] - (i + 0.5) / kScores));
  // Kolmogorov: 1.95 / sqrt(n) is exceeded once in 1,000 seeds; the calibration is a draw of its own.
  EXPECT_LT(distance, 1.95 * std::sqrt(1.0 / kScores + 1.0 / kCalibration));
}

}  // namespace
}  // namespace latent::space
