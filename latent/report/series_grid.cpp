#include <latent/report/series_grid.hpp>

#include <latent/report/detail/colors.hpp>
#include <latent/report/detail/palette.hpp>
#include <latent/report/detail/polyline.hpp>
#include <latent/report/detail/small_plots.hpp>
#include <latent/report/detail/text.hpp>
#include <latent/report/limits.hpp>

#include <algorithm>
#include <cmath>

namespace latent::report {

namespace {

constexpr double kLeastWidth = 120, kMostWidth = 300, kUsualTotal = 1500;  // of cells
constexpr double kAlone = 110, kTogether = 58;  // heights of a strip: of one channel, of several
constexpr double kCellGap = 8, kNameRoom = 150, kHeadings = 22, kNumbersBelow = 18;
constexpr double kAbove = 190;       // most room for title, caption, legend and names
constexpr double kMostBeside = 320;  // most room for names and numbers beside the rows
constexpr int64_t kMostMarked = 24;  // values so few are marked on their line

double strip_height(int64_t C) { return C == 1 ? kAlone : kTogether; }

double cell_width(int64_t columns) {
  return std::clamp(std::floor(kUsualTotal / static_cast<double>(columns)), kLeastWidth, kMostWidth);
}

// All layers as doubles.
struct Layers {
  std::vector<std::vector<double>> values;
  int64_t N, C, L;

  std::span<const double> row(size_t layer, int64_t n, int64_t c) const {
    return std::span(values[layer]).subspan(static_cast<size_t>((n * C + c) * L), static_cast<size_t>(L));
  }
  Range range(int64_t c) const {
    Range range;
    for (size_t layer = 0; layer < values.size(); ++layer) {
      for (int64_t n = 0; n < N; ++n) {
        for (const double value : row(layer, n, c)) range.add(value);
      }
    }
    return range;
  }
};

void add_channel(Range& range, const Tensor& series, int64_t c) {
  const std::vector<double> values = series.to_vector();
  const int64_t C = series.dim(1), L = series.dim(2);
  for (int64_t n = 0; n < series.dim(0); ++n) {
    for (int64_t t = 0; t < L; ++t) range.add(values[static_cast<size_t>((n * C + c) * L + t)]);
  }
}

// A line in pieces; values that cannot be drawn leave gaps.
std::vector<Polyline> pieces(const SmallPlot& plot, std::span<const double> values) {
  std::vector<Polyline> lines;
  bool gap = true;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!drawable(values[i])) {
      gap = true;
      continue;
    }
    if (gap) lines.emplace_back();
    gap = false;
    lines.back().push_back(plot.place(static_cast<double>(i), values[i]));
  }
  for (Polyline& line : lines) line = thinned(line);
  return lines;
}

void draw_line(Canvas& canvas, const SmallPlot& plot, std::span<const double> values, size_t layer) {
  const std::vector<Polyline> lines = pieces(plot, values);
  canvas.stroke(lines, 1.6, series_color(layer), layer == 0 ? 1.0 : 0.85);
  if (static_cast<int64_t>(values.size()) > kMostMarked) return;
  for (const Polyline& line : lines) {
    for (const Point& point : line) canvas.disc(point, 2.2, series_color(layer));
  }
}

Layers layers_of(const Tensor& series, const std::vector<Tensor>& overlays) {
  LATENT_CHECK(series.ndim() == 3 && series.numel() > 0, "[series_grid] series (N, C, L), not empty: got {}",
               series.shape().str());
  Layers layers{{series.to_vector()}, series.dim(0), series.dim(1), series.dim(2)};
  for (const Tensor& overlay : overlays) {
    LATENT_CHECK(overlay.defined() && overlay.shape() == series.shape(), "[series_grid] overlay: expected {}, got {}",
                 series.shape().str(), overlay.defined() ? overlay.shape().str() : "undefined");
    layers.values.push_back(overlay.to_vector());
  }
  return layers;
}

void check(const Layers& layers, const SeriesGridOptions& options, int64_t columns) {
  const GridSize most = most_series(layers.C);
  const int64_t rows = (layers.N + columns - 1) / columns;
  LATENT_CHECK(options.columns >= 0, "[series_grid] columns must not be negative, got {}", options.columns);
  LATENT_CHECK(layers.C <= kMostChannels && rows <= most.rows && columns <= most.columns,
               "[series_grid] at most {} channels, and of {} at most {} x {} cells: got {} x {}", kMostChannels,
               layers.C, most.rows, most.columns, rows, columns);
  const auto fits = [](const std::vector<std::string>& names, int64_t count) {
    return static_cast<int64_t>(names.size()) <= count;
  };
  LATENT_CHECK(
      fits(options.legend, static_cast<int64_t>(layers.values.size())) && fits(options.channel_names, layers.C) &&
          fits(options.row_names, rows) && fits(options.column_names, columns),
      "[series_grid] names: {} of lines, {} of channels, {} of rows, {} of columns are too many", options.legend.size(),
      options.channel_names.size(), options.row_names.size(), options.column_names.size());
}

double widest_of(const std::vector<std::string>& names) {
  double width = 0;
  for (const std::string& name : names) width = std::max(width, std::min(text_width(name, kSmallText), kNameRoom));
  return names.empty() ? 0 : width + kCellGap;
}

// The strip of channel c within a cell.
Box strip_of(const Box& cell, int64_t c, int64_t C) {
  Box strip = cell;
  const double height = strip_height(C);
  strip.top = cell.top + static_cast<double>(c) * height;
  strip.bottom = strip.top + height;
  return strip;
}

