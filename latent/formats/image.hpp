#pragma once
// Pictures: PNG and JPEG to read, PNG and animated GIF to write.

#include <latent/core/tensor.hpp>
#include <latent/formats/file.hpp>

#include <optional>

namespace latent {

enum class ImageFormat : uint8_t { png, jpeg };
/// By the first bytes; nullopt for anything else.
std::optional<ImageFormat> image_format(std::span<const std::byte> bytes);

/// Height, width and channels from the header alone (and the palette, if there is one); what follows is not looked at.
struct ImageInfo {
  int64_t height = 0, width = 0, channels = 0;  ///< channels: 1 (grey) or 3 (colour)
};
/// @throws DataError
ImageInfo read_image_info(std::span<const std::byte> bytes, const std::string& path);

/// Decodes to (C, H, W) u8 with C = 1 (grey) or 3. 16-bit becomes 8-bit, palettes become colour (or grey, if all
/// entries are), transparency is blended over black; gamma, colour profiles and orientation tags are ignored. At most
/// 2^28 pixels, checked before anything is allocated, as is whether the file is long enough to hold so many. JPEG in
/// CMYK or with arithmetic coding is refused.
/// @throws DataError with the offset where known: truncated, damaged (checksums are verified), sizes that lie
Tensor read_image(std::span<const std::byte> bytes, const std::string& path);

/// @param image (C, H, W) u8, C = 1 or 3, not empty. Atomically. @throws IoError
void write_png(const std::filesystem::path& path, const Tensor& image);
/// An animation that repeats for ever. Grey frames are kept exactly, and so are colour frames of at most 256 colours
/// together; otherwise the 256 colours that stand for all are chosen by median cut and k-means. Atomically.
/// @param frames at least one, all of one shape (C, H, W) u8, C = 1 or 3, sides up to 65535
/// @throws IoError
void write_gif(const std::filesystem::path& path, const std::vector<Tensor>& frames, int milliseconds_per_frame = 80);

/// Bilinear resize with the footprint of the shrunk pixel averaged (anti-aliased), as PIL does (to the bit).
/// (C, H, W) u8 -> (C, height, width); an image that already has that size is returned as it is.
Tensor resize_image(const Tensor& image, int64_t height, int64_t width);
/// Luma of ITU-R BT.601 (0.299 R + 0.587 G + 0.114 B, rounded). (3, H, W) -> (1, H, W); grey images are returned as
/// they are.
Tensor to_grayscale(const Tensor& image);

}  // namespace latent
