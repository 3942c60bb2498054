#include <latent/report/column_charts.hpp>

#include <latent/report/detail/colors.hpp>
#include <latent/report/detail/column_grid.hpp>
#include <latent/report/detail/palette.hpp>
#include <latent/report/detail/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace latent::report {

namespace {

constexpr double kWidth = 236, kHeight = 176;

struct PointStyle {
  double radius, opacity;
};

PointStyle point_style(size_t count) {
  if (count <= 60) return {3.0, 0.8};
  if (count <= 300) return {2.4, 0.6};
  return {1.9, 0.4};
}

// Four digits, and no power of ten where there need not be one.
std::string number_text(double value) {
  const double size = std::abs(value);
  return size >= 1e4 && size < 1e7 ? fmt::format("{:.0f}", value) : fmt::format("{:.4g}", value);
}

}  // namespace

std::vector<std::vector<double>> columns_of(const Tensor& values, std::string_view function) {
  LATENT_CHECK(values.defined() && values.ndim() >= 2 && values.numel() > 0 && values.dtype() == DType::f64,
               "[{}] values (..., K) f64, not empty: got {}", function,
               values.defined() ? values.shape().str() : "undefined");
  const auto K = static_cast<size_t>(values.dim(values.ndim() - 1)), rows = static_cast<size_t>(values.numel()) / K;
  std::vector<std::vector<double>> columns(K, std::vector<double>(rows));
  const auto* value = values.data<double>();
  for (size_t row = 0; row < rows; ++row) {
    for (size_t k = 0; k < K; ++k) columns[k][row] = *value++;
  }
  return columns;
}

void check_columns(int64_t K, const ColumnChartOptions& options, std::string_view function) {
  LATENT_CHECK(K >= 1 && K <= kMostColumnPlots, "[{}] 1 to {} columns, got {}", function, kMostColumnPlots, K);
  LATENT_CHECK(static_cast<int64_t>(options.names.size()) == K, "[{}] names: {} expected, got {}", function, K,
               options.names.size());
}

CellGrid column_cells(int64_t K, double width, double height, double left, const ColumnChartOptions& options) {
  return CellGrid({.count = K,
                   .columns = columns_for_cells(K, width, height),
                   .width = width,
                   .height = height,
                   .left = left,
                   .title = options.title,
                   .caption = options.caption,
                   .legend = options.legend});
}

Tensor column_scatter(const Tensor& x, const std::vector<Tensor>& ys, const ColumnChartOptions& options) {
  const std::vector<std::vector<double>> right = columns_of(x, "column_scatter");
  LATENT_CHECK(x.ndim() == 2 && !ys.empty(), "[column_scatter] x (N, K) and at least one y: got {}", x.shape().str());
  std::vector<std::vector<std::vector<double>>> up;
  for (const Tensor& y : ys) {
    up.push_back(columns_of(y, "column_scatter"));
    LATENT_CHECK(y.shape() == x.shape(), "[column_scatter] y: expected {}, got {}", x.shape().str(), y.shape().str());
  }
  check_columns(x.dim(1), options, "column_scatter");
  CellGrid grid = column_cells(x.dim(1), kWidth, kHeight + 30, 0, options);
  for (size_t k = 0; k < right.size(); ++k) {
    Range range = range_of(right[k]);
    for (const auto& columns : up) {
      for (const double value : columns[k]) range.add(value);
    }
    range.integers = false;
    const Box cell = grid.cell(static_cast<int64_t>(k));
    const Axis axis = small_axis(range, cell.width() - 60);
    const SmallPlot plot(cell, options.names[k], axis, axis, Ticks::numbers, Ticks::numbers);
    plot.draw_frame(grid.canvas());
    grid.canvas().stroke({{plot.place(axis.low, axis.low), plot.place(axis.high, axis.high)}}, 1.2, kFrame);
    const PointStyle style = point_style(right[k].size());
    for (size_t layer = up.size(); layer-- > 0;) {
      for (size_t i = 0; i < right[k].size(); ++i) {
        if (!drawable(right[k][i]) || !drawable(up[layer][k][i])) continue;
        grid.canvas().disc(plot.place(right[k][i], up[layer][k][i]), style.radius, series_color(layer), style.opacity);
      }
    }
  }
  return grid.canvas().image();
}

