#include <latent/formats/image.hpp>

#include <latent/core/memory.hpp>
#include <latent/formats/detail/image_codecs.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace latent {

namespace {

using detail::StoredImage;
using detail::StoredPlanes;

constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n";
constexpr std::string_view kJpegSignature = "\xff\xd8\xff";  // start of image, then the next marker
constexpr size_t kBmpHeaders = 26;                           // of the file, and the shortest of the picture

bool has_at(std::span<const std::byte> bytes, size_t at, std::string_view text) {
  return bytes.size() >= at + text.size() &&
         std::equal(text.begin(), text.end(), bytes.begin() + static_cast<ptrdiff_t>(at),
                    [](char a, std::byte b) { return std::byte(a) == b; });
}

// Two letters are little; what must follow them in any BMP is more: the reserved zeros, and a known header's size.
bool is_bmp(std::span<const std::byte> bytes) {
  if (!has_at(bytes, 0, "BM") || bytes.size() < kBmpHeaders) return false;
  constexpr std::array<uint8_t, 6> kHeaderSizes = {12, 40, 52, 56, 108, 124};
  const auto header = static_cast<uint8_t>(bytes[14]);
  return has_at(bytes, 6, std::string_view("\0\0\0\0", 4)) && has_at(bytes, 15, std::string_view("\0\0\0", 3)) &&
         std::ranges::find(kHeaderSizes, header) != kHeaderSizes.end();
}

ImageFormat known_format(std::span<const std::byte> bytes, const std::string& path) {
  if (bytes.empty()) throw DataError(path, "the file is empty");
  const std::optional<ImageFormat> format = image_format(bytes);
  if (!format) throw DataError(path, 0, "not a picture that can be read (PNG, JPEG, WebP, TIFF or BMP)");
  return *format;
}

StoredImage stored_info(std::span<const std::byte> bytes, const std::string& path) {
  switch (known_format(bytes, path)) {
    case ImageFormat::png: return detail::png_info(bytes, path);
    case ImageFormat::jpeg: return detail::jpeg_info(bytes, path);
    case ImageFormat::webp: return detail::webp_info(bytes, path);
    case ImageFormat::tiff: return detail::tiff_info(bytes, path);
    case ImageFormat::bmp: return detail::bmp_info(bytes, path);
  }
  return {};
}

StoredPlanes stored_planes(std::span<const std::byte> bytes, const std::string& path, bool keep_16_bits) {
  switch (known_format(bytes, path)) {
    case ImageFormat::png: return detail::read_png(bytes, path, keep_16_bits);
    case ImageFormat::jpeg: return detail::read_jpeg(bytes, path);
    case ImageFormat::webp: return detail::read_webp(bytes, path);
    case ImageFormat::tiff: return detail::read_tiff(bytes, path, keep_16_bits);
    case ImageFormat::bmp: return detail::read_bmp(bytes, path);
  }
  return {};
}

bool is_turned(int orientation) { return orientation >= 5; }  // rows are columns

// The picture as it is looked at. EXIF 2.3, tag 0x0112: row 0 and column 0 of what is stored are
// 1 top left, 2 top right, 3 bottom right, 4 bottom left, 5 left top, 6 right top, 7 right bottom, 8 left bottom.
template <class T>
Tensor oriented_as(const Tensor& stored, int orientation) {
  const int64_t C = stored.dim(0), H = stored.dim(1), W = stored.dim(2);
  const bool turned = is_turned(orientation);
  const int64_t rows = turned ? W : H, columns = turned ? H : W;
  Tensor result = Tensor::empty({C, rows, columns}, stored.dtype());
  T* out = result.data<T>();
  const bool right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  for (int64_t c = 0; c < C; ++c) {
    const T* plane = stored.data<T>() + c * H * W;
    for (int64_t y = 0; y < rows; ++y) {
      for (int64_t x = 0; x < columns; ++x) {
        const int64_t row = turned ? x : y, column = turned ? y : x;
        *out++ = plane[(bottom ? H - 1 - row : row) * W + (right ? W - 1 - column : column)];
      }
    }
  }
  return result;
}

Tensor oriented(const Tensor& stored, int orientation) {
  if (orientation == 1) return stored;
  return stored.dtype() == DType::f32 ? oriented_as<float>(stored, orientation)
                                      : oriented_as<uint8_t>(stored, orientation);
}

// (C + 1, H, W) with alpha last -> (C, H, W), laid on the background.
Tensor blended(const StoredPlanes& stored, int64_t channels, uint8_t background) {
  const Tensor& x = stored.planes;
  const int64_t pixels = x.dim(1) * x.dim(2);
  Tensor result = Tensor::empty({channels, x.dim(1), x.dim(2)}, x.dtype());
  if (x.dtype() == DType::f32) {
    const float* alpha = x.data<float>() + channels * pixels;
    const float ground = static_cast<float>(background) / 255.0F;
    for (int64_t i = 0; i < channels * pixels; ++i) {
      const float a = alpha[i % pixels], value = x.data<float>()[i];
      result.data<float>()[i] = std::min(1.0F, (stored.premultiplied ? value : value * a) + ground * (1.0F - a));
    }
    return result;
  }
  const uint8_t* alpha = x.data<uint8_t>() + channels * pixels;
  for (int64_t i = 0; i < channels * pixels; ++i) {
    const int a = alpha[i % pixels], value = x.data<uint8_t>()[i];
    const int sum = (stored.premultiplied ? value * 255 : value * a) + background * (255 - a);
    result.data<uint8_t>()[i] = static_cast<uint8_t>(std::min((sum + 127) / 255, 255));
  }
  return result;
}

}  // namespace

