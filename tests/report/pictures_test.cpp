#include <latent/report/pictures.hpp>

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

using Color = std::array<int, 3>;
constexpr Color kWhite = {255, 255, 255};
constexpr Color kBlue = {31, 119, 180}, kOrange = {255, 127, 14};  // of the first two series

Color color_at(const Tensor& image, int64_t x, int64_t y) {
  const int64_t plane = image.dim(1) * image.dim(2), at = y * image.dim(2) + x;
  const auto* data = image.data<uint8_t>();
  return {data[at], data[plane + at], data[2 * plane + at]};
}

// The edges of lines and discs are mixed with the background; this much of it still counts as their colour.
constexpr int kMixed = 60;

bool is_nearly(const Color& a, const Color& b) {
  return std::abs(a[0] - b[0]) <= kMixed && std::abs(a[1] - b[1]) <= kMixed && std::abs(a[2] - b[2]) <= kMixed;
}

int64_t count_color(const Tensor& image, const Color& color) {
  int64_t count = 0;
  for (int64_t y = 0; y < image.dim(1); ++y) {
    for (int64_t x = 0; x < image.dim(2); ++x) count += is_nearly(color_at(image, x, y), color) ? 1 : 0;
  }
  return count;
}

// The columns in which a colour occurs: leftmost and rightmost.
std::pair<int64_t, int64_t> columns_of(const Tensor& image, const Color& color) {
  std::pair<int64_t, int64_t> columns = {image.dim(2), -1};
  for (int64_t y = 0; y < image.dim(1); ++y) {
    for (int64_t x = 0; x < image.dim(2); ++x) {
      if (is_nearly(color_at(image, x, y), color)) columns = {std::min(columns.first, x), std::max(columns.second, x)};
    }
  }
  return columns;
}

// Nothing is cut off: the outermost pixels are background.
void expect_clear_border(const Tensor& image) {
  const int64_t H = image.dim(1), W = image.dim(2);
  for (int64_t x = 0; x < W; ++x) {
    EXPECT_EQ(color_at(image, x, 0), kWhite);
    EXPECT_EQ(color_at(image, x, H - 1), kWhite);
  }
  for (int64_t y = 0; y < H; ++y) {
    EXPECT_EQ(color_at(image, 0, y), kWhite);
    EXPECT_EQ(color_at(image, W - 1, y), kWhite);
  }
}

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

TEST(ImageGridTest, WrongCalls) {
  EXPECT_THROW(image_grid(Tensor::zeros({4, 2, 8, 8})), std::invalid_argument);
  EXPECT_THROW(image_grid(Tensor::zeros({4, 8, 8})), std::invalid_argument);
  EXPECT_THROW(image_grid(Tensor::zeros({0, 1, 8, 8})), std::invalid_argument);
  EXPECT_THROW(image_grid(Tensor::zeros({4, 1, 8, 8}), -1), std::invalid_argument);
  EXPECT_THROW(image_grid(Tensor::zeros({4, 1, 8, 8}), 0, -1), std::invalid_argument);
  EXPECT_THROW(image_grid(Tensor::zeros({4, 1, 1, 8}), 0, 2, 1 << 20), std::invalid_argument);
}

TEST(VectorGridTest, DrawsRowsAndOverlay) {
  const Tensor rows = Tensor::full({5, 30}, 1.0), overlay = Tensor::full({5, 30}, -1.0);
  const Tensor alone = vector_grid(rows), both = vector_grid(rows, {overlay}), wide = vector_grid(rows, {}, 5);
  EXPECT_EQ(both.shape(), alone.shape());
  EXPECT_GT(count_color(alone, kBlue), 5 * 30);
  EXPECT_EQ(count_color(alone, kOrange), 0);
  EXPECT_GT(count_color(both, kOrange), 5 * 30);
  EXPECT_LT(wide.dim(1), alone.dim(1));
  expect_clear_border(both);
}

TEST(VectorGridTest, ALegendStandsAboveThePlots) {
  const Tensor rows = Tensor::full({4, 30}, 1.0), overlay = Tensor::full({4, 30}, -1.0);
  const Tensor plain = vector_grid(rows, {overlay}),
               named = vector_grid(rows, {overlay}, 0, {"original", "reconstruction"});
  EXPECT_EQ(named.dim(2), plain.dim(2));
  const int64_t above = named.dim(1) - plain.dim(1);
  EXPECT_GT(above, 14);
  for (const Color& color : {kBlue, kOrange}) EXPECT_GT(count_color(named, color), count_color(plain, color));
  for (int64_t y = 0; y < plain.dim(1); ++y) {
    for (int64_t x = 0; x < plain.dim(2); ++x) ASSERT_EQ(color_at(named, x, y + above), color_at(plain, x, y));
  }
  expect_clear_border(named);
  // One narrow plot: the names stand below each other; a name too long is cut.
  const Tensor one = Tensor::full({1, 30}, 1.0), line = vector_grid(one, {one}, 0, {"a", "b"});
  EXPECT_GT(vector_grid(one, {one}, 0, {"original", "reconstruction"}).dim(1), line.dim(1));
  expect_clear_border(vector_grid(one, {one}, 0, {"a name that is much too long for so narrow a picture", ""}));
  EXPECT_THROW(vector_grid(rows, {}, 0, {"original", "reconstruction"}), std::invalid_argument);
}

TEST(VectorGridTest, OddData) {
  const auto nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_GT(count_color(vector_grid(Tensor::full({1, 1}, 3.0)), kBlue), 0);
  EXPECT_EQ(count_color(vector_grid(Tensor::full({2, 5}, nan)), kBlue), 0);
  EXPECT_GT(count_color(vector_grid(Tensor::from(std::vector<float>{1, nan, 2}, {1, 3})), kBlue), 0);
  EXPECT_THROW(vector_grid(Tensor::zeros({0, 3})), std::invalid_argument);
  EXPECT_THROW(vector_grid(Tensor::zeros({3})), std::invalid_argument);
  EXPECT_THROW(vector_grid(Tensor::zeros({2, 3}), {Tensor::zeros({3, 2})}), std::invalid_argument);
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
