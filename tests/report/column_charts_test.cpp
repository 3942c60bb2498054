#include "colors_of_pictures.hpp"

#include <latent/report/column_charts.hpp>
#include <latent/report/detail/palette.hpp>
#include <latent/report/limits.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace latent::report {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

void expect_sensible(const Tensor& picture) {
  EXPECT_EQ(picture.dim(0), 3);
  EXPECT_LE(picture.dim(1), kMostSide);
  EXPECT_LE(picture.dim(2), kMostSide);
  expect_clear_border(picture);
}

std::vector<std::string> names(int64_t count) {
  std::vector<std::string> result;
  for (int64_t i = 0; i < count; ++i) result.push_back("a column with quite a long name " + std::to_string(i));
  return result;
}

Tensor f64(const std::vector<double>& values, const Shape& shape) { return Tensor::from(values, shape); }

Tensor numbers(const Shape& shape) {
  Tensor x = Tensor::empty(shape, DType::f64);
  for (int64_t i = 0; i < x.numel(); ++i)
    x.data<double>()[i] =
        std::sin(static_cast<double>(i) * 0.7) * std::pow(10.0, static_cast<double>(i % shape[shape.ndim() - 1]));
  return x;
}

// The pixels of a colour in the part of a picture.
int64_t count_in(const Tensor& picture, const Color& color, int64_t left, int64_t right, int64_t top, int64_t bottom) {
  int64_t count = 0;
  for (int64_t y = top; y < bottom; ++y) {
    for (int64_t x = left; x < right; ++x) count += is_nearly(color_at(picture, x, y), color) ? 1 : 0;
  }
  return count;
}

TEST(ColumnScatter, EqualValuesLieOnTheLineAndColumnsHaveRangesOfTheirOwn) {
  // Two columns of unlike units: in both the points fill the plot from corner to corner.
  std::vector<double> values;
  for (int i = 0; i <= 20; ++i) values.insert(values.end(), {static_cast<double>(i) / 20, 1e6 * i});
  const Tensor x = f64(values, {21, 2});
  const Tensor picture = column_scatter(x, {x}, {.names = {"small", "large"}});
  expect_sensible(picture);
  const auto [first, last] = columns_of(picture, kBlue);
  EXPECT_LT(first, 60);
  EXPECT_GT(last, 420);
  const int64_t half = 10 + 236, H = picture.dim(1);
  EXPECT_NEAR(static_cast<double>(count_in(picture, kBlue, 0, half, 0, H)),
              static_cast<double>(count_in(picture, kBlue, half, picture.dim(2), 0, H)), 120);
  // Points on the line rise to the right: none in the upper left quarter of the first plot.
  EXPECT_EQ(count_in(picture, kBlue, 45, 120, 30, H / 2 - 20), 0);
  // Twice the value leaves the line.
  Tensor doubled = x.clone();
  for (double& value : doubled.span<double>()) value *= 2;
  EXPECT_NE(column_scatter(x, {doubled}, {.names = {"small", "large"}}).to_vector(), picture.to_vector());
}

TEST(ColumnHistograms, FewValuesAreBarsOfTheirShares) {
  // 0 in three quarters of the data, in a quarter of what was generated.
  const Tensor data = f64({0, 0, 0, 1}, {4, 1}), generated = f64({0, 1, 1, 1, 0, 1, 1, 1}, {8, 1});
  const Tensor picture = column_histograms({data, generated}, {.names = {"flag"}, .legend = {"data", "generated"}});
  expect_sensible(picture);
  // Bars of three quarters and of a quarter in each colour, beside the legend's marks.
  const auto heights = [&](const Color& color) {
    std::vector<int64_t> of_columns;
    for (int64_t x = 0; x < picture.dim(2); ++x) {
      int64_t height = 0;
      for (int64_t y = 45; y < picture.dim(1); ++y) height += color_at(picture, x, y) == color ? 1 : 0;
      if (height > 5 && (of_columns.empty() || of_columns.back() != height)) of_columns.push_back(height);
    }
    return of_columns;
  };
  const std::vector<int64_t> of_data = heights(kBlue), of_generated = heights(kOrange);
  ASSERT_EQ(of_data.size(), 2u);
  ASSERT_EQ(of_generated.size(), 2u);
  EXPECT_NEAR(static_cast<double>(of_data[0]) / static_cast<double>(of_data[1]), 3.0, 0.15);
  EXPECT_NEAR(static_cast<double>(of_generated[1]) / static_cast<double>(of_generated[0]), 3.0, 0.15);
}

TEST(ColumnHistograms, NumbersOverlayAndOneOutlierDoesNotHideThem) {
  Tensor usual = Tensor::empty({1000, 1}, DType::f64);
  for (int64_t i = 0; i < 1000; ++i) usual.data<double>()[i] = static_cast<double>(i) / 1000;
  Tensor odd = usual.clone();
  odd.data<double>()[0] = 1e9;
  const ColumnChartOptions options{.names = {"x"}};
  const Tensor alone = column_histograms({usual}, options), with_outlier = column_histograms({odd}, options);
  const auto wide = [](const Tensor& picture) {
    const auto [first, last] = columns_of(picture, kBlue);
    return last - first;
  };
  EXPECT_GT(wide(alone), 150);
  EXPECT_GT(wide(with_outlier), 150) << "all but one value in one bar";
  const Tensor both = column_histograms({usual, odd}, options);
  EXPECT_GT(count_color(both, kOrange), 100);
}

