#pragma once
// Pictures: PNG, JPEG, WebP, TIFF and BMP to read, PNG and animated GIF to write.

#include <latent/core/tensor.hpp>
#include <latent/formats/file.hpp>

#include <optional>
#include <utility>

namespace latent {

enum class ImageFormat : uint8_t { png, jpeg, webp, tiff, bmp };
/// By the first bytes; nullopt for anything else.
std::optional<ImageFormat> image_format(std::span<const std::byte> bytes);

/// What the header alone says of a picture (with the palette, if there is one); what follows is not looked at.
struct ImageInfo {
  int64_t height = 0, width = 0;  ///< as the picture is looked at: turned as its orientation tag says
  int64_t channels = 0;           ///< 1 (grey) or 3 (colour)
  int bits = 8;                   ///< bits of a sample: 16, or 8 for 8 and fewer
  bool transparent = false;       ///< whether it says of each pixel how transparent it is
  bool turned = false;            ///< whether its orientation makes rows of columns
};
/// @throws DataError
ImageInfo read_image_info(std::span<const std::byte> bytes, const std::string& path);

/// How a picture becomes an array.
struct ImageReading {
  uint8_t background = 0;  ///< the grey that transparent pixels are laid on: 0 black, 255 white
  bool keep_16_bits = false;
  bool follow_orientation = true;  ///< otherwise the picture stays as it is stored
};

/// Decodes to (C, H, W) with C = 1 (grey) or 3: u8, or f32 in [0, 1] with 65,536 levels for a picture of 16 bits if
/// they are to be kept; else 16-bit becomes 8-bit. Palettes become colour (or grey, if all entries are), transparency
/// is blended over the background, and the picture is turned as its EXIF or TIFF orientation says; gamma and colour
/// profiles are ignored. Of several pages the first is read. At most 2^28 pixels, checked before anything is allocated,
/// as is whether the file is long enough to hold so many. JPEG in CMYK or with arithmetic coding, animated WebP, TIFF
/// of floats and packed BMP are refused.
/// @throws DataError with the offset where known: truncated, damaged (checksums are verified), sizes that lie, or a
///         picture that is too large for its file
Tensor read_image(std::span<const std::byte> bytes, const std::string& path, const ImageReading& reading = {});

/// What is seen of a picture with transparent pixels.
struct Visible {
  double share = 0.0;       ///< mean of alpha: 1 where no pixel is transparent
  double brightness = 0.0;  ///< mean grey in [0, 1], each pixel weighed by its alpha; 0 where nothing is seen
};
/// Nothing for a picture that says nothing of transparency. @throws as read_image()
std::optional<Visible> visible_part(std::span<const std::byte> bytes, const std::string& path);

/// @param image (C, H, W) u8, C = 1 or 3, not empty. Atomically. @throws IoError
void write_png(const std::filesystem::path& path, const Tensor& image);
/// An animation that repeats for ever. Grey frames are kept exactly, and so are colour frames of at most 256 colours
/// together; otherwise the 256 colours that stand for all are chosen by median cut and k-means. Atomically.
/// @param frames at least one, all of one shape (C, H, W) u8, C = 1 or 3, sides up to 65535
/// @throws IoError
void write_gif(const std::filesystem::path& path, const std::vector<Tensor>& frames, int milliseconds_per_frame = 80);

/// Bilinear resize with the footprint of the shrunk pixel averaged (anti-aliased); of u8 as PIL does (to the bit).
/// (C, H, W) u8 or f32 -> (C, height, width); an image that already has that size is returned as it is.
Tensor resize_image(const Tensor& image, int64_t height, int64_t width);

/// How an image of other proportions is brought to a size.
enum class Fit : uint8_t {
  crop,    ///< cut to the proportions around its centre
  pad,     ///< whole, with bars beside it
  stretch  ///< squashed
};
/// "crop", "pad" or "stretch". @throws std::invalid_argument for others
Fit fit_from(std::string_view name);
std::string_view name_of(Fit fit);
/// The part of an image of height x width that `crop` keeps for a target: rows and columns, centred; all of it where
/// the proportions agree as far as whole pixels can.
std::pair<int64_t, int64_t> cropped_size(int64_t height, int64_t width, int64_t to_height, int64_t to_width);
/// resize_image() to the size, as `fit` says. @param bars  the grey of the bars of `pad`, 0 ... 255
Tensor fit_image(const Tensor& image, int64_t height, int64_t width, Fit fit, uint8_t bars = 0);

/// Luma of ITU-R BT.601 (0.299 R + 0.587 G + 0.114 B, rounded for u8). (3, H, W) u8 or f32 -> (1, H, W); grey images
/// are returned as they are.
Tensor to_grayscale(const Tensor& image);

}  // namespace latent
