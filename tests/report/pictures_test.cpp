#include "colors_of_pictures.hpp"

#include <latent/report/detail/palette.hpp>
#include <latent/report/pictures.hpp>
#include <latent/report/svg.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

namespace latent::report {
namespace {

using ::testing::ElementsAre;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(ToPixelsTest, ScalesRoundsAndClamps) {
  const auto nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  const Tensor x = Tensor::from(std::vector<float>{0, 1, 0.5f, 0.1f, -3, 7, nan, infinity, -infinity}, {9});
  EXPECT_THAT(to_pixels(x).to_vector(), ElementsAre(0, 255, 128, 26, 0, 255, 0, 255, 0));
  EXPECT_EQ(to_pixels(Tensor::zeros({2, 0, 3})).shape(), Shape({2, 0, 3}));
  EXPECT_THROW(to_pixels(Tensor::zeros({2}, DType::f64)), std::invalid_argument);
}

TEST(ImageGridTest, PixelByPixel) {
  // Three images of 1 x 2 pixels in two columns, not enlarged.
  const Tensor images = Tensor::from(std::vector<float>{0, 0.2f, 0.4f, 0.6f, 0.8f, 1}, {3, 1, 1, 2});
  const Tensor grid = image_grid(images, 2, 1, 1);
  EXPECT_EQ(grid.shape(), Shape({1, 3, 5}));
  EXPECT_THAT(grid.to_vector(), ElementsAre(0, 51, 128, 102, 153,     //
                                            128, 128, 128, 128, 128,  //
                                            204, 255, 128, 128, 128));
}

TEST(ImageGridTest, EnlargesByAWholeFactor) {
  const Tensor images = Tensor::from(std::vector<float>{0, 1}, {1, 1, 1, 2});
  EXPECT_THAT(image_grid(images, 0, 2, 2).to_vector(), ElementsAre(0, 0, 255, 255, 0, 0, 255, 255));
  EXPECT_EQ(image_grid(Tensor::zeros({1, 3, 28, 28})).shape(), Shape({3, 56, 56}));
  EXPECT_EQ(image_grid(Tensor::zeros({1, 1, 48, 31})).shape(), Shape({1, 48, 31}));
}

TEST(ImageGridTest, KeepsChannelsApart) {
  const Tensor images = Tensor::from(std::vector<float>{0, 0.2f, 0.4f, 0.6f, 0.8f, 1}, {2, 3, 1, 1});
  EXPECT_THAT(image_grid(images, 2, 0, 1).to_vector(), ElementsAre(0, 153, 51, 204, 102, 255));
}

TEST(ImageGridTest, Layouts) {
  const auto shape_of = [](int64_t count, int64_t columns) {
    return image_grid(Tensor::zeros({count, 1, 10, 20}), columns, 2, 1).shape();
  };
  EXPECT_EQ(shape_of(64, 0), Shape({1, 8 * 12 - 2, 8 * 22 - 2}));
  EXPECT_EQ(shape_of(10, 0), Shape({1, 3 * 12 - 2, 4 * 22 - 2}));
  EXPECT_EQ(shape_of(10, 5), Shape({1, 2 * 12 - 2, 5 * 22 - 2}));
  EXPECT_EQ(shape_of(3, 8), Shape({1, 10, 3 * 22 - 2}));
}

TEST(ImageGridTest, NeverLargerThanCanBeLookedAt) {
  const auto shape_of = [](const Shape& images, int64_t columns, int64_t most = kMostSide) {
    return image_grid(Tensor::zeros(images), columns, 2, 48, most).shape();
  };
  EXPECT_EQ(shape_of({4, 1, 28, 28}, 2), Shape({1, 2 * 56 + 2, 2 * 56 + 2}));
  EXPECT_EQ(shape_of({4, 1, 28, 28}, 2, 100), Shape({1, 2 * 28 + 2, 2 * 28 + 2})) << "enlarged less";
  EXPECT_EQ(shape_of({4096, 1, 28, 28}, 64), Shape({1, 64 * 58 - 2, 64 * 58 - 2}));
  EXPECT_EQ(shape_of({100, 1, 512, 512}, 10), Shape({1, 10 * 258 - 2, 10 * 258 - 2})) << "shrunk by two";
  EXPECT_EQ(shape_of({1, 1, 9000, 600}, 1), Shape({1, 3000, 200})) << "shrunk by three";
  EXPECT_EQ(shape_of({1, 1, 1, 9000}, 1), Shape({1, 1, 3000}));
  const GridSize most = most_images(64, 128);
  EXPECT_EQ(most.rows, 4098 / (16 + 2));  // shrunk by four: 16 x 32
  EXPECT_EQ(most.columns, 4098 / (32 + 2));
  const Shape full = shape_of({most.rows * most.columns, 1, 64, 128}, most.columns);
  EXPECT_LE(full[1], kMostSide);
  EXPECT_LE(full[2], kMostSide);
  EXPECT_THROW(shape_of({most.columns + 1, 1, 64, 128}, most.columns + 1), std::invalid_argument);
}

TEST(ImageGridTest, ShrinksToMeans) {
  // 32 x 64 pixels into 32 x 32: squares of two, of which the last column has one of each.
  Tensor image = Tensor::zeros({1, 1, 32, 64});
  for (int64_t y = 0; y < 32; ++y) image.data<float>()[y * 64 + 1] = 0.8f;
  const Tensor small = image_grid(image, 1, 2, 1, 40);
  ASSERT_EQ(small.shape(), Shape({1, 16, 32}));
  EXPECT_EQ(small.data<uint8_t>()[0], 102);  // (0 + 0.8) / 2
  EXPECT_EQ(small.data<uint8_t>()[1], 0);
}

TEST(ImageGridTest, WrongCalls) {
  EXPECT_THROW(image_grid(Tensor::zeros({4, 2, 8, 8})), std::invalid_argument);
  EXPECT_THROW(image_grid(Tensor::zeros({4, 8, 8})), std::invalid_argument);
  EXPECT_THROW(image_grid(Tensor::zeros({0, 1, 8, 8})), std::invalid_argument);
  EXPECT_THROW(image_grid(Tensor::zeros({4, 1, 8, 8}), -1), std::invalid_argument);
  EXPECT_THROW(image_grid(Tensor::zeros({4, 1, 8, 8}), 0, -1), std::invalid_argument);
}

TEST(LineChartTest, DrawsEverySeriesWithinTheChart) {
  std::vector<Series> series(2);
  for (size_t s = 0; s < 2; ++s) {
    series[s].name = s == 0 ? "train" : "validation";
    for (int i = 0; i < 100; ++i) {
      series[s].x.push_back(i);
      series[s].y.push_back(std::exp(-i / 30.0) * 500 + 100 * static_cast<double>(s));
    }
  }
  const Tensor chart = line_chart(series, {.title = "loss", .x_label = "epoch", .y_label = "nats per sample"});
  EXPECT_EQ(chart.shape(), Shape({3, 500, 800}));
  EXPECT_GT(count_color(chart, kBlue), 300);
  EXPECT_GT(count_color(chart, kOrange), 300);
  expect_clear_border(chart);
}

TEST(LineChartTest, AnUnnamedSeriesNeedsNoLegend) {
  const Series named = {"loss", {0, 1, 2}, {1, 2, 3}}, unnamed = {"", {0, 1, 2}, {1, 2, 3}};
  const ChartOptions options = {.width = 400, .height = 300};
  EXPECT_LT(columns_of(line_chart({named}, options), kBlue).first, 100);
  EXPECT_GT(columns_of(line_chart({unnamed}, options), kBlue).second, 360);
}

TEST(LineChartTest, PointsThatAreNotFiniteLeaveAGap) {
  Series series;
  for (int i = 0; i <= 100; ++i) {
    series.x.push_back(i);
    series.y.push_back(i > 25 && i < 75 ? kNan : 1.0);
  }
  const Tensor chart = line_chart({series}, {.width = 400, .height = 300});
  std::set<int64_t> columns;
  for (int64_t x = 0; x < 400; ++x) {
    for (int64_t y = 0; y < 300; ++y) {
      if (is_nearly(color_at(chart, x, y), kBlue)) columns.insert(x);
    }
  }
  const auto [first, last] = columns_of(chart, kBlue);
  EXPECT_FALSE(columns.contains((first + last) / 2));
  EXPECT_TRUE(columns.contains(first + (last - first) / 8));
  EXPECT_TRUE(columns.contains(last - (last - first) / 8));
}

TEST(LineChartTest, OddData) {
  const std::vector<std::vector<Series>> all = {
      {},
      {{"nothing", {}, {}}},
      {{"one point", {3}, {5}}},
      {{"no number", {1, 2, 3}, {kNan, kInfinity, -kInfinity}}},
      {{"vertical", {kNan, 1, 1}, {1, 2, 1e-320}}},
      {{"large", {0, 1}, {-1e300, 1e300}}},
      {{"too large", {0, 1}, {-1.7e308, 1.7e308}}},
      {{"small", {0, 1e-320}, {1e-300, 2e-300}}},
      {{"narrow", {1e9, 1e9 + 1}, {1e15, 1e15 + 0.125}}},
      {{"far from zero", {60000, 60001}, {-1e-7, -1e-7}}},
      {{"kl \xc3\xa4\xe2\x82\xac\x01 and a name that is much too long to stand beside a chart", {0, 1, 2}, {0, 0, 0}}},
      std::vector<Series>(100, {"many", {0, 1}, {0, 1}}),
  };
  for (const std::vector<Series>& series : all) {
    for (const auto& [width, height] : {std::pair<int64_t, int64_t>{200, 150}, {800, 500}}) {
      const std::string words =
          "a title or label that is far too long for any of the charts that this test draws, so that it is cut";
      const Tensor chart =
          line_chart(series, {.title = words, .x_label = words, .y_label = words, .width = width, .height = height});
      EXPECT_EQ(chart.shape(), Shape({3, height, width}));
      expect_clear_border(chart);
    }
  }
}

TEST(LineChartTest, WrongCalls) {
  EXPECT_THROW(line_chart({{"a", {1, 2}, {1}}}, {}), std::invalid_argument);
  EXPECT_THROW(line_chart({}, {.width = 100, .height = 100}), std::invalid_argument);
  EXPECT_THROW(line_chart({}, {.width = 800, .height = 1 << 20}), std::invalid_argument);
}

TEST(ScatterChartTest, ColoursByClass) {
  const Tensor points = Tensor::from(std::vector<float>{0, 0, 1, 1, 2, 0}, {3, 2});
  const std::vector<int64_t> labels = {1, 1, 1};
  const Tensor plain = scatter_chart(points, {}, {}, {}),
               labelled = scatter_chart(points, labels, {"shirt", "bag"}, {});
  EXPECT_EQ(plain.shape(), Shape({3, 500, 800}));
  EXPECT_GT(count_color(plain, kBlue), 0);
  EXPECT_EQ(count_color(labelled, kBlue), 0);
  EXPECT_GT(count_color(labelled, kOrange), count_color(plain, kBlue));  // the legend has a dot too
  expect_clear_border(labelled);
}

// Points of `count` classes in a row, ten each.
Tensor classes_in_a_row(int64_t count, std::vector<int64_t>& labels) {
  Tensor points = Tensor::empty({10 * count, 2});
  for (int64_t i = 0; i < 10 * count; ++i) {
    points.data<float>()[2 * i] = static_cast<float>(i / 10);
    points.data<float>()[2 * i + 1] = static_cast<float>(i % 10);
    labels.push_back(i / 10);
  }
  return points;
}

TEST(ScatterChartTest, FortyClassesHaveFortyColoursAndALegendOfTwoColumns) {
  std::vector<int64_t> labels;
  const Tensor points = classes_in_a_row(40, labels);
  const ChartOptions options = {.width = 1000, .height = 800};
  const Tensor chart = scatter_chart(points, labels, {}, options);
  expect_clear_border(chart);
  // A mark in the legend is a disc of ten pixels; its middle has the colour of its class.
  std::set<Color> pure;
  for (int64_t y = 0; y < 800; ++y) {
    for (int64_t x = 800; x < 1000; ++x) pure.insert(color_at(chart, x, y));
  }
  for (size_t c = 0; c < 40; ++c) {
    const Rgb color = series_color(c);
    EXPECT_TRUE(pure.contains({color.r, color.g, color.b})) << "class " << c << " is not in the legend";
  }
}

TEST(ScatterChartTest, ManyClassesAreNamedAmongTheirPoints) {
  std::vector<int64_t> few_labels, many_labels;
  const Tensor few = classes_in_a_row(10, few_labels), many = classes_in_a_row(11, many_labels);
  const auto ink_at_the_median = [](const Tensor& chart) {  // of the first class, in the middle of the left edge
    int64_t ink = 0;
    for (int64_t y = 200; y < 280; ++y) {
      for (int64_t x = 40; x < 120; ++x) ink += is_nearly(color_at(chart, x, y), {45, 45, 45}) ? 1 : 0;
    }
    return ink;
  };
  const std::vector<std::string> names(11, "WWWW");
  EXPECT_EQ(ink_at_the_median(scatter_chart(few, few_labels, names, {})), 0);
  EXPECT_GT(ink_at_the_median(scatter_chart(many, many_labels, names, {})), 20);
}

TEST(ScatterChartTest, ALegendThatDoesNotFitIsCounted) {
  std::vector<int64_t> labels;
  const Tensor points = classes_in_a_row(964, labels);
  const std::vector<std::string> names(964, "a name that is much too long for three columns");
  for (const auto& [width, height] : {std::pair<int64_t, int64_t>{200, 150}, {1000, 800}}) {
    const Tensor chart = scatter_chart(points, labels, names, {.width = width, .height = height});
    EXPECT_EQ(chart.shape(), Shape({3, height, width}));
    expect_clear_border(chart);
  }
  const std::string svg = scatter_svg(points, labels, names, {.width = 1000, .height = 800});
  EXPECT_THAT(svg, ::testing::HasSubstr("... and "));
  EXPECT_THAT(svg, ::testing::HasSubstr(" more</text>"));
}

TEST(ScatterChartTest, OddData) {
  const auto nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor points = Tensor::from(std::vector<float>{nan, 0, 1, nan, 2, 2, 3, 3}, {4, 2});
  const std::vector<int64_t> labels = {-1, 0, 50, std::numeric_limits<int64_t>::max()};
  expect_clear_border(scatter_chart(points, labels, {"a"}, {.title = "odd", .width = 300, .height = 200}));
  EXPECT_EQ(scatter_chart(Tensor::zeros({0, 2}), {}, {}, {}).shape(), Shape({3, 500, 800}));
  EXPECT_EQ(scatter_chart(Tensor::zeros({1, 2}), {}, {}, {}).shape(), Shape({3, 500, 800}));
  EXPECT_THROW(scatter_chart(Tensor::zeros({4, 3}), {}, {}, {}), std::invalid_argument);
  EXPECT_THROW(scatter_chart(points, std::span(labels).first(3), {}, {}), std::invalid_argument);
}

}  // namespace
}  // namespace latent::report
