// The one tag of EXIF (CIPA DC-008) that decides how a picture is looked at.

#include <latent/formats/detail/bytes.hpp>
#include <latent/formats/detail/image_codecs.hpp>

namespace latent::detail {

int exif_orientation(std::span<const std::byte> exif) {
  constexpr size_t kHeader = 8, kEntry = 12;
  constexpr uint16_t kOrientation = 0x0112, kShort = 3;
  if (exif.size() < kHeader) return 1;
  const bool little = exif[0] == std::byte{'I'};
  const auto u16 = [&](size_t at) { return little ? load_little<uint16_t>(&exif[at]) : load_big<uint16_t>(&exif[at]); };
  const auto u32 = [&](size_t at) { return little ? load_little<uint32_t>(&exif[at]) : load_big<uint32_t>(&exif[at]); };
  if (exif[0] != exif[1] || (!little && exif[0] != std::byte{'M'}) || u16(2) != 42) return 1;
  const size_t directory = u32(4);
  if (directory > exif.size() - 2) return 1;
  const size_t entries = u16(directory);
  for (size_t i = 0; i < entries; ++i) {
    const size_t at = directory + 2 + i * kEntry;
    if (at + kEntry > exif.size()) return 1;
    if (u16(at) != kOrientation || u16(at + 2) != kShort) continue;
    const int value = u16(at + 8);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

}  // namespace latent::detail
