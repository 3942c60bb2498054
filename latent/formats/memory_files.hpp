#pragma once
// The files of npy.hpp and image.hpp as bytes, for those who send them rather than keep them.

#include <latent/core/tensor.hpp>

#include <string>
#include <vector>

namespace latent {

/// What write_npy() would write. @throws as write_npy()
std::string npy_bytes(const Tensor& array);
/// What npy_bytes() has before the elements, which follow as they lie in memory. @throws as npy_bytes()
std::string npy_head(const Tensor& array);

/// How hard to look for a small file.
enum class Packing : uint8_t {
  small,  ///< as write_png() does
  quick   ///< several times as fast, and somewhat larger
};
/// What write_png() would write. @param image (C, H, W) u8, C = 1 or 3, not empty @throws std::invalid_argument
std::string png_bytes(const Tensor& image, Packing packing = Packing::small);

/// What write_gif() would write. @throws as write_gif()
std::string gif_bytes(const std::vector<Tensor>& frames, int milliseconds_per_frame = 80);

}  // namespace latent
