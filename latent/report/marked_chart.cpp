#include <latent/report/marked_chart.hpp>

#include <latent/core/error.hpp>
#include <latent/report/detail/chart_frame.hpp>
#include <latent/report/detail/palette.hpp>
#include <latent/report/detail/polyline.hpp>

#include <algorithm>

namespace latent::report {

namespace {

constexpr Rgb kMarked = {255, 214, 204};
constexpr double kThinLine = 1.4;

}  // namespace

Tensor marked_line_chart(const std::vector<Series>& series, const std::vector<MarkedSpan>& spans,
                         const ChartOptions& options) {
  Range x, y;
  std::vector<LegendEntry> legend;
  bool named = false;
  for (const Series& one : series) {
    LATENT_CHECK(one.x.size() == one.y.size(),
                 "[marked_line_chart] series '{}': as many y as x expected, got {} and {}", one.name, one.y.size(),
                 one.x.size());
    for (const double value : one.x) x.add(value);
    for (const double value : one.y) {
      if (drawable(value)) y.add(value);
    }
    named = named || !one.name.empty();
    legend.push_back({one.name, series_color(legend.size())});
  }
  if (!named) legend.clear();
  ChartFrame frame(options, x, y, legend, Marker::line);
  for (const MarkedSpan& span : spans) {
    const double left = frame.place(span.low, 0).x, right = frame.place(span.high, 0).x;
    frame.canvas().fill({left, frame.plot().top, std::max(right, left + 2), frame.plot().bottom}, kMarked);
  }
  for (size_t s = 0; s < series.size(); ++s) {
    std::vector<Polyline> lines;
    bool gap = true;
    for (size_t i = 0; i < series[s].x.size(); ++i) {
      const bool is_there = drawable(series[s].x[i]) && drawable(series[s].y[i]);
      if (is_there && gap) lines.emplace_back();
      if (is_there) lines.back().push_back(frame.place(series[s].x[i], series[s].y[i]));
      gap = !is_there;
    }
    for (Polyline& line : lines) line = thinned(line);
    frame.canvas().stroke(lines, kThinLine, series_color(s));
  }
  return frame.canvas().image();
}

Tensor stacked_pictures(const std::vector<Tensor>& pictures) {
  LATENT_CHECK(!pictures.empty(), "[stacked_pictures] at least one picture expected");
  const int64_t W = pictures.front().dim(2);
  int64_t H = 0;
  for (const Tensor& picture : pictures) {
    LATENT_CHECK(picture.ndim() == 3 && picture.dim(0) == 3 && picture.dim(2) == W && picture.dtype() == DType::u8,
                 "[stacked_pictures] u8 pictures (3, H, {}) expected, got {}", W, picture.shape().str());
    H += picture.dim(1);
  }
  Tensor all = Tensor::empty({3, H, W}, DType::u8);
  int64_t top = 0;
  for (const Tensor& picture : pictures) {
    for (int64_t c = 0; c < 3; ++c) {
      const int64_t size = picture.dim(1) * W;
      std::copy_n(picture.data<uint8_t>() + c * size, size, all.data<uint8_t>() + (c * H + top) * W);
    }
    top += picture.dim(1);
  }
  return all;
}

}  // namespace latent::report
