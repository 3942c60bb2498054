// Windows of rows that come one by one.

#include <latent/run/series/window_feed.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace latent {
namespace {

using ::testing::ElementsAre;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

FeedOptions feed_of(int64_t channels, int64_t window, int64_t max_gap) {
  FeedOptions options{.channels = channels, .window = window, .max_gap = max_gap, .step_seconds = 60.0};
  options.transform.shift.assign(static_cast<size_t>(channels), 0.0);
  options.transform.scale.assign(static_cast<size_t>(channels), 2.0);
  return options;
}

// The rows, of one channel, at which windows end.
std::vector<int64_t> ends_of(const std::vector<double>& rows, int64_t window, int64_t max_gap) {
  WindowFeed feed(feed_of(1, window, max_gap));
  std::vector<float> values(static_cast<size_t>(window));
  std::vector<int64_t> ends;
  for (size_t row = 0; row < rows.size(); ++row) {
    if (feed.add(std::nullopt, std::span(&rows[row], 1), values)) ends.push_back(static_cast<int64_t>(row));
  }
  return ends;
}

TEST(WindowFeed, ShortGapsAreDrawn) {
  WindowFeed feed(feed_of(1, 4, 2));
  std::vector<float> window(4);
  for (const double value : {1.0, kNone, kNone}) feed.add(std::nullopt, std::span(&value, 1), window);
  const double last = 4.0;
  ASSERT_TRUE(feed.add(std::nullopt, std::span(&last, 1), window));
  EXPECT_THAT(window, ElementsAre(2.0F, 4.0F, 6.0F, 8.0F));
}

// Of a long gap not even the end is made up, whether rows or only their cells are missing.
TEST(WindowFeed, NoWindowHoldsAPartOfALongGap) {
  std::vector<double> rows(16, 1.0);
  for (size_t row = 6; row < 9; ++row) rows[row] = kNone;
  EXPECT_THAT(ends_of(rows, 4, 3), ElementsAre(3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  EXPECT_THAT(ends_of(rows, 4, 2), ElementsAre(3, 4, 5, 6, 7, 12, 13, 14, 15));
  WindowFeed feed(feed_of(1, 4, 2));
  std::vector<float> window(4);
  std::vector<int64_t> ends;
  for (int64_t row = 0; row < 16; ++row) {
    const double value = 1.0;
    if (row >= 6 && row < 9) continue;
    if (feed.add(60.0 * static_cast<double>(row), std::span(&value, 1), window)) ends.push_back(row);
  }
  EXPECT_THAT(ends, ElementsAre(3, 4, 5, 12, 13, 14, 15));
}

// The largest value that is read, in units of a small deviation, is beyond single precision.
TEST(WindowFeed, ValuesFarBeyondTheTrainingStayFinite) {
  FeedOptions options = feed_of(2, 3, 5);
  options.transform.scale = {1e3, 1.0};
  WindowFeed feed(options);
  std::vector<float> window(6);
  for (const double value : {9e37, -9e37}) {
    for (int i = 0; i < 3; ++i) {
      const std::vector<double> row{value, value};
      feed.add(std::nullopt, row, window);
    }
    for (const float x : window) {
      EXPECT_TRUE(std::isfinite(x));
      EXPECT_GE(std::abs(x), 1e6F);
      EXPECT_EQ(x > 0.0F, value > 0.0);
      EXPECT_TRUE(std::isfinite(x * x * 6));
    }
  }
}

}  // namespace
}  // namespace latent
