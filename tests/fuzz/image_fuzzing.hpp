#pragma once
// What the fuzzers of pictures have in common.

#include <latent/formats/image.hpp>

#include <tests/fuzz/fuzz_target.hpp>

namespace latent::fuzz {

/// Reads a picture, with and without its 16 bits; what can be read must be what its header announced, and is resized.
inline void read_picture(std::span<const std::byte> bytes) {
  const ImageInfo info = read_image_info(bytes, "input");
  if (info.height * info.width > int64_t{1} << 24) return;  // the limit of memory is the fuzzer's own
  for (const bool keep_16_bits : {false, true}) {
    const Tensor image = read_image(bytes, "input", {.background = 200, .keep_16_bits = keep_16_bits});
    if (image.shape() != Shape({info.channels, info.height, info.width})) std::abort();
    touch(image);
    constexpr int64_t kSmall = 1 << 16;  // so that the time goes into reading
    if (image.numel() <= kSmall) touch(fit_image(to_grayscale(image), 7, 5, Fit::crop));
    if (info.bits == 8) break;
  }
  static_cast<void>(visible_part(bytes, "input"));
}

/// The same for input that is of one format only.
inline int read_format(const uint8_t* data, size_t size, ImageFormat format) {
  if (image_format(std::as_bytes(std::span(data, size))) != format) return 0;
  return run(data, size, read_picture);
}

}  // namespace latent::fuzz
