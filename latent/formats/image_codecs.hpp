#pragma once
// Private to formats/: the decoders behind read_image(), one pair per file format.

#include <latent/formats/image.hpp>

namespace latent::detail {

/// Most pixels (height x width) that a picture may have, checked before anything is allocated.
constexpr int64_t kMaxPixels = int64_t{1} << 28;

/// @throws DataError unless both sizes are positive and their product is at most kMaxPixels
void check_image_size(int64_t height, int64_t width, const std::string& path, int64_t offset);

ImageInfo png_info(std::span<const std::byte> bytes, const std::string& path);
Tensor read_png(std::span<const std::byte> bytes, const std::string& path);

ImageInfo jpeg_info(std::span<const std::byte> bytes, const std::string& path);
Tensor read_jpeg(std::span<const std::byte> bytes, const std::string& path);

}  // namespace latent::detail
