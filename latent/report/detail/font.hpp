#pragma once
// Private to report/: a font of single strokes, made for this project.

#include <string_view>

namespace latent::report {

/// Heights in the font's own units, above the base line (below, where negative).
constexpr double kCapHeight = 14, kLowercaseHeight = 10, kAscent = 16, kDescent = -4.3;
/// Units that make up the nominal size of a text: a text of size 20 has capitals 14 pixels high.
constexpr double kEm = 20;
/// Space between two letters.
constexpr double kLetterSpace = 3.2;

struct Glyph {
  double width = 0;       ///< width of the drawn part; its left edge is at x = 0
  std::string_view path;  ///< see font.cpp
};

/// The shape of an ASCII character; a question mark stands for those that cannot be drawn.
const Glyph& glyph(char character);

}  // namespace latent::report