Tensor column_dots(const Tensor& values, const std::vector<std::string>& group_names,
                   const ColumnChartOptions& options) {
  constexpr double kGroup = 17, kMostNames = 200, kAround = 46;
  LATENT_CHECK(values.defined() && values.ndim() == 3 && values.dim(0) <= kMostGroups,
               "[column_dots] values (G, M, K), G at most {}: got {}", kMostGroups,
               values.defined() ? values.shape().str() : "undefined");
  const auto G = static_cast<size_t>(values.dim(0)), M = static_cast<size_t>(values.dim(1));
  LATENT_CHECK(group_names.size() == G && !options.legend.empty(),
               "[column_dots] {} group names and a legend expected, got {} and {}", G, group_names.size(),
               options.legend.size());
  const std::vector<std::vector<double>> columns = columns_of(values, "column_dots");
  check_columns(values.dim(2), options, "column_dots");
  double left = 0;
  for (const std::string& name : group_names) left = std::max(left, std::min(text_width(name, kSmallText), kMostNames));
  const double height = kAround + kGroup * static_cast<double>(G);
  CellGrid grid = column_cells(values.dim(2), kWidth, std::max(height, 80.0), left, options);
  Axis groups;
  groups.low = -0.5, groups.high = static_cast<double>(G) - 0.5;
  for (size_t g = 0; g < G; ++g) groups.ticks.push_back(static_cast<double>(g)), groups.labels.emplace_back();
  for (size_t k = 0; k < columns.size(); ++k) {
    const Box cell = grid.cell(static_cast<int64_t>(k));
    const SmallPlot plot(cell, options.names[k], small_axis(range_of(columns[k]), cell.width() - 20), groups,
                         Ticks::numbers, Ticks::lines);
    plot.draw_frame(grid.canvas());
    for (size_t g = 0; g < G; ++g) {
      const double row = static_cast<double>(G - 1 - g);
      if (cell.left == grid.cell(0).left) {
        draw_text(grid.canvas(), shortened(group_names[g], kSmallText, kMostNames),
                  {cell.left + 2, plot.place(0, row).y + kSmallCaps / 2},
                  {.size = kSmallText, .color = kInk, .align = Align::right});
      }
      for (size_t m = M; m-- > 0;) {  // the first mark lies above the others
        const double value = columns[k][g * M + m];
        if (!drawable(value)) continue;
        const size_t kind = std::min(m, options.legend.size() - 1);
        grid.canvas().disc(plot.place(value, row), kind == 0 ? 4.5 : 3.5, series_color(kind), kind == 0 ? 1.0 : 0.8);
      }
    }
  }
  return grid.canvas().image();
}

