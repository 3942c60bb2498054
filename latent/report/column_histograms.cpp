#include <latent/report/detail/colors.hpp>
#include <latent/report/detail/column_grid.hpp>
#include <latent/report/detail/palette.hpp>
#include <latent/report/detail/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

namespace latent::report {

namespace {

constexpr double kWidth = 236, kHeight = 166;
constexpr size_t kMostBars = 12;
using Samples = std::vector<std::vector<double>>;  // of one column

// The distinct values; nothing if there are more than bars have room for.
std::vector<double> few_values(const Samples& samples) {
  std::set<double> values;
  for (const std::vector<double>& sample : samples) {
    for (const double value : sample) {
      if (drawable(value)) values.insert(value);
      if (values.size() > kMostBars) return {};
    }
  }
  return {values.begin(), values.end()};
}

struct Shown {
  Range range;
  double left_out = 0;  // share of all values
};

// What is shown of a column: all values, or without the outermost if those would take most of the room.
Shown shown_of(const Samples& samples) {
  constexpr double kOutermost = 0.005, kMostRoom = 3.0;
  Range all, inner;
  for (const std::vector<double>& sample : samples) {
    std::vector<double> sorted;
    for (const double value : sample) {
      if (drawable(value)) sorted.push_back(value);
    }
    if (sorted.empty()) continue;
    std::ranges::sort(sorted);
    const auto at = [&](double p) {
      return sorted[static_cast<size_t>(std::llround(p * static_cast<double>(sorted.size() - 1)))];
    };
    for (const double value : {sorted.front(), sorted.back()}) all.add(value);
    for (const double value : {at(kOutermost), at(1 - kOutermost)}) inner.add(value);
  }
  all.integers = inner.integers = false;
  if (all.empty || inner.high == inner.low || all.high - all.low <= kMostRoom * (inner.high - inner.low)) return {all};
  double count = 0, outside = 0;
  for (const std::vector<double>& sample : samples) {
    for (const double value : sample) {
      if (!drawable(value)) continue;
      ++count;
      if (value < inner.low || value > inner.high) ++outside;
    }
  }
  return {inner, outside / count};
}

struct Bins {
  double low, width;
  int count;
};

// Bins of whole numbers in their middle, if the first sample has no others.
std::optional<Bins> whole_bins(const std::vector<double>& sample, const Range& shown) {
  constexpr double kMost = 40;
  const Range range = range_of(sample);
  if (range.empty || !range.integers) return std::nullopt;
  const double low = std::floor(shown.low), high = std::ceil(shown.high);
  const double width = std::ceil((high - low + 1) / kMost);
  return Bins{low - 0.5, width, static_cast<int>(std::ceil((high - low + 1) / width))};
}

// As many bins as Freedman & Diaconis (1981) advise for the smallest sample, within what can be seen.
Bins bins_for(const Samples& samples, const Range& range) {
  if (const std::optional<Bins> whole = whole_bins(samples[0], range)) return *whole;
  double bins = 40;
  for (const std::vector<double>& sample : samples) {
    std::vector<double> sorted;
    for (const double value : sample) {
      if (drawable(value)) sorted.push_back(value);
    }
    if (sorted.size() < 2) continue;
    std::ranges::sort(sorted);
    const double iqr = sorted[sorted.size() * 3 / 4] - sorted[sorted.size() / 4];
    const double width = 2 * iqr / std::cbrt(static_cast<double>(sorted.size()));
    if (width > 0) bins = std::min(bins, (range.high - range.low) / width);
  }
  const int count = static_cast<int>(std::clamp(bins, 12.0, 40.0));
  return {range.low, (range.high - range.low) / count, count};
}

// The share of a sample's values in each bin; values outside of the range are in none.
std::vector<double> shares(const std::vector<double>& sample, const Range& range, const Bins& bins) {
  std::vector<double> result(static_cast<size_t>(bins.count));
  double count = 0;
  for (const double value : sample) {
    if (!drawable(value)) continue;
    ++count;
    if (value < range.low || value > range.high) continue;
    const double place = bins.width > 0 ? (value - bins.low) / bins.width : 0;
    ++result[std::min(static_cast<size_t>(std::max(place, 0.0)), result.size() - 1)];
  }
  for (double& share : result) share /= std::max(count, 1.0);
  return result;
}

// Half way to white.
Rgb paler(Rgb color) {
  const auto half = [](uint8_t value) { return static_cast<uint8_t>((value + 255) / 2); };
  return {half(color.r), half(color.g), half(color.b)};
}

double largest(const std::vector<std::vector<double>>& heights) {
  double result = 0;
  for (const auto& of_sample : heights) result = std::max(result, *std::ranges::max_element(of_sample));
  return result;
}

// From nothing to the highest bar.
Axis share_axis(double highest) {
  Range range;
  range.add(0);
  range.add(highest > 0 ? highest * 1.05 : 1);
  range.integers = false;
  Axis axis = make_axis(range, 3);
  axis.low = 0;
  std::erase_if(axis.labels, [&](const std::string& label) { return label.starts_with('-'); });
  std::erase_if(axis.ticks, [](double tick) { return tick < 0; });
  return axis;
}

// A bar for each value and sample; the values stand at even distances, whatever they are.
void draw_bars(Canvas& canvas, const Box& cell, const std::string& name, const Samples& samples,
               const std::vector<double>& values) {
  std::vector<std::vector<double>> heights;
  for (const std::vector<double>& sample : samples) {
    std::vector<double> share(values.size());
    double count = 0;
    for (const double value : sample) {
      if (!drawable(value)) continue;
      ++count;
      ++share[static_cast<size_t>(std::ranges::lower_bound(values, value) - values.begin())];
    }
    for (double& one : share) one /= std::max(count, 1.0);
    heights.push_back(share);
  }
  Axis places;
  places.low = -0.6, places.high = static_cast<double>(values.size()) - 0.4;
  double widest = 0;
  for (const double value : values) widest = std::max(widest, text_width(fmt::format("{:.4g}", value), kSmallText));
  const double spacing = (cell.width() - 50) / static_cast<double>(values.size());
  const auto step = static_cast<size_t>(std::ceil((widest + 6) / spacing));
  for (size_t i = 0; i < values.size(); i += step) {
    places.ticks.push_back(static_cast<double>(i));
    places.labels.push_back(fmt::format("{:.4g}", values[i]));
  }
  const SmallPlot plot(cell, name, places, share_axis(largest(heights)), Ticks::numbers, Ticks::numbers);
  plot.draw_frame(canvas);
  const double bar = 0.8 / static_cast<double>(samples.size());
  for (size_t s = 0; s < samples.size(); ++s) {
    for (size_t i = 0; i < values.size(); ++i) {
      const double left = static_cast<double>(i) - 0.4 + bar * static_cast<double>(s);
      const Point upper = plot.place(left, heights[s][i]), lower = plot.place(left + bar, 0);
      canvas.fill({upper.x, upper.y, std::max(lower.x, upper.x + 1), lower.y}, series_color(s));
    }
  }
}

// Steps over the bins: the first sample filled, the others as lines over it.
void draw_histograms(Canvas& canvas, const Box& cell, const std::string& name, const Samples& samples) {
  const Shown shown = shown_of(samples);
  const Bins bins = bins_for(samples, shown.range);
  Range edges = shown.range;
  for (const double edge : {bins.low, bins.low + bins.width * bins.count}) edges.add(edge);
  edges.integers = false;
  std::vector<std::vector<double>> heights;
  for (const std::vector<double>& sample : samples) heights.push_back(shares(sample, shown.range, bins));
  const SmallPlot plot(cell, name, small_axis(edges, cell.width() - 60), share_axis(largest(heights)), Ticks::numbers,
                       Ticks::numbers);
  plot.draw_frame(canvas);
  for (size_t s = 0; s < samples.size(); ++s) {
    Polyline steps = {plot.place(bins.low, 0)};
    for (int bin = 0; bin < bins.count; ++bin) {
      const double left = bins.low + bins.width * bin, height = heights[s][static_cast<size_t>(bin)];
      const Point upper = plot.place(left, height), lower = plot.place(left + bins.width, 0);
      steps.push_back(upper);
      steps.push_back({lower.x, upper.y});
      if (s == 0) canvas.fill({upper.x, upper.y, lower.x, lower.y}, paler(series_color(0)));
    }
    steps.push_back(plot.place(bins.low + bins.width * bins.count, 0));
    canvas.stroke({steps}, s == 0 ? 1.2 : 2.0, series_color(s));
  }
  if (shown.left_out == 0) return;
  draw_text(canvas, fmt::format("{:.2g}% farther out", 100 * shown.left_out),
            {plot.area().right - 2, plot.area().top + kSmallCaps + 2},
            {.size = kSmallText, .color = kSoftInk, .align = Align::right});
}

}  // namespace

Tensor column_histograms(const std::vector<Tensor>& samples, const ColumnChartOptions& options) {
  LATENT_CHECK(!samples.empty(), "[column_histograms] at least one sample expected");
  std::vector<std::vector<std::vector<double>>> columns;  // by sample
  for (const Tensor& sample : samples) {
    columns.push_back(columns_of(sample, "column_histograms"));
    LATENT_CHECK(sample.ndim() == 2 && sample.dim(1) == samples[0].dim(1),
                 "[column_histograms] samples (N, {}) expected, got {}", samples[0].dim(samples[0].ndim() - 1),
                 sample.shape().str());
  }
  check_columns(samples[0].dim(1), options, "column_histograms");
  CellGrid grid = column_cells(samples[0].dim(1), kWidth, kHeight, 0, options);
  for (int64_t k = 0; k < samples[0].dim(1); ++k) {
    Samples of_column;
    for (auto& sample : columns) of_column.push_back(std::move(sample[static_cast<size_t>(k)]));
    const std::string& name = options.names[static_cast<size_t>(k)];
    const std::vector<double> values = few_values(of_column);
    if (values.empty()) {
      draw_histograms(grid.canvas(), grid.cell(k), name, of_column);
    } else {
      draw_bars(grid.canvas(), grid.cell(k), name, of_column, values);
    }
  }
  return grid.canvas().image();
}

}  // namespace latent::report
