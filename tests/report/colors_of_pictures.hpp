#pragma once
// Looks for colours in pictures.

#include <latent/core/tensor.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace latent::report {

using Color = std::array<int, 3>;
constexpr Color kWhite = {255, 255, 255};
constexpr Color kBlue = {63, 144, 218}, kOrange = {255, 169, 14};  // of the first two series

inline Color color_at(const Tensor& image, int64_t x, int64_t y) {
  const int64_t plane = image.dim(1) * image.dim(2), at = y * image.dim(2) + x;
  const auto* data = image.data<uint8_t>();
  return {data[at], data[plane + at], data[2 * plane + at]};
}

// The edges of lines and discs are mixed with the background; this much of it still counts as their colour.
constexpr int kMixed = 60;

inline bool is_nearly(const Color& a, const Color& b) {
  return std::abs(a[0] - b[0]) <= kMixed && std::abs(a[1] - b[1]) <= kMixed && std::abs(a[2] - b[2]) <= kMixed;
}

inline int64_t count_color(const Tensor& image, const Color& color) {
  int64_t count = 0;
  for (int64_t y = 0; y < image.dim(1); ++y) {
    for (int64_t x = 0; x < image.dim(2); ++x) count += is_nearly(color_at(image, x, y), color) ? 1 : 0;
  }
  return count;
}

// The columns in which a colour occurs: leftmost and rightmost.
inline std::pair<int64_t, int64_t> columns_of(const Tensor& image, const Color& color) {
  std::pair<int64_t, int64_t> columns = {image.dim(2), -1};
  for (int64_t y = 0; y < image.dim(1); ++y) {
    for (int64_t x = 0; x < image.dim(2); ++x) {
      if (is_nearly(color_at(image, x, y), color)) columns = {std::min(columns.first, x), std::max(columns.second, x)};
    }
  }
  return columns;
}

// Nothing is cut off: the outermost pixels are background.
inline void expect_clear_border(const Tensor& image) {
  const int64_t H = image.dim(1), W = image.dim(2);
  for (int64_t x = 0; x < W; ++x) {
    EXPECT_EQ(color_at(image, x, 0), kWhite);
    EXPECT_EQ(color_at(image, x, H - 1), kWhite);
  }
  for (int64_t y = 0; y < H; ++y) {
    EXPECT_EQ(color_at(image, 0, y), kWhite);
    EXPECT_EQ(color_at(image, W - 1, y), kWhite);
  }
}

}  // namespace latent::report
