#pragma once
// What the PNG and JPEG fuzzers have in common.

#include <latent/formats/image.hpp>

#include <tests/fuzz/fuzz_target.hpp>

namespace latent::fuzz {

/// Reads a picture; what can be read must be what its header announced, and is resized.
inline void read_picture(std::span<const std::byte> bytes) {
  const ImageInfo info = read_image_info(bytes, "input");
  const Tensor image = read_image(bytes, "input");
  if (image.shape() != Shape({info.channels, info.height, info.width})) std::abort();
  touch(image);
  constexpr int64_t kSmall = 1 << 16;  // so that the time goes into reading
  if (image.numel() <= kSmall) touch(resize_image(to_grayscale(image), 7, 5));
}

}  // namespace latent::fuzz
