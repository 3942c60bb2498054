// What is said of a classifier's predictions, by hand.

#include <latent/run/classes/predictions.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace latent {
namespace {

using ::testing::ElementsAre;

Predictions four_predictions() {
  return {.probabilities = Tensor::from(std::vector<float>{0.9F, 0.1F, 0.8F, 0.2F, 0.3F, 0.7F, 0.6F, 0.4F}, {4, 2}),
          .classes = {0, 0, 1, 0}};
}

TEST(ClassFiguresByHand, AccuracyConfusionAndCrossEntropy) {
  const ClassificationFigures figures = judge_predictions(four_predictions(), std::vector<int64_t>{0, 1, 1, 0});
  EXPECT_EQ(figures.samples, 4);
  EXPECT_DOUBLE_EQ(figures.accuracy, 0.75);
  EXPECT_THAT(figures.confusion.to_vector(), ElementsAre(2, 0, 1, 1));
  EXPECT_NEAR(figures.cross_entropy, -(std::log(0.9) + std::log(0.2) + std::log(0.7) + std::log(0.6)) / 4.0, 1e-6);
  EXPECT_DOUBLE_EQ(figures.classes[0].recall, 1.0);
  EXPECT_DOUBLE_EQ(figures.classes[0].precision, 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(figures.classes[1].recall, 0.5);
}

TEST(ClassFiguresByHand, CalibrationErrorOverFifteenRanges) {
  // 0.9 in (13/15, 14/15], 0.8 in (11/15, 12/15], 0.7 in (10/15, 11/15], 0.6 in (8/15, 9/15]: one sample each.
  const ClassificationFigures figures = judge_predictions(four_predictions(), std::vector<int64_t>{0, 1, 1, 0});
  EXPECT_NEAR(figures.calibration_error, (0.1 + 0.8 + 0.3 + 0.4) / 4.0, 1e-6);
  // Two samples of one range, (11/15, 12/15]: 0.78 and 0.79, one of them right.
  const Predictions pair{.probabilities = Tensor::from(std::vector<float>{0.78F, 0.22F, 0.79F, 0.21F}, {2, 2}),
                         .classes = {0, 0}};
  const auto of_pair = judge_predictions(pair, std::vector<int64_t>{0, 1});
  EXPECT_NEAR(of_pair.calibration_error, 0.785 - 0.5, 1e-6);
}

TEST(ClassFiguresByHand, UnknownLabelsAreLeftOut) {
  const ClassificationFigures figures = judge_predictions(four_predictions(), std::vector<int64_t>{-1, 1, 5, 0});
  EXPECT_EQ(figures.samples, 2);
  EXPECT_DOUBLE_EQ(figures.accuracy, 0.5);
  EXPECT_THAT(surest_errors(four_predictions(), std::vector<int64_t>{1, 1, 0, -1}), ElementsAre(0, 1, 2));
  EXPECT_THROW(judge_predictions(four_predictions(), std::vector<int64_t>{0}), std::invalid_argument);
}

}  // namespace
}  // namespace latent