Tensor column_lines(const Tensor& values, const std::vector<std::string>& step_names, int64_t at,
                    const ColumnChartOptions& options) {
  LATENT_CHECK(values.defined() && values.ndim() == 3 && at < values.dim(1),
               "[column_lines] values (S, T, K) and a step below T: got {} and {}",
               values.defined() ? values.shape().str() : "undefined", at);
  const auto S = static_cast<size_t>(values.dim(0)), T = static_cast<size_t>(values.dim(1));
  LATENT_CHECK(step_names.empty() || step_names.size() == T, "[column_lines] step names: none or {} expected, got {}",
               T, step_names.size());
  const std::vector<std::vector<double>> columns = columns_of(values, "column_lines");
  check_columns(values.dim(2), options, "column_lines");
  CellGrid grid = column_cells(values.dim(2), kWidth, kHeight, 0, options);
  Axis steps;
  steps.low = -0.03 * static_cast<double>(T), steps.high = static_cast<double>(T) - 1 - steps.low;
  for (const size_t step : {size_t{0}, T - 1}) {
    steps.ticks.push_back(static_cast<double>(step));
    steps.labels.push_back(step_names.empty() ? std::to_string(step) : step_names[step]);
  }
  for (size_t k = 0; k < columns.size(); ++k) {
    const SmallPlot plot(grid.cell(static_cast<int64_t>(k)), options.names[k], steps,
                         make_axis(range_of(columns[k]), 4), Ticks::numbers, Ticks::numbers);
    plot.draw_frame(grid.canvas());
    for (size_t s = 0; s < S; ++s) {
      Polyline line;
      for (size_t t = 0; t < T; ++t) {
        const double value = columns[k][s * T + t];
        if (!drawable(value)) continue;
        line.push_back(plot.place(static_cast<double>(t), value));
        constexpr size_t kMostMarked = 24;
        if (T <= kMostMarked) grid.canvas().disc(line.back(), 2.4, series_color(s));
        if (static_cast<int64_t>(t) == at) grid.canvas().disc(line.back(), 5, series_color(s));
      }
      grid.canvas().stroke({line}, 1.8, series_color(s));
    }
  }
  return grid.canvas().image();
}

Tensor column_maps(const Tensor& values, const ColumnChartOptions& options) {
  constexpr double kMap = 190, kScale = 10, kScaleRoom = 86, kName = 22;
  LATENT_CHECK(values.defined() && values.ndim() == 3 && values.dim(0) <= 64 && values.dim(1) <= 64,
               "[column_maps] values (rows, columns, K), at most 64 x 64 places: got {}",
               values.defined() ? values.shape().str() : "undefined");
  const int64_t rows = values.dim(0), places = values.dim(1);
  const std::vector<std::vector<double>> columns = columns_of(values, "column_maps");
  check_columns(values.dim(2), options, "column_maps");
  CellGrid grid = column_cells(values.dim(2), kMap + kScaleRoom, kMap + kName + 10, 0, options);
  for (size_t k = 0; k < columns.size(); ++k) {
    const Box cell = grid.cell(static_cast<int64_t>(k));
    const Range range = range_of(columns[k]);
    const double extent = range.high - range.low;
    const auto shade = [&](double t) { return heat_shade(extent > 0 ? t : 0.5); };
    draw_text(grid.canvas(), shortened(options.names[k], 14, kMap), {cell.left + kMap / 2, cell.top + kName - 7},
              {.size = 14, .color = kInk, .align = Align::center});
    const double top = cell.top + kName;
    const auto edge = [&](int64_t i, int64_t count) {
      return kMap * static_cast<double>(i) / static_cast<double>(count);
    };
    for (int64_t i = 0; i < rows * places; ++i) {
      const double value = columns[k][static_cast<size_t>(i)];
      if (!drawable(value)) continue;
      const int64_t row = i / places, column = i % places;
      grid.canvas().fill({cell.left + edge(column, places), top + edge(row, rows), cell.left + edge(column + 1, places),
                          top + edge(row + 1, rows)},
                         shade((value - range.low) / extent));
    }
    const double scale = cell.left + kMap + 8;
    for (double y = 0; y < kMap; ++y) {
      grid.canvas().fill({scale, top + y, scale + kScale, top + y + 1}, shade(1 - y / kMap));
    }
    const TextStyle style = {.size = kSmallText, .color = kSoftInk};
    if (range.empty) continue;
    draw_text(grid.canvas(), number_text(range.high), {scale + kScale + 4, top + kSmallCaps}, style);
    draw_text(grid.canvas(), number_text(range.low), {scale + kScale + 4, top + kMap}, style);
  }
  return grid.canvas().image();
}

}  // namespace latent::report
