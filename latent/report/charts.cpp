#include <latent/report/pictures.hpp>

#include <latent/report/chart_frame.hpp>
#include <latent/report/classes.hpp>

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
  return lines;
}

struct PointStyle {
  double radius, opacity;
};

// The more points, the smaller and the more translucent, so that density shows.
PointStyle point_style(int64_t count) {
  if (count <= 300) return {4.0, 0.85};
  if (count <= 2000) return {3.0, 0.75};
  if (count <= 10000) return {2.2, 0.55};
  return {1.6, 0.4};
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

Tensor scatter_chart(const Tensor& points, std::span<const int64_t> labels, const std::vector<std::string>& class_names,
                     const ChartOptions& options) {
  LATENT_CHECK(points.ndim() == 2 && points.dim(1) == 2, "[scatter_chart] points (N, 2): got {}", points.shape().str());
  const int64_t N = points.dim(0);
  LATENT_CHECK(labels.empty() || static_cast<int64_t>(labels.size()) == N,
               "[scatter_chart] labels: none or {} expected, got {}", N, labels.size());
  const std::vector<double> values = points.to_vector();
  const auto at = [&](int64_t i) {
    return Point{values[static_cast<size_t>(2 * i)], values[static_cast<size_t>(2 * i + 1)]};
  };
  Range x, y;
  for (int64_t i = 0; i < N; ++i) {
    if (!drawable(at(i).x) || !drawable(at(i).y)) continue;
    x.add(at(i).x);
    y.add(at(i).y);
  }
  x.integers = y.integers = false;
  const std::set<int64_t> classes = classes_of(labels);
  std::vector<LegendEntry> legend;
  legend.reserve(classes.size());
  for (const int64_t label : classes) legend.push_back({class_name(label, class_names), class_color(label)});

  ChartFrame frame(options, x, y, legend, Marker::dot);
  const PointStyle style = point_style(N);
  for (int64_t i = 0; i < N; ++i) {
    if (!drawable(at(i).x) || !drawable(at(i).y)) continue;
    const int64_t label = labels.empty() ? 0 : labels[static_cast<size_t>(i)];
    frame.canvas().disc(frame.place(at(i).x, at(i).y), style.radius, class_color(label), style.opacity);
  }
  return frame.canvas().image();
}

}  // namespace latent::report
