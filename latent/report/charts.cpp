#include <latent/report/pictures.hpp>

#include <latent/report/detail/chart_frame.hpp>
#include <latent/report/detail/palette.hpp>
#include <latent/report/detail/polyline.hpp>

namespace latent::report {

namespace {

constexpr double kLineWidth = 2.2;
// So few points are marked on their line, as the epochs of a short run.
constexpr size_t kMostMarked = 30;

// The line in pieces: a point that cannot be drawn leaves a gap.
std::vector<Polyline> pieces(const Series& series, const ChartFrame& frame) {
  std::vector<Polyline> lines;
  bool gap = true;
  for (size_t i = 0; i < series.x.size(); ++i) {
    if (!drawable(series.x[i]) || !drawable(series.y[i])) {
      gap = true;
      continue;
    }
    if (gap) lines.emplace_back();
    gap = false;
    lines.back().push_back(frame.place(series.x[i], series.y[i]));
  }
  for (Polyline& line : lines) line = thinned(line);
  return lines;
}

}  // namespace

Tensor line_chart(const std::vector<Series>& series, const ChartOptions& options) {
  Range x, y;
  std::vector<LegendEntry> legend;
  bool named = false;
  for (const Series& one : series) {
    LATENT_CHECK(one.x.size() == one.y.size(), "[line_chart] series '{}': as many y as x expected, got {} and {}",
                 one.name, one.y.size(), one.x.size());
    for (size_t i = 0; i < one.x.size(); ++i) {
      if (!drawable(one.x[i]) || !drawable(one.y[i])) continue;
      x.add(one.x[i]);
      y.add(one.y[i]);
    }
    named = named || !one.name.empty();
    legend.push_back({one.name, series_color(legend.size())});
  }
  if (!named) legend.clear();
  ChartFrame frame(options, x, y, legend, Marker::line);
  for (size_t s = 0; s < series.size(); ++s) {
    const std::vector<Polyline> lines = pieces(series[s], frame);
    frame.canvas().stroke(lines, kLineWidth, series_color(s));
    for (const Polyline& line : lines) {
      if (line.size() > 1 && series[s].x.size() > kMostMarked) continue;
      for (const Point& point : line) frame.canvas().disc(point, 3.2, series_color(s));
    }
  }
  return frame.canvas().image();
}

}  // namespace latent::report
