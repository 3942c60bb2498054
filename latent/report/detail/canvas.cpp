#include <latent/report/detail/canvas.hpp>

#include <algorithm>
#include <cmath>

namespace latent::report {

namespace {

double distance_to_segment(Point p, Point a, Point b) {
  const double dx = b.x - a.x, dy = b.y - a.y;
  const double squared_length = dx * dx + dy * dy;
  double t = 0;
  if (squared_length > 0) t = std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / squared_length, 0.0, 1.0);
  return std::hypot(p.x - (a.x + t * dx), p.y - (a.y + t * dy));
}

// How much of a pixel whose middle is `distance` away lies within `radius`: falls from 1 to 0 over the width of a
// pixel.
double coverage(double radius, double distance) { return std::clamp(radius + 0.5 - distance, 0.0, 1.0); }

uint8_t mix(uint8_t below, uint8_t above, double opacity) {
  return static_cast<uint8_t>(std::lround(below + (above - below) * opacity));
}

}  // namespace

Canvas::Canvas(int64_t width, int64_t height, Rgb background) : width_(width), height_(height) {
  constexpr int64_t kMaxPixels = int64_t{1} << 28;
  LATENT_CHECK(width > 0 && height > 0 && width <= kMaxPixels / height,
               "[canvas] {} x {} (height x width): sizes from 1 to 2^28 pixels in all", height, width);
  pixels_.assign(static_cast<size_t>(width * height), background);
}

Canvas::Area Canvas::clip(double left, double top, double right, double bottom) const {
  const auto cut = [](double value, int64_t size) {
    return static_cast<int64_t>(std::clamp(value, 0.0, static_cast<double>(size)));
  };
  return {cut(std::floor(left), width_), cut(std::floor(top), height_), cut(std::ceil(right), width_),
          cut(std::ceil(bottom), height_)};
}

void Canvas::blend(int64_t x, int64_t y, Rgb color, double opacity) {
  Rgb& pixel = pixels_[static_cast<size_t>(y * width_ + x)];
  pixel = {mix(pixel.r, color.r, opacity), mix(pixel.g, color.g, opacity), mix(pixel.b, color.b, opacity)};
}

void Canvas::fill(const Box& box, Rgb color) {
  const Area area = clip(std::round(box.left), std::round(box.top), std::round(box.right), std::round(box.bottom));
  for (int64_t y = area.top; y < area.bottom; ++y) {
    for (int64_t x = area.left; x < area.right; ++x) pixels_[static_cast<size_t>(y * width_ + x)] = color;
  }
}

void Canvas::stroke(const std::vector<Polyline>& lines, double line_width, Rgb color, double opacity) {
  const double radius = line_width / 2, reach = radius + 1;
  const auto around = [&](Point a, Point b) {
    return clip(std::min(a.x, b.x) - reach, std::min(a.y, b.y) - reach, std::max(a.x, b.x) + reach,
                std::max(a.y, b.y) + reach);
  };
  Area whole{width_, height_, 0, 0};
  for (const Polyline& line : lines) {
    for (const Point& p : line) {
      const Area area = around(p, p);
      whole = {std::min(whole.left, area.left), std::min(whole.top, area.top), std::max(whole.right, area.right),
               std::max(whole.bottom, area.bottom)};
    }
  }
  if (whole.left >= whole.right || whole.top >= whole.bottom) return;

  const int64_t columns = whole.right - whole.left;
  std::vector<float> mask(static_cast<size_t>(columns * (whole.bottom - whole.top)));
  const auto draw_segment = [&](Point a, Point b) {
    const Area area = around(a, b);
    for (int64_t y = area.top; y < area.bottom; ++y) {
      for (int64_t x = area.left; x < area.right; ++x) {
        const Point middle = {static_cast<double>(x) + 0.5, static_cast<double>(y) + 0.5};
        float& covered = mask[static_cast<size_t>((y - whole.top) * columns + x - whole.left)];
        covered = std::max(covered, static_cast<float>(coverage(radius, distance_to_segment(middle, a, b))));
      }
    }
  };
  for (const Polyline& line : lines) {
    if (line.size() == 1) draw_segment(line.front(), line.front());
    for (size_t i = 1; i < line.size(); ++i) draw_segment(line[i - 1], line[i]);
  }
  for (int64_t y = whole.top; y < whole.bottom; ++y) {
    for (int64_t x = whole.left; x < whole.right; ++x) {
      const float covered = mask[static_cast<size_t>((y - whole.top) * columns + x - whole.left)];
      if (covered > 0) blend(x, y, color, covered * opacity);
    }
  }
}

void Canvas::disc(Point center, double radius, Rgb color, double opacity) {
  const double reach = radius + 1;
  const Area area = clip(center.x - reach, center.y - reach, center.x + reach, center.y + reach);
  for (int64_t y = area.top; y < area.bottom; ++y) {
    for (int64_t x = area.left; x < area.right; ++x) {
      const double distance =
          std::hypot(static_cast<double>(x) + 0.5 - center.x, static_cast<double>(y) + 0.5 - center.y);
      const double covered = coverage(radius, distance);
      if (covered > 0) blend(x, y, color, covered * opacity);
    }
  }
}

Tensor Canvas::image() const {
  Tensor image = Tensor::empty({3, height_, width_}, DType::u8);
  auto* out = image.data<uint8_t>();
  const size_t plane = pixels_.size();
  for (size_t i = 0; i < plane; ++i) {
    out[i] = pixels_[i].r;
    out[plane + i] = pixels_[i].g;
    out[2 * plane + i] = pixels_[i].b;
  }
  return image;
}

}  // namespace latent::report