// What stands around the cells: names of rows and columns, numbers of the vertical axes, numbers of the values.
void draw_surroundings(CellGrid& grid, const SeriesGridOptions& options, int64_t columns, const std::vector<Axis>& axes,
                       const Axis& x, int64_t count) {
  const auto C = static_cast<int64_t>(axes.size());
  TextStyle style = {.size = kSmallText, .color = kSoftInk, .align = Align::right};
  for (int64_t row = 0; row < grid.rows(); ++row) {
    const Box cell = grid.cell(row * columns);
    for (int64_t c = 0; c < C; ++c) {
      const SmallPlot plot(strip_of(cell, c, C), "", x, axes[static_cast<size_t>(c)], Ticks::none, Ticks::none);
      for (size_t i = 0; i < axes[static_cast<size_t>(c)].ticks.size(); ++i) {
        const Axis& axis = axes[static_cast<size_t>(c)];
        draw_text(grid.canvas(), axis.labels[i],
                  {cell.left + 4, std::floor(plot.place(0, axis.ticks[i]).y) + kSmallCaps / 2}, style);
      }
    }
    if (row < static_cast<int64_t>(options.row_names.size())) {
      draw_text(grid.canvas(), shortened(options.row_names[static_cast<size_t>(row)], kSmallText, kNameRoom),
                {kCellGap, (cell.top + strip_of(cell, C - 1, C).bottom) / 2 + kSmallCaps / 2},
                {.size = kSmallText, .color = kInk});
    }
  }
  style.align = Align::center;
  for (int64_t column = 0; column < columns; ++column) {
    if (column < static_cast<int64_t>(options.column_names.size())) {
      const Box cell = grid.cell(column);
      draw_text(
          grid.canvas(), shortened(options.column_names[static_cast<size_t>(column)], kSmallText, cell.width() - 4),
          {(cell.left + cell.right) / 2, grid.top() - 6}, {.size = kSmallText, .color = kInk, .align = Align::center});
    }
    const int64_t last = (count - 1 - column) / columns * columns + column;  // of this column
    if (!options.index_numbers || column >= count) continue;
    const Box cell = grid.cell(last);
    const SmallPlot plot(strip_of(cell, C - 1, C), "", x, axes.back(), Ticks::none, Ticks::none);
    for (size_t i = 0; i < x.ticks.size(); ++i) {
      draw_text(grid.canvas(), x.labels[i], {plot.place(x.ticks[i], 0).x, strip_of(cell, C - 1, C).bottom + kSmallCaps},
                style);
    }
  }
}

}  // namespace

GridSize most_series(int64_t C) {
  constexpr auto kSide = static_cast<double>(kMostSide);
  const double cell = strip_height(C) * static_cast<double>(C) + kCellGap + kNumbersBelow;
  return {static_cast<int64_t>((kSide - kAbove) / cell), static_cast<int64_t>((kSide - kMostBeside) / kLeastWidth)};
}

Tensor series_grid(const Tensor& series, const std::vector<Tensor>& overlays, const SeriesGridOptions& options) {
  const Layers layers = layers_of(series, overlays);
  const int64_t N = layers.N, C = layers.C;
  const double height = strip_height(C) * static_cast<double>(C) + kCellGap;
  int64_t columns = options.columns;
  if (columns <= 0) columns = columns_for_cells(N, kMostWidth, height);
  columns = std::min(columns, N);
  check(layers, options, columns);
  LATENT_CHECK(!options.within.defined() || (options.within.ndim() == 3 && options.within.dim(1) == C),
               "[series_grid] within (M, {}, L) expected, got {}", C, options.within.shape().str());
  std::vector<Axis> axes;
  double numbers = 0;
  for (int64_t c = 0; c < C; ++c) {
    Range range = layers.range(c);
    if (options.within.defined()) add_channel(range, options.within, c);
    axes.push_back(make_axis(range, C == 1 ? 4 : 2));
    numbers = std::max(numbers, number_room(axes.back()));
  }
  const double width = cell_width(columns);
  Range places;
  places.add(0);
  places.add(static_cast<double>(std::max<int64_t>(layers.L - 1, 1)));
  const Axis x = small_axis(places, width - kCellGap);

  CellGrid grid({.count = N,
                 .columns = columns,
                 .width = width,
                 .height = height,
                 .left = widest_of(options.row_names) + numbers,
                 .top = options.column_names.empty() ? 0 : kHeadings,
                 .bottom = options.index_numbers ? kNumbersBelow : 0,
                 .title = options.title,
                 .caption = options.caption,
                 .legend = options.legend});
  draw_surroundings(grid, options, columns, axes, x, N);
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t c = 0; c < C; ++c) {
      const Box strip = strip_of(grid.cell(n), c, C);
      const SmallPlot plot(strip, "", x, axes[static_cast<size_t>(c)], Ticks::lines, Ticks::lines);
      plot.draw_frame(grid.canvas());
      if (c < static_cast<int64_t>(options.channel_names.size())) {
        draw_text(grid.canvas(),
                  shortened(options.channel_names[static_cast<size_t>(c)], kSmallText, plot.area().width()),
                  {plot.area().left + 4, plot.area().top + kSmallCaps + 1}, {.size = kSmallText, .color = kSoftInk});
      }
      for (size_t layer = 0; layer < layers.values.size(); ++layer) {
        draw_line(grid.canvas(), plot, layers.row(layer, n, c), layer);
      }
    }
  }
  return grid.canvas().image();
}

}  // namespace latent::report
