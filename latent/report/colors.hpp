#pragma once
// Private to report/: the colours of charts.

#include <latent/report/canvas.hpp>

#include <array>

namespace latent::report {

constexpr Rgb kWhite = {255, 255, 255}, kInk = {45, 45, 45}, kSoftInk = {90, 90, 90}, kFrame = {170, 170, 170},
              kGridLine = {230, 230, 230}, kUnlabelled = {170, 170, 170};

/// Colours to tell classes and series apart: Tableau 10, then their light relatives, then both darkened; after 40 they
/// repeat.
inline Rgb series_color(size_t index) {
  constexpr std::array<Rgb, 20> kColors = {{{31, 119, 180},  {255, 127, 14},  {44, 160, 44},   {214, 39, 40},
                                            {148, 103, 189}, {140, 86, 75},   {227, 119, 194}, {127, 127, 127},
                                            {188, 189, 34},  {23, 190, 207},  {174, 199, 232}, {255, 187, 120},
                                            {152, 223, 138}, {255, 152, 150}, {197, 176, 213}, {196, 156, 148},
                                            {247, 182, 210}, {199, 199, 199}, {219, 219, 141}, {158, 218, 229}}};
  Rgb color = kColors[index % kColors.size()];
  if (index / kColors.size() % 2 == 1) {
    const auto darker = [](uint8_t value) { return static_cast<uint8_t>(value * 11 / 20); };
    color = {darker(color.r), darker(color.g), darker(color.b)};
  }
  return color;
}

}  // namespace latent::report
