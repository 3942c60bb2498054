#pragma once
// Private to report/: colours that can be told apart, and shades that rise evenly.

#include <latent/report/detail/canvas.hpp>

#include <cstddef>

namespace latent::report {

/// After so many, series_color() begins again.
constexpr size_t kColors = 256;

/// Colours to tell classes and series apart; number i is the same in every chart. The first ten are chosen to be told
/// apart by the colour-blind too (Petroff 2021, arXiv:2107.02270). Each further one is, of a lattice of hue, lightness
/// and chroma in OKLCH (Ottosson 2020), the colour that lies farthest from all before it and from kUnlabelled: 40
/// colours are at least 0.08 apart in OKLab, where black and white are 1 apart. Lightness stays within 0.4 ... 0.82,
/// which is legible on white.
Rgb series_color(size_t index);

/// From dark blue (0) over green to light yellow (1), evenly rising in lightness. @param t  clamped to [0, 1]
Rgb heat_shade(double t);

/// A colour by lightness (0 black, 1 white), chroma and hue in degrees, cut off where sRGB ends.
/// Source: Ottosson 2020, "A perceptual color space for image processing".
Rgb from_oklch(double lightness, double chroma, double hue);

struct OkLab {
  double l = 0, a = 0, b = 0;
};
OkLab to_oklab(Rgb color);
/// Euclidean distance in OKLab: about 0.02 is just noticed side by side.
double color_distance(const OkLab& x, const OkLab& y);

}  // namespace latent::report
