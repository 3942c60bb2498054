#pragma once
// Private to report/: a drawing surface with anti-aliased lines and discs.

#include <latent/core/tensor.hpp>

#include <vector>

namespace latent::report {

struct Rgb {
  uint8_t r = 0, g = 0, b = 0;
};

/// In pixels from the upper left corner; the middle of the first pixel is (0.5, 0.5).
struct Point {
  double x = 0, y = 0;
};
struct Box {
  double left = 0, top = 0, right = 0, bottom = 0;
  double width() const { return right - left; }
  double height() const { return bottom - top; }
};

using Polyline = std::vector<Point>;

/// Drawing outside of the surface is cut off.
class Canvas {
 public:
  /// @throws std::invalid_argument for sizes below 1 or above 2^28 pixels
  Canvas(int64_t width, int64_t height, Rgb background);

  int64_t width() const { return width_; }
  int64_t height() const { return height_; }

  /// A filled box with edges at whole pixels (rounded).
  void fill(const Box& box, Rgb color);
  /// Lines with round ends and corners, as one shape: where they cross, a translucent colour does not add up.
  /// A line of one point is a dot.
  void stroke(const std::vector<Polyline>& lines, double line_width, Rgb color, double opacity = 1);
  void disc(Point center, double radius, Rgb color, double opacity = 1);

  /// (3, H, W) u8
  Tensor image() const;

 private:
  // The pixels that a shape may touch.
  struct Area {
    int64_t left = 0, top = 0, right = 0, bottom = 0;
  };
  Area clip(double left, double top, double right, double bottom) const;
  void blend(int64_t x, int64_t y, Rgb color, double opacity);

  int64_t width_, height_;
  std::vector<Rgb> pixels_;
};

}  // namespace latent::report
