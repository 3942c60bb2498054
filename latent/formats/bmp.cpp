// Reading BMP (Windows bitmaps), for which Debian has no library of its own: palettes of 1, 4 and 8 bits, and 16, 24
// and 32 bits of colour, plain or with masks. Packed ones (RLE, which hardly anything writes) are refused.

#include <latent/formats/detail/bytes.hpp>
#include <latent/formats/detail/image_codecs.hpp>

#include <array>
#include <bit>

namespace latent::detail {

namespace {

constexpr size_t kFileHeader = 14;

// Where the bits of a channel are in a pixel of 16 or 32 bits.
struct Mask {
  uint32_t bits = 0;
  uint8_t value(uint32_t pixel) const {
    if (bits == 0) return 0;
    const uint64_t most = bits >> std::countr_zero(bits);
    const uint64_t level = (pixel & bits) >> std::countr_zero(bits);
    return static_cast<uint8_t>((level * 255 + most / 2) / most);
  }
};

struct Header {
  int64_t height = 0, width = 0;
  bool top_down = false;
  int depth = 0;                // bits of a pixel
  std::array<Mask, 4> masks{};  // red, green, blue, alpha
  std::vector<std::array<uint8_t, 3>> palette;
  size_t data = 0, row_bytes = 0;

  bool grey() const {
    return !palette.empty() && std::ranges::all_of(palette, [](const auto& c) { return c[0] == c[1] && c[0] == c[2]; });
  }
  bool alpha() const { return masks[3].bits != 0; }
  int64_t channels() const { return grey() ? 1 : 3; }
};

class HeaderParser {
 public:
  HeaderParser(std::span<const std::byte> bytes, const std::string& path) : bytes_(bytes), path_(path) {}

  Header parse() {
    const size_t size = u32(kFileHeader);
    const bool old = size == 12;  // OS/2
    header_.width = old ? u16(18) : static_cast<int32_t>(u32(18));
    const int64_t height = old ? u16(20) : static_cast<int32_t>(u32(22));
    header_.top_down = height < 0;
    header_.height = height < 0 ? -height : height;
    check_image_size(header_.height, header_.width, path_, kFileHeader + 4);
    header_.depth = u16(old ? 24 : 28);
    const uint32_t packing = old ? 0 : u32(30);
    constexpr std::array<int, 6> kDepths = {1, 4, 8, 16, 24, 32};
    if (std::ranges::find(kDepths, header_.depth) == kDepths.end()) {
      throw DataError(path_, fmt::format("damaged BMP: {} bits per pixel", header_.depth));
    }
    constexpr uint32_t kPlain = 0, kMasks = 3, kAlphaMasks = 6;
    const bool masked = (packing == kMasks || packing == kAlphaMasks) && header_.depth >= 16 && header_.depth != 24;
    if (packing != kPlain && !masked) throw DataError(path_, "packed BMP is not supported; save it as PNG");
    if (masked) {
      const size_t count = size >= 56 || packing == kAlphaMasks ? 4 : 3;
      for (size_t i = 0; i < count; ++i) header_.masks[i].bits = u32(kFileHeader + 40 + 4 * i);
    } else if (header_.depth == 16) {
      header_.masks = {Mask{0x7c00}, Mask{0x03e0}, Mask{0x001f}, Mask{}};
    } else if (header_.depth == 32) {
      header_.masks = {Mask{0xff0000}, Mask{0x00ff00}, Mask{0x0000ff}, Mask{}};
    }
    if (header_.depth <= 8) read_palette(kFileHeader + size, old ? 0 : u32(46), old ? 3 : 4);
    find_rows();
    return std::move(header_);
  }

 private:
  uint16_t u16(size_t at) const { return load_little<uint16_t>(checked(at, 2)); }
  uint32_t u32(size_t at) const { return load_little<uint32_t>(checked(at, 4)); }
  const std::byte* checked(size_t at, size_t count) const {
    if (at > bytes_.size() || count > bytes_.size() - at) {
      throw DataError(path_, static_cast<int64_t>(bytes_.size()), "truncated BMP: the header is not whole");
    }
    return bytes_.data() + at;
  }

  void read_palette(size_t at, size_t used, size_t entry_bytes) {
    const size_t most = size_t{1} << header_.depth;
    const size_t count = used == 0 || used > most ? most : used;
    for (size_t i = 0; i < count; ++i) {
      const std::byte* entry = checked(at + i * entry_bytes, 3);
      header_.palette.push_back(
          {static_cast<uint8_t>(entry[2]), static_cast<uint8_t>(entry[1]), static_cast<uint8_t>(entry[0])});
    }
  }

  void find_rows() {
    header_.data = u32(10);
    const int64_t bits = header_.width * header_.depth;
    header_.row_bytes = static_cast<size_t>((bits + 31) / 32 * 4);
    const size_t needed = header_.row_bytes * static_cast<size_t>(header_.height);
    if (header_.data > bytes_.size() || needed > bytes_.size() - header_.data) {
      throw DataError(path_, static_cast<int64_t>(bytes_.size()),
                      fmt::format("truncated BMP: {} x {} (height x width) pixels need {} bytes from {} on",
                                  header_.height, header_.width, needed, header_.data));
    }
  }

  std::span<const std::byte> bytes_;
  const std::string& path_;
  Header header_;
};

// Red, green, blue and alpha of pixel x of a row.
std::array<uint8_t, 4> pixel_of(const Header& header, const std::byte* row, int64_t x) {
  if (header.depth <= 8) {
    const int64_t bit = x * header.depth;
    const auto byte = static_cast<unsigned>(row[bit / 8]);
    const unsigned index = byte >> (8 - header.depth - bit % 8) & ((1U << header.depth) - 1U);
    if (index >= header.palette.size()) return {0, 0, 0, 255};
    const auto& colour = header.palette[index];
    return {colour[0], colour[1], colour[2], 255};
  }
  const std::byte* at = row + x * (header.depth / 8);
  if (header.depth == 24) {
    return {static_cast<uint8_t>(at[2]), static_cast<uint8_t>(at[1]), static_cast<uint8_t>(at[0]), 255};
  }
  const uint32_t pixel = header.depth == 16 ? load_little<uint16_t>(at) : load_little<uint32_t>(at);
  return {header.masks[0].value(pixel), header.masks[1].value(pixel), header.masks[2].value(pixel),
          header.masks[3].value(pixel)};
}

}  // namespace

StoredImage bmp_info(std::span<const std::byte> bytes, const std::string& path) {
  const Header header = HeaderParser(bytes, path).parse();
  return {.height = header.height, .width = header.width, .channels = header.channels(), .alpha = header.alpha()};
}

StoredPlanes read_bmp(std::span<const std::byte> bytes, const std::string& path) {
  const Header header = HeaderParser(bytes, path).parse();
  const int64_t C = header.channels(), H = header.height, W = header.width;
  Tensor planes = Tensor::empty({C + (header.alpha() ? 1 : 0), H, W}, DType::u8);
  auto* out = planes.data<uint8_t>();
  for (int64_t y = 0; y < H; ++y) {
    const std::byte* row =
        &bytes[header.data] + header.row_bytes * static_cast<size_t>(header.top_down ? y : H - 1 - y);
    for (int64_t x = 0; x < W; ++x) {
      const std::array<uint8_t, 4> pixel = pixel_of(header, row, x);
      for (int64_t c = 0; c < C; ++c) out[(c * H + y) * W + x] = pixel[static_cast<size_t>(c)];
      if (header.alpha()) out[(C * H + y) * W + x] = pixel[3];
    }
  }
  return {planes, false};
}

}  // namespace latent::detail
