#include <latent/formats/image.hpp>

#include <latent/formats/image_codecs.hpp>

#include <algorithm>
#include <array>

namespace latent {

namespace {

constexpr std::array<uint8_t, 8> kPngSignature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
constexpr std::array<uint8_t, 3> kJpegSignature = {0xff, 0xd8, 0xff};  // start of image, then the next marker

template <size_t N>
bool begins_with(std::span<const std::byte> bytes, const std::array<uint8_t, N>& signature) {
  return bytes.size() >= N && std::equal(signature.begin(), signature.end(), bytes.begin(),
                                         [](uint8_t a, std::byte b) { return std::byte{a} == b; });
}

ImageFormat known_format(std::span<const std::byte> bytes, const std::string& path) {
  if (bytes.empty()) throw DataError(path, "the file is empty");
  const std::optional<ImageFormat> format = image_format(bytes);
  if (!format) throw DataError(path, 0, "not a picture that can be read (PNG or JPEG)");
  return *format;
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

std::optional<ImageFormat> image_format(std::span<const std::byte> bytes) {
  if (begins_with(bytes, kPngSignature)) return ImageFormat::png;
  if (begins_with(bytes, kJpegSignature)) return ImageFormat::jpeg;
  return std::nullopt;
}

ImageInfo read_image_info(std::span<const std::byte> bytes, const std::string& path) {
  switch (known_format(bytes, path)) {
    case ImageFormat::png: return detail::png_info(bytes, path);
    case ImageFormat::jpeg: return detail::jpeg_info(bytes, path);
  }
  return {};
}

Tensor read_image(std::span<const std::byte> bytes, const std::string& path) {
  switch (known_format(bytes, path)) {
    case ImageFormat::png: return detail::read_png(bytes, path);
    case ImageFormat::jpeg: return detail::read_jpeg(bytes, path);
  }
  return {};
}

}  // namespace latent
