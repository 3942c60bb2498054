// Accuracy, adjusted Rand index, mutual information, silhouette, R^2.

#include <latent/space/metrics/scores.hpp>

#include <tests/space/golden_archive.hpp>

#include <gmock/gmock.h>

#include <cmath>

namespace latent::space {
namespace {

using ::testing::ElementsAre;
using Labels = std::vector<int64_t>;

// For figures computed in double by the same formula.
constexpr double kScoreRounding = 1e-12;
TEST(AccuracyTest, ByHand) {
  EXPECT_EQ(accuracy(Labels{0, 1, 2, 1}, Labels{0, 1, 1, 1}), 0.75);
  EXPECT_THROW(accuracy(Labels{}, Labels{}), std::invalid_argument);
  EXPECT_THROW(accuracy(Labels{1}, Labels{1, 2}), std::invalid_argument);
}

TEST(ConfusionTest, RowsAreTruth) {
  const Tensor matrix = confusion_matrix(Labels{0, 0, 1, 1, 1}, Labels{0, 1, 1, 1, 0}, 3);
  EXPECT_THAT(matrix.to_vector(), ElementsAre(1, 1, 0, 1, 2, 0, 0, 0, 0));
  const std::vector<double> shares = class_accuracies(matrix);
  EXPECT_EQ(shares[0], 0.5);
  EXPECT_NEAR(shares[1], 2.0 / 3.0, kScoreRounding);
  EXPECT_TRUE(std::isnan(shares[2]));
  EXPECT_THROW(confusion_matrix(Labels{3}, Labels{0}, 3), std::invalid_argument);
  EXPECT_THROW(confusion_matrix(Labels{0}, Labels{-1}, 3), std::invalid_argument);
}

TEST(PartitionTest, AgreesWithScikitLearn) {
  const test::GoldenArchive golden("probes.npz");
  const Labels a = golden.integers("labels"), b = golden.integers("other");
  EXPECT_NEAR(adjusted_rand_index(a, b), golden.value("ari"), kScoreRounding);
  EXPECT_NEAR(normalized_mutual_information(a, b), golden.value("nmi"), kScoreRounding);
  EXPECT_NEAR(adjusted_rand_index(b, a), golden.value("ari"), kScoreRounding);
  EXPECT_NEAR(normalized_mutual_information(b, a), golden.value("nmi"), kScoreRounding);
}

TEST(PartitionTest, NamesOfPartsDoNotMatter) {
  const Labels a{0, 0, 1, 1, 2, 2}, renamed{7, 7, 3, 3, 5, 5}, one(6, 4);
  EXPECT_EQ(adjusted_rand_index(a, renamed), 1.0);
  EXPECT_NEAR(normalized_mutual_information(a, renamed), 1.0, kScoreRounding);
  EXPECT_EQ(adjusted_rand_index(a, one), 0.0);
  EXPECT_EQ(normalized_mutual_information(a, one), 0.0);
  EXPECT_EQ(adjusted_rand_index(one, one), 1.0);
  EXPECT_EQ(normalized_mutual_information(one, one), 1.0);
}

TEST(SilhouetteTest, AgreesWithScikitLearn) {
  const test::GoldenArchive golden("probes.npz");
  EXPECT_NEAR(silhouette(golden.at("x"), golden.integers("labels")), golden.value("silhouette"), kScoreRounding);
  EXPECT_NEAR(silhouette(golden.at("x"), golden.integers("other")), golden.value("silhouette_other"), kScoreRounding);
}

TEST(SilhouetteTest, ByHand) {
  // a = 1 for each; b = 10.5, 9.5, 9.5, 10.5; the row alone in its cluster counts 0.
  const Tensor x = Tensor::from(std::vector<float>{0, 1, 10, 11, 1000}, {5, 1});
  const double expected = 2 * ((10.5 - 1) / 10.5 + (9.5 - 1) / 9.5) / 5;
  EXPECT_NEAR(silhouette(x, Labels{0, 0, 1, 1, 5}), expected, kScoreRounding);
  EXPECT_NEAR(silhouette(x, Labels{0, 0, 1, 1, int64_t{1} << 60}), expected, kScoreRounding);
  EXPECT_THROW(silhouette(x, Labels{0, 0, 0, 0, 0}), std::invalid_argument);
  EXPECT_THROW(silhouette(x, Labels{0, 1, 2, 3, 4}), std::invalid_argument);
  EXPECT_THROW(silhouette(x, Labels{0, 1}), std::invalid_argument);
}

TEST(RegressionScoresTest, ByHand) {
  const std::vector<double> truth{1, 2, 3, 4}, predicted{1, 2, 3, 6};
  EXPECT_NEAR(r_squared(truth, predicted), 1.0 - 4.0 / 5.0, kScoreRounding);
  EXPECT_EQ(mean_absolute_error(truth, predicted), 0.5);
  EXPECT_EQ(r_squared(truth, std::vector<double>(4, 2.5)), 0.0);
  const std::vector<double> flat(4, 2.0);
  EXPECT_EQ(r_squared(flat, flat), 1.0);
  EXPECT_EQ(r_squared(flat, truth), 0.0);
}

TEST(MeanErrorTest, ByHand) {
  const MeanError result = mean_error(std::vector<double>{1, 2, 3, 4});
  EXPECT_EQ(result.mean, 2.5);
  EXPECT_NEAR(result.standard_error, std::sqrt(5.0 / 3.0 / 4.0), kScoreRounding);
  EXPECT_EQ(mean_error(std::vector<double>{3}).standard_error, 0.0);
}

}  // namespace
}  // namespace latent::space
