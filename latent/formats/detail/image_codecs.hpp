#pragma once
// Private to formats/: the decoders behind read_image(), one pair per file format.

#include <latent/formats/image.hpp>

namespace latent::detail {

/// Most pixels (height x width) that a picture may have, checked before anything is allocated.
constexpr int64_t kMaxPixels = int64_t{1} << 28;

/// @throws DataError unless both sizes are positive and their product is at most kMaxPixels
void check_image_size(int64_t height, int64_t width, const std::string& path, int64_t offset);

/// Most bytes of samples (height x width x samples) that a file of a few bytes may hold: 2^28, or 64 for each byte of
/// the file where that is more. Real pictures are far from it.
/// @throws DataError if a picture has more
void check_picture_bytes(int64_t height, int64_t width, int64_t bytes_per_pixel, size_t file_bytes,
                         const std::string& path);

/// A picture as it is stored: what its header says, before it is turned.
struct StoredImage {
  int64_t height = 0, width = 0;
  int64_t channels = 0;  ///< 1 or 3
  int bits = 8;          ///< 8 or 16
  bool alpha = false;
  bool premultiplied = false;  ///< colours are already multiplied by alpha
  int orientation = 1;         ///< 1 ... 8, as EXIF and TIFF number them
};

/// Planes (C, H, W) as stored, u8, or f32 in [0, 1] if 16 bits are kept; a last plane of alpha where there is one.
struct StoredPlanes {
  Tensor planes;
  bool premultiplied = false;
};

StoredImage png_info(std::span<const std::byte> bytes, const std::string& path);
StoredPlanes read_png(std::span<const std::byte> bytes, const std::string& path, bool keep_16_bits);
StoredImage jpeg_info(std::span<const std::byte> bytes, const std::string& path);
StoredPlanes read_jpeg(std::span<const std::byte> bytes, const std::string& path);
StoredImage webp_info(std::span<const std::byte> bytes, const std::string& path);
StoredPlanes read_webp(std::span<const std::byte> bytes, const std::string& path);
StoredImage tiff_info(std::span<const std::byte> bytes, const std::string& path);
StoredPlanes read_tiff(std::span<const std::byte> bytes, const std::string& path, bool keep_16_bits);
StoredImage bmp_info(std::span<const std::byte> bytes, const std::string& path);
StoredPlanes read_bmp(std::span<const std::byte> bytes, const std::string& path);

/// The orientation tag of EXIF data ("II*\0..." or "MM\0*..."), 1 ... 8; 1 where it has none or is damaged.
int exif_orientation(std::span<const std::byte> exif);

/// Row-interleaved samples into planes: in (pixels, samples) -> out (kept, pixels of all rows) at pixel `at`.
/// The last sample is kept as the last plane (alpha), the first ones before it.
template <class In, class Out, class Convert>
void deinterleave(const In* in, int64_t pixels, int64_t samples, int64_t kept, bool alpha, int64_t plane, Out* out,
                  Convert convert) {
  for (int64_t x = 0; x < pixels; ++x, in += samples) {
    for (int64_t c = 0; c < kept; ++c) out[c * plane + x] = convert(in[c]);
    if (alpha) out[kept * plane + x] = convert(in[samples - 1]);
  }
}

}  // namespace latent::detail
