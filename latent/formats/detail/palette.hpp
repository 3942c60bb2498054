#pragma once
// Private to formats/: a few colours that stand for many.

#include <latent/core/tensor.hpp>

#include <array>
#include <vector>

namespace latent::detail {

using Color = std::array<uint8_t, 3>;

/// At most 256 colours for all frames, and the way from any colour to the nearest of them.
class Palette {
 public:
  /// Grey frames get all 256 shades; colour frames with few colours get exactly those; others a median cut
  /// (Heckbert 1982, "Color image quantization for frame buffer display") refined by k-means.
  /// @param frames (C, H, W) u8, C = 1 or 3, not empty
  explicit Palette(const std::vector<Tensor>& frames);

  const std::vector<Color>& colors() const { return colors_; }
  /// Indices of the nearest colours, row by row: H * W of them.
  std::vector<uint8_t> indices(const Tensor& frame);

 private:
  uint8_t nearest(const Color& color);

  std::vector<Color> colors_;
  std::vector<int16_t> known_;  // by the upper six bits of each channel: index of the nearest colour, or -1
  bool exact_ = false;          // every colour of the frames is in the palette
};

}  // namespace latent::detail