TEST(ColumnDots, EachGroupHasItsRow) {
  // Two groups, a first mark and two others; a column whose values grow with the group.
  const Tensor values = f64({0, 0, 0, 10, 10, 10}, {2, 3, 1});
  const Tensor picture = column_dots(values, {"first", "second"}, {.names = {"x"}, .legend = {"query", "neighbour"}});
  expect_sensible(picture);
  EXPECT_THROW(column_dots(values, {"first"}, {.names = {"x"}, .legend = {"a"}}), std::invalid_argument);
  EXPECT_THROW(column_dots(values, {"first", "second"}, {.names = {"x"}}), std::invalid_argument);
  EXPECT_THROW(column_dots(Tensor::zeros({kMostGroups + 1, 1, 1}, DType::f64), names(kMostGroups + 1),
                           {.names = {"x"}, .legend = {"a"}}),
               std::invalid_argument);
}

TEST(ColumnLines, OneLineForEachStripAndAMark) {
  const Tensor values = f64({0, 1, 2, 3, 2, 1}, {2, 3, 1});
  const ColumnChartOptions options{.names = {"x"}, .legend = {"one", "other"}};
  const Tensor plain = column_lines(values, {"-3", "0", "+3"}, -1, options),
               marked = column_lines(values, {}, 1, options);
  expect_sensible(plain);
  EXPECT_GT(count_color(plain, kBlue), 150);
  EXPECT_GT(count_color(plain, kOrange), 150);
  EXPECT_GT(count_color(marked, kBlue), count_color(plain, kBlue));
  EXPECT_THROW(column_lines(values, {"a"}, -1, options), std::invalid_argument);
  EXPECT_THROW(column_lines(values, {}, 3, options), std::invalid_argument);
}

TEST(ColumnMaps, ShadesRiseWithTheValueAndNothingIsWhite) {
  const Tensor picture = column_maps(f64({0, 1, kNan, 2}, {2, 2, 1}), {.names = {"x"}});
  expect_sensible(picture);
  const auto shade = [](double t) {
    const Rgb color = heat_shade(t);
    return Color{color.r, color.g, color.b};
  };
  EXPECT_EQ(color_at(picture, 10 + 40, 10 + 22 + 40), shade(0));
  EXPECT_EQ(color_at(picture, 10 + 140, 10 + 22 + 40), shade(0.5));
  EXPECT_EQ(color_at(picture, 10 + 40, 10 + 22 + 140), kWhite);
  EXPECT_EQ(color_at(picture, 10 + 140, 10 + 22 + 140), shade(1));
}

TEST(ColumnCharts, AsManyColumnsAsFitAreOfSensibleSize) {
  constexpr int64_t K = kMostColumnPlots;
  const ColumnChartOptions options{.names = names(K), .title = "title", .caption = "caption", .legend = {"a", "b"}};
  expect_sensible(column_scatter(numbers({50, K}), {numbers({50, K}), numbers({50, K})}, options));
  expect_sensible(column_histograms({numbers({50, K}), numbers({70, K})}, options));
  expect_sensible(column_dots(numbers({kMostGroups, 5, K}), names(kMostGroups), options));
  expect_sensible(column_lines(numbers({2, 1000, K}), {}, -1, options));
  expect_sensible(column_maps(numbers({64, 64, K}), options));
  const ColumnChartOptions more{.names = names(K + 1)};
  EXPECT_THROW(column_scatter(numbers({5, K + 1}), {numbers({5, K + 1})}, more), std::invalid_argument);
  EXPECT_THROW(column_histograms({numbers({5, K})}, more), std::invalid_argument);
}

TEST(ColumnCharts, OddData) {
  const ColumnChartOptions one{.names = {"\xc3\xa4"}, .legend = {"a"}};
  for (const Tensor& x : {f64({kNan, kNan}, {2, 1}), f64({1, kNan}, {2, 1}), f64({3}, {1, 1}),
                          f64({1e300, -1e300, 1e-300}, {3, 1}), f64({5, 5, 5}, {3, 1}), f64({1e9, 1e9 + 1e-3}, {2, 1}),
                          f64({std::numeric_limits<double>::infinity(), 0}, {2, 1})}) {
    expect_sensible(column_scatter(x, {x}, one));
    expect_sensible(column_histograms({x}, one));
    const Tensor line = x.view_as({1, x.dim(0), 1});
    expect_sensible(column_dots(line, {"group"}, one));
    expect_sensible(column_lines(line, {}, 0, one));
    expect_sensible(column_maps(line, one));
  }
  EXPECT_THROW(column_scatter(Tensor::zeros({2, 1}), {Tensor::zeros({2, 1})}, one), std::invalid_argument);  // f32
  EXPECT_THROW(column_histograms({}, one), std::invalid_argument);
  EXPECT_THROW(column_scatter(f64({1}, {1, 1}), {f64({1, 2}, {2, 1})}, one), std::invalid_argument);
}

}  // namespace
}  // namespace latent::report
