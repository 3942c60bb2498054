#include <latent/report/detail/text.hpp>

#include <latent/report/detail/font.hpp>

#include <charconv>
#include <cmath>

namespace latent::report {

namespace {

constexpr int kArcSegments = 6;

// One character per code point: the bytes that continue one are dropped.
std::string to_ascii(std::string_view text) {
  std::string ascii;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0u) == 0x80u) continue;
    ascii += byte < 0x80u ? c : '?';
  }
  return ascii;
}

// Whole pixels, so that the stems of all letters are equally sharp.
double advance(char c, double size) { return std::round((glyph(c).width + kLetterSpace) * size / kEm); }

// Walks over a path of the font; `to_canvas` places its points.
template <class F>
void add_strokes(std::string_view path, std::vector<Polyline>& lines, const F& to_canvas) {
  const char *at = path.data(), *const end = path.data() + path.size();
  const auto number = [&] {
    double value = 0;
    at = std::from_chars(at, end, value).ptr;
    if (at != end) ++at;  // the space behind it
    return value;
  };
  Point pen;
  while (at != end) {
    const char step = *at++;
    const double x = number(), y = number();
    if (step == 'M') lines.emplace_back();
    if (step == 'H' || step == 'V') {
      for (int i = 1; i < kArcSegments; ++i) {
        const double angle = M_PI / 2 * i / kArcSegments;
        const double early = std::sin(angle), late = 1 - std::cos(angle);
        lines.back().push_back(to_canvas(
            {pen.x + (x - pen.x) * (step == 'H' ? early : late), pen.y + (y - pen.y) * (step == 'H' ? late : early)}));
      }
    }
    lines.back().push_back(to_canvas({x, y}));
    pen = {x, y};
  }
}

}  // namespace

double text_width(std::string_view text, double size) {
  double width = 0;
  for (const char c : to_ascii(text)) width += advance(c, size);
  return width;
}

std::string shortened(std::string_view text, double size, double width) {
  std::string ascii = to_ascii(text);
  if (text_width(ascii, size) <= width) return ascii;
  while (!ascii.empty() && text_width(ascii + "...", size) > width) ascii.pop_back();
  return ascii + "...";
}

void draw_text(Canvas& canvas, std::string_view text, Point anchor, const TextStyle& style) {
  const std::string ascii = to_ascii(text);
  const double scale = style.size / kEm;
  const double shift =
      style.align == Align::left ? 0 : text_width(ascii, style.size) * (style.align == Align::center ? 0.5 : 1.0);
  const bool upwards = style.direction == Direction::upwards;
  // Base line and left edges run through the middles of pixels.
  const double along =
      std::floor(upwards ? -anchor.y - shift : anchor.x - shift) + 0.5 + std::round(kLetterSpace / 2 * scale);
  const double base = std::floor(upwards ? anchor.x : anchor.y) + 0.5;
  std::vector<Polyline> lines;
  double x = along;
  for (const char c : ascii) {
    add_strokes(glyph(c).path, lines, [&](Point p) {
      const double right = x + p.x * scale, down = base - p.y * scale;
      return upwards ? Point{down, -right} : Point{right, down};
    });
    x += advance(c, style.size);
  }
  const double line_width = 0.4 + 0.072 * style.size;
  constexpr double kHaloOpacity = 0.8;
  if (style.halo > 0) canvas.stroke(lines, line_width + 2 * style.halo, {255, 255, 255}, kHaloOpacity);
  canvas.stroke(lines, line_width, style.color);
}

}  // namespace latent::report
