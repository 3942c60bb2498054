#include <latent/report/detail/palette.hpp>

#include <latent/report/detail/colors.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace latent::report {
namespace {

double least_distance(const std::vector<OkLab>& colors) {
  double least = 1;
  for (size_t i = 0; i < colors.size(); ++i) {
    for (size_t j = 0; j < i; ++j) least = std::min(least, color_distance(colors[i], colors[j]));
  }
  return least;
}

std::vector<OkLab> first_colors(size_t count) {
  std::vector<OkLab> colors;
  for (size_t i = 0; i < count; ++i) colors.push_back(to_oklab(series_color(i)));
  return colors;
}

double linear(uint8_t value) {
  const double v = value / 255.0;
  return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
}

uint8_t encoded(double v) {
  v = std::clamp(v, 0.0, 1.0);
  return static_cast<uint8_t>(std::lround(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055)));
}

using Matrix = std::array<std::array<double, 3>, 3>;

// What somebody sees who lacks one kind of cones. Source: Machado, Oliveira & Fernandes 2009, severity 1.
Rgb seen_by(const Matrix& m, Rgb color) {
  const std::array<double, 3> rgb = {linear(color.r), linear(color.g), linear(color.b)};
  const auto channel = [&](size_t i) { return encoded(m[i][0] * rgb[0] + m[i][1] * rgb[1] + m[i][2] * rgb[2]); };
  return {channel(0), channel(1), channel(2)};
}

TEST(Palette, OkLabOfKnownColours) {
  const OkLab white = to_oklab({255, 255, 255}), red = to_oklab({255, 0, 0});
  EXPECT_NEAR(white.l, 1.0, 1e-4);
  EXPECT_NEAR(white.a, 0.0, 1e-4);
  EXPECT_NEAR(red.l, 0.62796, 1e-4);  // Ottosson 2020
  EXPECT_NEAR(red.a, 0.22486, 1e-4);
  EXPECT_NEAR(red.b, 0.12585, 1e-4);
  EXPECT_NEAR(color_distance(white, to_oklab({0, 0, 0})), 1.0, 1e-4);
  const Rgb back = from_oklch(red.l, std::hypot(red.a, red.b), std::atan2(red.b, red.a) * 180 / M_PI);
  EXPECT_EQ(back.r, 255);
  EXPECT_LE(back.g, 1);
  EXPECT_LE(back.b, 1);
}

// About 0.02 is just noticed; the limits are what the palette has, less a little.
TEST(Palette, FirstTenAreToldApartByTheColourBlind) {
  constexpr Matrix kProtan = {
      {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}};
  constexpr Matrix kDeutan = {
      {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}};
  constexpr Matrix kTritan = {
      {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}}};
  EXPECT_GT(least_distance(first_colors(10)), 0.085);
  for (const Matrix& kind : {kProtan, kDeutan, kTritan}) {
    std::vector<OkLab> seen;
    for (size_t i = 0; i < 10; ++i) seen.push_back(to_oklab(seen_by(kind, series_color(i))));
    EXPECT_GT(least_distance(seen), 0.055);
  }
}

TEST(Palette, ManyColoursAreDistinctAndLegible) {
  EXPECT_GT(least_distance(first_colors(20)), 0.085);
  EXPECT_GT(least_distance(first_colors(40)), 0.08);
  EXPECT_GT(least_distance(first_colors(100)), 0.05);
  EXPECT_GT(least_distance(first_colors(kColors)), 0.03);
  for (size_t i = 0; i < kColors; ++i) {
    const OkLab color = to_oklab(series_color(i));
    EXPECT_LT(color.l, 0.86) << i << " is hardly seen on white";
    EXPECT_GT(color.l, 0.35) << i << " is hardly told from black";
    EXPECT_GT(color_distance(color, to_oklab(kUnlabelled)), 0.03) << i << " looks like no label";
  }
}

TEST(Palette, ShadesRiseInLightness) {
  double last = -1;
  for (int i = 0; i <= 20; ++i) {
    const double lightness = to_oklab(heat_shade(i / 20.0)).l;
    EXPECT_GT(lightness, last + 0.01) << i;
    last = lightness;
  }
  EXPECT_EQ(heat_shade(-3).r, heat_shade(0).r);
  EXPECT_EQ(heat_shade(7).g, heat_shade(1).g);
}

}  // namespace
}  // namespace latent::report
