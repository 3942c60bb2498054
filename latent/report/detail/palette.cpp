#include <latent/report/detail/palette.hpp>

#include <latent/report/detail/colors.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace latent::report {

namespace {

constexpr std::array<Rgb, 10> kFirst = {{{63, 144, 218},
                                         {255, 169, 14},
                                         {189, 31, 1},
                                         {148, 164, 162},
                                         {131, 45, 182},
                                         {169, 107, 89},
                                         {231, 99, 0},
                                         {185, 172, 112},
                                         {113, 117, 129},
                                         {146, 218, 221}}};

double to_linear(uint8_t value) {
  const double v = value / 255.0;
  return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
}

uint8_t from_linear(double v) {
  v = std::clamp(v, 0.0, 1.0);
  return static_cast<uint8_t>(std::lround(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055)));
}

struct LinearRgb {
  double r, g, b;
  bool in_gamut() const {
    constexpr double kRounding = 1e-4;
    return std::min({r, g, b}) >= -kRounding && std::max({r, g, b}) <= 1 + kRounding;
  }
};

LinearRgb linear(double lightness, double chroma, double hue) {
  const double a = chroma * std::cos(hue * M_PI / 180), b = chroma * std::sin(hue * M_PI / 180);
  const double l = std::pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3),
               m = std::pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3),
               s = std::pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3);
  return {4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
          -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
          -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s};
}

struct Candidate {
  Rgb color;
  OkLab lab;
  double distance;  // to the nearest of those chosen
};

// All colours of the lattice that sRGB has.
std::vector<Candidate> candidates() {
  constexpr double kHueStep = 7.5, kLeastLightness = 0.40, kLightnessStep = 0.06;
  constexpr int kLightnesses = 8;
  std::vector<Candidate> all;
  for (int i = 0; i < kLightnesses; ++i) {
    const double lightness = kLeastLightness + kLightnessStep * i;
    for (double hue = 0; hue < 360; hue += kHueStep) {
      for (const double chroma : {0.06, 0.11, 0.16, 0.21}) {
        if (!linear(lightness, chroma, hue).in_gamut()) continue;
        const Rgb color = from_oklch(lightness, chroma, hue);
        all.push_back({color, to_oklab(color), std::numeric_limits<double>::max()});
      }
    }
  }
  return all;
}

std::vector<Rgb> make_colors() {
  std::vector<Rgb> colors(kFirst.begin(), kFirst.end());
  std::vector<Candidate> all = candidates();
  const auto keep_away_from = [&](Rgb chosen) {
    const OkLab lab = to_oklab(chosen);
    for (Candidate& one : all) one.distance = std::min(one.distance, color_distance(one.lab, lab));
  };
  for (const Rgb color : colors) keep_away_from(color);
  keep_away_from(kUnlabelled);
  while (colors.size() < kColors) {
    colors.push_back(std::ranges::max_element(all, {}, &Candidate::distance)->color);
    keep_away_from(colors.back());
  }
  return colors;
}

}  // namespace

Rgb from_oklch(double lightness, double chroma, double hue) {
  const LinearRgb color = linear(lightness, chroma, hue);
  return {from_linear(color.r), from_linear(color.g), from_linear(color.b)};
}

OkLab to_oklab(Rgb color) {
  const double r = to_linear(color.r), g = to_linear(color.g), b = to_linear(color.b);
  const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b),
               m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b),
               s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
          1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
          0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

double color_distance(const OkLab& x, const OkLab& y) { return std::hypot(x.l - y.l, x.a - y.a, x.b - y.b); }

Rgb series_color(size_t index) {
  static const std::vector<Rgb> kPalette = make_colors();
  return kPalette[index % kColors];
}

Rgb heat_shade(double t) {
  t = std::clamp(t, 0.0, 1.0);
  return from_oklch(0.28 + 0.66 * t, 0.09 + 0.06 * t, 285 - 180 * t);
}

}  // namespace latent::report
