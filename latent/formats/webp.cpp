// Reading WebP (RFC 9649) with libwebp.

#include <latent/formats/detail/bytes.hpp>
#include <latent/formats/detail/image_codecs.hpp>

#include <webp/decode.h>

#include <cstring>
#include <string_view>

namespace latent::detail {

namespace {

const uint8_t* data_of(std::span<const std::byte> bytes) { return reinterpret_cast<const uint8_t*>(bytes.data()); }

// The body of the first chunk of a type; empty without one.
std::span<const std::byte> chunk(std::span<const std::byte> bytes, std::string_view type) {
  constexpr size_t kFirst = 12, kHeader = 8;
  size_t at = kFirst;
  while (bytes.size() >= kHeader && at <= bytes.size() - kHeader) {
    const size_t length = load_little<uint32_t>(&bytes[at + 4]);
    if (length > bytes.size() - at - kHeader) break;
    if (std::memcmp(&bytes[at], type.data(), type.size()) == 0) return bytes.subspan(at + kHeader, length);
    at += kHeader + length + length % 2;
  }
  return {};
}

// EXIF data, which some writers begin with the six bytes that JPEG has before it.
int webp_orientation(std::span<const std::byte> bytes) {
  std::span<const std::byte> exif = chunk(bytes, "EXIF");
  constexpr std::string_view kPrefix("Exif\0\0", 6);
  if (exif.size() >= kPrefix.size() && std::memcmp(exif.data(), kPrefix.data(), kPrefix.size()) == 0) {
    exif = exif.subspan(kPrefix.size());
  }
  return exif_orientation(exif);
}

}  // namespace

StoredImage webp_info(std::span<const std::byte> bytes, const std::string& path) {
  WebPBitstreamFeatures features{};
  const VP8StatusCode status = WebPGetFeatures(data_of(bytes), bytes.size(), &features);
  if (status == VP8_STATUS_NOT_ENOUGH_DATA) {
    throw DataError(path, static_cast<int64_t>(bytes.size()), "truncated WebP: data ends too early");
  }
  if (status != VP8_STATUS_OK) throw DataError(path, "damaged WebP: no header that can be read");
  if (features.has_animation != 0) throw DataError(path, "an animated WebP, which is not one picture");
  check_image_size(features.height, features.width, path, DataError::kNoOffset);
  return {.height = features.height,
          .width = features.width,
          .channels = 3,
          .alpha = features.has_alpha != 0,
          .orientation = webp_orientation(bytes)};
}

StoredPlanes read_webp(std::span<const std::byte> bytes, const std::string& path) {
  const StoredImage info = webp_info(bytes, path);
  const int64_t samples = info.alpha ? 4 : 3, pixels = info.height * info.width;
  const auto stride = static_cast<int>(info.width * samples);
  Tensor interleaved = Tensor::empty({pixels, samples}, DType::u8);
  auto* buffer = interleaved.data<uint8_t>();
  const uint8_t* done = info.alpha
                            ? WebPDecodeRGBAInto(data_of(bytes), bytes.size(), buffer, interleaved.nbytes(), stride)
                            : WebPDecodeRGBInto(data_of(bytes), bytes.size(), buffer, interleaved.nbytes(), stride);
  if (done == nullptr) throw DataError(path, "truncated or damaged WebP");
  Tensor planes = Tensor::empty({samples, info.height, info.width}, DType::u8);
  deinterleave(buffer, pixels, samples, 3, info.alpha, pixels, planes.data<uint8_t>(), [](uint8_t v) { return v; });
  return {planes, false};
}

}  // namespace latent::detail
