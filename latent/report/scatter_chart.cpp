#include <latent/report/pictures.hpp>

#include <latent/report/detail/chart_frame.hpp>
#include <latent/report/detail/class_names.hpp>
#include <latent/report/detail/classes.hpp>
#include <latent/report/detail/point_pairs.hpp>
#include <latent/report/detail/text.hpp>
#include <latent/text/characters.hpp>

namespace latent::report {

namespace {

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

// Names on the chart, in ink on a halo that keeps points away.
void draw_names(ChartFrame& frame, const std::vector<PlacedName>& names) {
  for (const PlacedName& one : names) {
    draw_text(frame.canvas(), one.text, one.base,
              {.size = kClassNameSize, .color = kInk, .align = Align::center, .halo = 2});
  }
}

}  // namespace

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
  ClassPlaces places;
  for (int64_t i = 0; i < N; ++i) {
    if (!drawable(at(i).x) || !drawable(at(i).y)) continue;
    const int64_t label = labels.empty() ? 0 : labels[static_cast<size_t>(i)];
    const Point place = frame.place(at(i).x, at(i).y);
    frame.canvas().disc(place, style.radius, class_color(label), style.opacity);
    if (label >= 0) places[label].push_back(place);
  }
  if (classes.size() > kMostUnnamed) draw_names(frame, placed_names(std::move(places), class_names, frame.plot()));
  return frame.canvas().image();
}

Tensor named_chart(const Tensor& points, const std::vector<std::string>& names, const ChartOptions& options,
                   std::span<const PointPair> joined) {
  constexpr double kOpacity = 0.5, kLineWidth = 1.2;
  const double radius = named_radius(names.size());
  LATENT_CHECK(points.ndim() == 2 && points.dim(1) == 2 && points.dim(0) == static_cast<int64_t>(names.size()),
               "[named_chart] points ({}, 2): got {}", names.size(), points.shape().str());
  const std::vector<double> values = points.to_vector();
  Range x, y;
  std::vector<size_t> shown;
  std::vector<std::string> plain;
  for (size_t i = 0; i < names.size(); ++i) {
    plain.push_back(text::without_marks(names[i]));
    if (!drawable(values[2 * i]) || !drawable(values[2 * i + 1])) continue;
    x.add(values[2 * i]);
    y.add(values[2 * i + 1]);
    shown.push_back(i);
  }
  x.integers = y.integers = false;
  ChartFrame frame(options, x, y, {}, Marker::dot);
  std::vector<Polyline> lines;
  for (const auto& [a, b] : drawable_pairs(joined, values)) {
    lines.push_back({frame.place(values[2 * a], values[2 * a + 1]), frame.place(values[2 * b], values[2 * b + 1])});
  }
  frame.canvas().stroke(lines, kLineWidth, series_color(1), 0.7);
  ClassPlaces places;
  for (const size_t i : shown) {
    const Point place = frame.place(values[2 * i], values[2 * i + 1]);
    frame.canvas().disc(place, radius, series_color(0), kOpacity);
    places[static_cast<int64_t>(i)].push_back(place);
  }
  draw_names(frame, placed_names(std::move(places), plain, frame.plot()));
  return frame.canvas().image();
}

}  // namespace latent::report
