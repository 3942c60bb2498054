#include <latent/report/detail/axis.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace latent::report {
namespace {

using ::testing::ElementsAre;

Axis axis_of(std::initializer_list<double> values, int max_ticks) {
  Range range;
  for (const double value : values) range.add(value);
  return make_axis(range, max_ticks);
}

TEST(AxisTest, TicksAreRoundNumbers) {
  EXPECT_THAT(axis_of({0.03, 0.97}, 6).labels, ElementsAre("0.2", "0.4", "0.6", "0.8"));
  EXPECT_THAT(axis_of({-1.5, 1.5}, 4).labels, ElementsAre("-1", "0", "1"));
  EXPECT_THAT(axis_of({0.5, 60000}, 4).labels, ElementsAre("0", "20000", "40000", "60000"));
  EXPECT_THAT(axis_of({0.001, 0.0031}, 5).labels, ElementsAre("0.0010", "0.0015", "0.0020", "0.0025", "0.0030"));
}

TEST(AxisTest, WholeNumbersGetWholeTicks) {
  EXPECT_THAT(axis_of({1, 2}, 8).labels, ElementsAre("1", "2"));
  EXPECT_THAT(axis_of({1, 10}, 11).ticks.size(), 10u);
  EXPECT_THAT(axis_of({3}, 8).labels, ElementsAre("2", "3", "4"));
}

TEST(AxisTest, LargeAndSmallNumbersAreShort) {
  EXPECT_THAT(axis_of({1e6, 3e6}, 4).labels, ElementsAre("1e+06", "2e+06", "3e+06"));
  EXPECT_THAT(axis_of({1e-7, 3e-7}, 4).labels, ElementsAre("1e-07", "2e-07", "3e-07"));
  EXPECT_THAT(axis_of({1000000, 1000002}, 4).labels, ElementsAre("1000000", "1000001", "1000002"));
}

TEST(AxisTest, AnythingFiniteGivesAnAxis) {
  const double largest = std::numeric_limits<double>::max(), tiny = std::numeric_limits<double>::denorm_min();
  for (const double a : {0.0, tiny, -tiny, 1e-300, 1e-9, -1.0, 0.1, 123456.789, 1e17, -1e300, largest}) {
    for (const double b : {0.0, tiny, 1e-300, 2e-9, 1.0, 0.1000000001, 123456.789, 1e17, 1e300, -largest}) {
      for (const int max_ticks : {2, 3, 10, 200}) {
        const Axis axis = axis_of({a, b}, max_ticks);
        EXPECT_LT(axis.low, axis.high) << a << " " << b;
        EXPECT_TRUE(std::isfinite(axis.low) && std::isfinite(axis.high)) << a << " " << b;
        EXPECT_GE(axis.ticks.size(), 1u) << a << " " << b << " " << max_ticks;
        EXPECT_LE(axis.ticks.size(), static_cast<size_t>(max_ticks) + 2) << a << " " << b;
        EXPECT_EQ(axis.ticks.size(), axis.labels.size());
      }
    }
  }
}

TEST(AxisTest, EmptyRange) {
  Range range;
  range.add(std::numeric_limits<double>::quiet_NaN());
  EXPECT_TRUE(range.empty);
  EXPECT_THAT(make_axis(range, 3).labels, ElementsAre("0.0", "0.5", "1.0"));
}

}  // namespace
}  // namespace latent::report
