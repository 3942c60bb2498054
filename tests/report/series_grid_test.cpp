#include "colors_of_pictures.hpp"

#include <latent/report/series_grid.hpp>

#include <cmath>
#include <limits>

namespace latent::report {
namespace {

Tensor waves(int64_t N, int64_t C, int64_t L) {
  Tensor x = Tensor::empty({N, C, L});
  for (int64_t i = 0; i < x.numel(); ++i) {
    x.data<float>()[i] = std::sin(0.1f * static_cast<float>(i % L + i / L)) * static_cast<float>(1 + i / L % C);
  }
  return x;
}

void expect_sensible(const Tensor& picture) {
  EXPECT_EQ(picture.dim(0), 3);
  EXPECT_LE(picture.dim(1), kMostSide);
  EXPECT_LE(picture.dim(2), kMostSide);
  expect_clear_border(picture);
}

TEST(SeriesGrid, DrawsEverySeriesAndItsOverlay) {
  const Tensor rows = Tensor::full({5, 1, 30}, 1.0), overlay = Tensor::full({5, 1, 30}, -1.0);
  const Tensor alone = series_grid(rows, {}, {}), both = series_grid(rows, {overlay}, {}),
               wide = series_grid(rows, {}, {.columns = 5});
  EXPECT_EQ(both.dim(1), alone.dim(1));
  EXPECT_GT(count_color(alone, kBlue), 5 * 30);
  EXPECT_EQ(count_color(alone, kOrange), 0);
  EXPECT_GT(count_color(both, kOrange), 5 * 30);
  EXPECT_LT(wide.dim(1), alone.dim(1));
  expect_sensible(both);
}

TEST(SeriesGrid, SizesDoNotGrowWithTheLength) {
  const Tensor usual = series_grid(waves(24, 1, 128), {waves(24, 1, 128)}, {.columns = 5});
  EXPECT_GT(usual.dim(2), 1000);
  EXPECT_LT(usual.dim(2), 1700);
  EXPECT_LT(usual.dim(1), 800);
  const Tensor length = series_grid(waves(24, 1, 100'000), {}, {.columns = 5});
  EXPECT_EQ(length.dim(1), usual.dim(1));
  expect_sensible(length);
}

TEST(SeriesGrid, EachChannelHasAStripAndARangeOfItsOwn) {
  Tensor x = Tensor::empty({1, 2, 50});
  for (int64_t i = 0; i < 100; ++i) {
    x.data<float>()[i] = i < 50 ? static_cast<float>(i % 2) : 1000.0f + 1000.0f * static_cast<float>(i % 2);
  }
  const Tensor picture = series_grid(x, {}, {.channel_names = {"small", "large"}});
  expect_sensible(picture);
  // Both strips are filled from top to bottom: of one common range, the small channel would be a flat line.
  const int64_t half = picture.dim(1) / 2;
  const auto rows_with_blue = [&](int64_t begin, int64_t end) {
    int64_t rows = 0;
    for (int64_t y = begin; y < end; ++y) {
      bool found = false;
      for (int64_t px = 0; px < picture.dim(2); ++px) found = found || is_nearly(color_at(picture, px, y), kBlue);
      rows += found ? 1 : 0;
    }
    return rows;
  };
  EXPECT_GT(rows_with_blue(0, half), 30);
  EXPECT_GT(rows_with_blue(half, picture.dim(1)), 30);
}

TEST(SeriesGrid, AsManyAsFitAreOfSensibleSizeAndMoreAreRefused) {
  for (const int64_t C : {int64_t{1}, int64_t{3}, kMostChannels}) {
    const GridSize most = most_series(C);
    ASSERT_GT(most.rows, 1);
    ASSERT_GT(most.columns, 10);
    SeriesGridOptions options{.columns = most.columns, .title = "title", .caption = "caption", .legend = {"a", "b"}};
    options.row_names =
        std::vector<std::string>(static_cast<size_t>(most.rows), "a name that is too long to stand there");
    options.column_names = std::vector<std::string>(static_cast<size_t>(most.columns), "+3");
    const Tensor x = waves(most.rows * most.columns, C, 20);
    expect_sensible(series_grid(x, {x}, options));
    EXPECT_THROW(series_grid(waves(most.columns + 1, C, 20), {}, {.columns = most.columns + 1}), std::invalid_argument);
    EXPECT_THROW(series_grid(waves(most.rows + 1, C, 20), {}, {.columns = 1}), std::invalid_argument);
  }
  EXPECT_THROW(series_grid(waves(1, kMostChannels + 1, 20), {}, {}), std::invalid_argument);
}

TEST(SeriesGrid, FramesOfAnAnimationShareTheirRange) {
  const Tensor low = Tensor::full({1, 1, 30}, 0.0), high = Tensor::full({1, 1, 30}, 1000.0);
  Tensor all = Tensor::empty({2, 1, 30});
  all.rows(0, 1).copy_from(low);
  all.rows(1, 2).copy_from(high);
  const Tensor first = series_grid(low, {}, {.within = all}), last = series_grid(high, {}, {.within = all});
  EXPECT_EQ(first.shape(), last.shape());
  const auto row_of_blue = [](const Tensor& picture) {
    for (int64_t y = 0; y < picture.dim(1); ++y) {
      if (is_nearly(color_at(picture, picture.dim(2) / 2, y), kBlue)) return y;
      if (is_nearly(color_at(picture, 150, y), kBlue)) return y;
    }
    return int64_t{-1};
  };
  EXPECT_GT(row_of_blue(first), row_of_blue(last) + 40);
}

TEST(SeriesGrid, OddData) {
  const auto nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_GT(count_color(series_grid(Tensor::full({1, 1, 1}, 3.0), {}, {}), kBlue), 0);
  EXPECT_EQ(count_color(series_grid(Tensor::full({2, 1, 5}, nan), {}, {}), kBlue), 0);
  EXPECT_GT(count_color(series_grid(Tensor::from(std::vector<float>{1, nan, 2}, {1, 1, 3}), {}, {}), kBlue), 0);
  EXPECT_THROW(series_grid(Tensor::zeros({0, 1, 3}), {}, {}), std::invalid_argument);
  EXPECT_THROW(series_grid(Tensor::zeros({3, 3}), {}, {}), std::invalid_argument);
  EXPECT_THROW(series_grid(Tensor::zeros({2, 1, 3}), {Tensor::zeros({3, 1, 2})}, {}), std::invalid_argument);
  EXPECT_THROW(series_grid(Tensor::zeros({2, 1, 3}), {}, {.legend = {"a", "b"}}), std::invalid_argument);
  EXPECT_THROW(series_grid(Tensor::zeros({2, 1, 3}), {}, {.channel_names = {"a", "b"}}), std::invalid_argument);
}

}  // namespace
}  // namespace latent::report
