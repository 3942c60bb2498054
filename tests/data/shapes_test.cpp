#include "tests/data/files.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace latent::data {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kGrid = 737'280, kShapeSide = 64;

TEST(Shapes, HaveFactorsLabelsAndNames) {
  const Source source = open("shapes:500");
  const Dataset& data = *source.train;
  EXPECT_EQ(source.format, "shapes");
  EXPECT_EQ(source.test, nullptr);
  EXPECT_EQ(data.size(), 500);
  EXPECT_EQ(data.sample_shape(), Shape({1, kShapeSide, kShapeSide}));
  EXPECT_THAT(data.factor_names(), ElementsAre("shape", "scale", "rotation", "x", "y"));
  EXPECT_THAT(data.class_names(), ElementsAre("square", "ellipse", "heart"));
  const auto shape = data.factor(0);
  for (int64_t i = 0; i < data.size(); ++i) {
    EXPECT_EQ(shape[static_cast<size_t>(i)], static_cast<double>(data.labels()[static_cast<size_t>(i)]));
  }
  EXPECT_THROW(data.factor(5), std::invalid_argument);
}

TEST(Shapes, TheWholeGridHasEveryCombinationOnceInLittleMemory) {
  const auto data = open("shapes:737280").train;
  ASSERT_EQ(data->size(), kGrid);
  const std::array<size_t, 5> levels{3, 6, 40, 32, 32};
  std::vector<std::array<double, 5>> points(static_cast<size_t>(kGrid));
  for (int64_t f = 0; f < 5; ++f) {
    const auto values = data->factor(f);
    EXPECT_EQ(std::set<double>(values.begin(), values.end()).size(), levels[static_cast<size_t>(f)]);
    for (size_t i = 0; i < values.size(); ++i) points[i][static_cast<size_t>(f)] = values[i];
  }
  std::sort(points.begin(), points.end());
  EXPECT_EQ(std::adjacent_find(points.begin(), points.end()), points.end());
  constexpr int64_t kMuchLess = 20'000'000;  // the pictures would take 3 GB
  EXPECT_LT(data->storage().bytes, kMuchLess);
}

TEST(Shapes, SmallerSetsAreTheBeginningOfLargerOnes) {
  const auto few = open("shapes:20").train, many = open("shapes").train;
  EXPECT_EQ(many->size(), 50'000);
  EXPECT_EQ(few->range(0, 20).to_vector(), many->range(0, 20).to_vector());
}

TEST(Shapes, StandWhereTheirFactorsSay) {
  const auto data = open("shapes:2000").train;
  const auto shape = data->factor(0), scale = data->factor(1), rotation = data->factor(2), x = data->factor(3),
             y = data->factor(4);
  for (int64_t i = 0; i < data->size(); ++i) {
    const auto s = static_cast<size_t>(i);
    const auto pixels = sample(*data, i);
    double area = 0, centre_x = 0, centre_y = 0;
    for (int64_t p = 0; p < kShapeSide * kShapeSide; ++p) {
      const double value = pixels[static_cast<size_t>(p)];
      ASSERT_GE(value, 0.0);
      ASSERT_LE(value, 1.0);
      area += value;
      const int64_t row = p / kShapeSide, column = p % kShapeSide;
      centre_x += value * (static_cast<double>(column) + 0.5);
      centre_y += value * (static_cast<double>(row) + 0.5);
    }
    // Areas of a square (side sqrt(2)), an ellipse (axes 1 and 1/2) and a heart in a circle of radius 15.5 * scale.
    constexpr double kPi = 3.14159265358979;
    const std::array<double, 3> unit_area{2.0, kPi / 2.0, 3.66 / (1.26 * 1.26)};
    const double expected = unit_area[static_cast<size_t>(shape[s])] * std::pow(15.5 * scale[s], 2);
    constexpr double kAreaTolerance = 0.05;  // relative; of a small shape whose edges fall on 16 points a pixel
    EXPECT_NEAR(area / expected, 1.0, kAreaTolerance) << i;
    // The middle of a heart is not its centre of gravity.
    const double tolerance = shape[s] == 2.0 ? 2.0 : 0.05;
    EXPECT_NEAR(centre_x / area, 16.5 + 31.0 * x[s], tolerance) << i;
    EXPECT_NEAR(centre_y / area, 16.5 + 31.0 * y[s], tolerance) << i;
  }
}

TEST(Shapes, RotationTurnsCounterClockwise) {
  // The long axis of an ellipse, from its second moments.
  const auto data = open("shapes:3000").train;
  const auto shape = data->factor(0), rotation = data->factor(2);
  int looked = 0;
  for (int64_t i = 0; i < data->size(); ++i) {
    const auto s = static_cast<size_t>(i);
    if (shape[s] != 1.0) continue;
    const auto pixels = sample(*data, i);
    double m = 0, mx = 0, my = 0, mxx = 0, mxy = 0, myy = 0;
    for (int64_t p = 0; p < kShapeSide * kShapeSide; ++p) {
      const int64_t row = p / kShapeSide, column = p % kShapeSide;
      const double v = pixels[static_cast<size_t>(p)], x = static_cast<double>(column), y = -static_cast<double>(row);
      m += v, mx += v * x, my += v * y, mxx += v * x * x, mxy += v * x * y, myy += v * y * y;
    }
    const double xx = mxx / m - mx * mx / m / m, xy = mxy / m - mx * my / m / m, yy = myy / m - my * my / m / m;
    const double axis = 0.5 * std::atan2(2.0 * xy, xx - yy);
    constexpr double kAngleTolerance = 0.02;
    EXPECT_NEAR(std::sin(axis - rotation[s]), 0.0, kAngleTolerance);
    ++looked;
  }
  EXPECT_GT(looked, 800);
}

TEST(Shapes, RefuseSizesThatDoNotExist) {
  for (const char* name :
       {"shapes:", "shapes:0", "shapes:-5", "shapes:12x", "shapes:737281", "shapes:99999999999999999999"}) {
    EXPECT_THAT(message_of<std::invalid_argument>([&] { open(name); }), HasSubstr("from 1 to 737280")) << name;
  }
  EXPECT_THROW(open("shapes", {.size = std::pair<int64_t, int64_t>{32, 32}}), std::invalid_argument);
}

}  // namespace
}  // namespace latent::data
