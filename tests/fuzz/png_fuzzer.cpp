#include <tests/fuzz/image_fuzzing.hpp>

#include <zlib.h>

#include <vector>

namespace {

// Makes the checksums of all chunks right: otherwise hardly any change would get past them.
void repair_checksums(std::vector<std::byte>& bytes) {
  size_t at = 8;
  while (bytes.size() - at >= 12) {
    size_t length = 0;
    for (size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<size_t>(bytes[at + i]);
    if (length > bytes.size() - at - 12) return;
    const uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data() + at + 4), length + 4);
    for (size_t i = 0; i < 4; ++i) bytes[at + 8 + length + i] = static_cast<std::byte>(crc >> (24 - 8 * i));
    at += length + 12;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span bytes = std::as_bytes(std::span(data, size));
  if (latent::image_format(bytes) != latent::ImageFormat::png) return 0;
  latent::fuzz::run(data, size, latent::fuzz::read_picture);
  std::vector<std::byte> repaired(bytes.begin(), bytes.end());
  repair_checksums(repaired);
  return latent::fuzz::run(reinterpret_cast<const uint8_t*>(repaired.data()), size, latent::fuzz::read_picture);
}
