#pragma once
// Private to report/: lines of text on a canvas.

#include <latent/report/detail/canvas.hpp>

#include <string>
#include <string_view>

namespace latent::report {

enum class Align : uint8_t { left, center, right };
enum class Direction : uint8_t { horizontal, upwards };

struct TextStyle {
  double size = 14;  ///< capitals are 0.7 of this high, in pixels
  Rgb color = {60, 60, 60};
  Align align = Align::left;
  Direction direction = Direction::horizontal;
  double halo = 0;  ///< pixels of white around the letters
};

/// Pixels from the left edge of the first letter to the right edge of the last.
double text_width(std::string_view text, double size);
/// `text`, or as much of its beginning as fits into `width` with "..." behind it.
std::string shortened(std::string_view text, double size, double width);
/// Draws a line of UTF-8 text (what is not ASCII as a question mark). `anchor` is on the base line, at the left end,
/// the middle or the right end of the text as read.
void draw_text(Canvas& canvas, std::string_view text, Point anchor, const TextStyle& style);

}  // namespace latent::report
