#include <latent/run/series/detail/normal_scores.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace latent {
namespace {

// Row i scores i, at step i.
NormalScores scores_up_to(int64_t count) {
  std::vector<ScoreAt> scores;
  for (int64_t i = count; i-- > 0;) scores.push_back({static_cast<double>(i), i});
  return NormalScores(std::move(scores));
}

TEST(NormalScores, CountRowsThatScoreAsMuch) {
  const NormalScores scores = scores_up_to(99);
  EXPECT_DOUBLE_EQ(scores.p_value(-1.0), 1.0);
  EXPECT_DOUBLE_EQ(scores.p_value(50.0), 0.5);
  EXPECT_DOUBLE_EQ(scores.p_value(50.5), 0.49);
  EXPECT_EQ(scores.size(), 99);
  EXPECT_DOUBLE_EQ(NormalScores().p_value(3.0), 1.0);
  EXPECT_DOUBLE_EQ(scores_up_to(9).p_value(100.0), 0.1) << "few have no tail";
}

TEST(NormalScores, HaveAnExponentialTailDownToAHundredthOfWhatCountingShows) {
  const NormalScores scores = scores_up_to(100);
  // The largest ten are 90 ... 99: 4.5 above their threshold of 90 on average.
  EXPECT_NEAR(scores.p_value(108.0), 0.1 * std::exp(-18.0 / 4.5), 1e-12);
  EXPECT_DOUBLE_EQ(scores.p_value(1e6), 0.01 / 101.0);
  EXPECT_GE(scores.p_value(99.5), scores.p_value(100.5));
}

TEST(NormalScores, RowsThatAreLeftOutDoNotCount) {
  const NormalScores scores = scores_up_to(100);
  // Without steps 80 ... 99 the highest is 79: what 85 scores is like a row that none of 80 reaches.
  const NormalScores fewer = scores_up_to(80);
  for (const double score : {10.0, 75.0, 79.0, 85.0, 1000.0}) {
    EXPECT_DOUBLE_EQ(scores.p_value(score, {80, 100}), fewer.p_value(score)) << score;
  }
  EXPECT_DOUBLE_EQ(scores.p_value(85.0, {0, 0}), scores.p_value(85.0));
}

}  // namespace
}  // namespace latent