void detail::check_image_size(int64_t height, int64_t width, const std::string& path, int64_t offset) {
  if (height < 1 || width < 1) {
    throw DataError(path, offset, fmt::format("the picture is {} x {} (height x width) pixels", height, width));
  }
  if (width > kMaxPixels / height) {
    throw DataError(path, offset,
                    fmt::format("the header claims {} x {} (height x width) pixels, more than the limit of {}", height,
                                width, kMaxPixels));
  }
}

void detail::check_picture_bytes(int64_t height, int64_t width, int64_t bytes_per_pixel, size_t file_bytes,
                                 const std::string& path) {
  constexpr int64_t kAlwaysAllowed = int64_t{1} << 28, kMostForAByte = 64;
  const int64_t bytes = height * width * bytes_per_pixel;
  if (bytes > kAlwaysAllowed && bytes / kMostForAByte > static_cast<int64_t>(file_bytes)) {
    throw DataError(path,
                    fmt::format("a picture of {} x {} (height x width) pixels takes {} bytes, too many for a file "
                                "of {}",
                                height, width, bytes, file_bytes));
  }
  // The samples, and as much again while they are decoded.
  check_memory(2 * static_cast<uint64_t>(bytes), memory_allowed() / 2, path, "the picture's pixels");
}

std::optional<ImageFormat> image_format(std::span<const std::byte> bytes) {
  if (has_at(bytes, 0, kPngSignature)) return ImageFormat::png;
  if (has_at(bytes, 0, kJpegSignature)) return ImageFormat::jpeg;
  if (has_at(bytes, 0, "RIFF") && has_at(bytes, 8, "WEBP")) return ImageFormat::webp;
  constexpr std::array<std::string_view, 2> kTiff = {std::string_view("II*\0", 4), std::string_view("MM\0*", 4)};
  constexpr size_t kTiffHeader = 8;
  if (bytes.size() >= kTiffHeader && (has_at(bytes, 0, kTiff[0]) || has_at(bytes, 0, kTiff[1]))) {
    return ImageFormat::tiff;
  }
  if (is_bmp(bytes)) return ImageFormat::bmp;
  return std::nullopt;
}

ImageInfo read_image_info(std::span<const std::byte> bytes, const std::string& path) {
  const StoredImage stored = stored_info(bytes, path);
  ImageInfo info{stored.height, stored.width, stored.channels,
                 stored.bits,   stored.alpha, is_turned(stored.orientation)};
  if (info.turned) std::swap(info.height, info.width);
  return info;
}

Tensor read_image(std::span<const std::byte> bytes, const std::string& path, const ImageReading& reading) {
  const StoredImage info = stored_info(bytes, path);
  detail::check_picture_bytes(info.height, info.width, (info.channels + (info.alpha ? 1 : 0)) * info.bits / 8,
                              bytes.size(), path);
  StoredPlanes stored = stored_planes(bytes, path, reading.keep_16_bits && info.bits == 16);
  if (stored.planes.dim(0) > info.channels) stored.planes = blended(stored, info.channels, reading.background);
  return reading.follow_orientation ? oriented(stored.planes, info.orientation) : stored.planes;
}

std::optional<Visible> visible_part(std::span<const std::byte> bytes, const std::string& path) {
  const StoredImage info = stored_info(bytes, path);
  if (!info.alpha) return std::nullopt;
  detail::check_picture_bytes(info.height, info.width, info.channels + 1, bytes.size(), path);
  const StoredPlanes stored = stored_planes(bytes, path, false);
  const int64_t C = info.channels, pixels = info.height * info.width;
  if (stored.planes.dim(0) == C) return std::nullopt;
  const auto* values = stored.planes.data<uint8_t>();
  double seen = 0.0, sum = 0.0;
  for (int64_t i = 0; i < pixels; ++i) {
    const double alpha = values[C * pixels + i];
    double grey = 0.0;
    for (int64_t c = 0; c < C; ++c) grey += static_cast<double>(values[c * pixels + i]) / static_cast<double>(C);
    seen += alpha;
    sum += stored.premultiplied ? 255.0 * grey : alpha * grey;
  }
  constexpr double kFull = 255.0;
  return Visible{seen / (kFull * static_cast<double>(pixels)), seen > 0.0 ? sum / seen / kFull : 0.0};
}

}  // namespace latent
