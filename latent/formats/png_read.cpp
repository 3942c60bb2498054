// Reading PNG (ISO/IEC 15948). The chunks are checked here, one by one, with their checksums; libpng is then given only
// those that decide the pixels. So every defect of the container is told with its offset, a picture that its data
// cannot possibly fill is refused before memory is asked for, and colour profiles, texts and animations never reach a
// parser.

#include <latent/formats/detail/image_codecs.hpp>
#include <latent/formats/detail/png_message.hpp>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace latent::detail {

namespace {

constexpr size_t kSignatureSize = 8;
constexpr size_t kChunkOverhead = 12;  // length, type and checksum, four bytes each
// A deflate stream grows by at most 258 bytes for every two bits (RFC 1951: a length code and a distance code of one
// bit each).
constexpr int64_t kMaxInflation = 1032;

uint32_t big_endian_32(const std::byte* p) {
  const auto byte = [p](int i) { return static_cast<uint32_t>(p[i]); };
  return byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
}

struct Chunk {
  size_t offset = 0;  // of its length field in the file
  std::string_view type;
  std::span<const std::byte> body;   // what its length counts
  std::span<const std::byte> whole;  // with length, type and checksum
};

// The chunk at `offset`, complete and with a right checksum.
Chunk chunk_at(std::span<const std::byte> bytes, size_t offset, const std::string& path) {
  const std::span<const std::byte> rest = bytes.subspan(offset);
  if (rest.size() < kChunkOverhead)
    throw DataError(path, static_cast<int64_t>(bytes.size()), "truncated PNG: a chunk is missing");
  const uint32_t length = big_endian_32(rest.data());
  const std::string_view type(reinterpret_cast<const char*>(rest.data()) + 4, 4);
  if (!std::all_of(type.begin(), type.end(), [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); })) {
    throw DataError(path, static_cast<int64_t>(offset) + 4, "damaged PNG: a chunk type of four letters expected");
  }
  if (length > rest.size() - kChunkOverhead) {
    throw DataError(path, static_cast<int64_t>(offset),
                    fmt::format("truncated PNG: chunk {} claims {} bytes, {} are left", type, length,
                                rest.size() - kChunkOverhead));
  }
  const auto* checked = reinterpret_cast<const Bytef*>(rest.data() + 4);
  if (crc32_z(0, checked, length + 4) != big_endian_32(rest.data() + 8 + length)) {
    throw DataError(path, static_cast<int64_t>(offset), fmt::format("damaged PNG: wrong checksum of chunk {}", type));
  }
  return {offset, type, rest.subspan(8, length), rest.first(length + kChunkOverhead)};
}

struct PngHeader {
  int64_t height = 0, width = 0;
  int bit_depth = 0, color_type = 0;
};

PngHeader parse_header(const Chunk& chunk, const std::string& path) {
  const auto offset = static_cast<int64_t>(chunk.offset);
  if (chunk.type != "IHDR" || chunk.body.size() != 13) {
    throw DataError(path, offset, "damaged PNG: the first chunk is not a header (IHDR of 13 bytes)");
  }
  PngHeader header;
  header.width = big_endian_32(chunk.body.data());
  header.height = big_endian_32(chunk.body.data() + 4);
  header.bit_depth = static_cast<int>(chunk.body[8]);
  header.color_type = static_cast<int>(chunk.body[9]);
  check_image_size(header.height, header.width, path, offset + 8);
  const std::array<int, 5> color_types = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_PALETTE,
                                          PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB_ALPHA};
  if (std::find(color_types.begin(), color_types.end(), header.color_type) == color_types.end()) {
    throw DataError(path, offset + 17, fmt::format("damaged PNG: unknown colour type {}", header.color_type));
  }
  return header;
}

// Whether every entry of a palette is a shade of grey.
bool is_grey(std::span<const std::byte> palette) {
  for (size_t i = 0; i + 2 < palette.size(); i += 3) {
    if (palette[i] != palette[i + 1] || palette[i] != palette[i + 2]) return false;
  }
  return true;
}

int64_t channels_of(const PngHeader& header, std::span<const std::byte> palette) {
  if (header.color_type == PNG_COLOR_TYPE_PALETTE) return is_grey(palette) ? 1 : 3;
  return (header.color_type & PNG_COLOR_MASK_COLOR) != 0 ? 3 : 1;
}

// Bits of a pixel in the file.
int64_t bits_per_pixel(const PngHeader& header) {
  int64_t samples = 1;
  if (header.color_type != PNG_COLOR_TYPE_PALETTE) {
    samples = ((header.color_type & PNG_COLOR_MASK_COLOR) != 0 ? 3 : 1) +
              ((header.color_type & PNG_COLOR_MASK_ALPHA) != 0 ? 1 : 0);
  }
  return samples * header.bit_depth;
}

// The chunks that decide the pixels, all checked.
struct Container {
  PngHeader header;
  std::span<const std::byte> palette;
  int64_t data_bytes = 0;  // of all IDAT bodies
  std::vector<std::span<const std::byte>> parts;
};

// Whether libpng is to see this chunk; unknown chunks without which a picture cannot be shown are refused.
bool decides_pixels(const Chunk& chunk, const PngHeader& header, const std::string& path) {
  if (chunk.type == "PLTE") return header.color_type == PNG_COLOR_TYPE_PALETTE;  // elsewhere only a suggestion
  if (chunk.type == "tRNS") return (header.color_type & PNG_COLOR_MASK_ALPHA) == 0;
  if (chunk.type == "IDAT" || chunk.type == "IEND") return true;
  const bool critical = chunk.type[0] >= 'A' && chunk.type[0] <= 'Z';
  if (critical) {
    throw DataError(path, static_cast<int64_t>(chunk.offset),
                    fmt::format("damaged PNG: unexpected chunk {}", chunk.type));
  }
  return false;
}

Container parse_container(std::span<const std::byte> bytes, const std::string& path) {
  Container png;
  Chunk chunk = chunk_at(bytes, kSignatureSize, path);
  png.header = parse_header(chunk, path);
  png.parts = {bytes.first(kSignatureSize), chunk.whole};
  while (chunk.type != "IEND") {
    chunk = chunk_at(bytes, chunk.offset + chunk.whole.size(), path);
    if (!decides_pixels(chunk, png.header, path)) continue;
    png.parts.push_back(chunk.whole);
    if (chunk.type == "PLTE") png.palette = chunk.body;
    if (chunk.type == "IDAT") png.data_bytes += static_cast<int64_t>(chunk.body.size());
  }
  const int64_t pixel_bytes = png.header.height * png.header.width * bits_per_pixel(png.header) / 8;
  if (pixel_bytes / kMaxInflation > png.data_bytes) {
    throw DataError(path, kSignatureSize + 8,
                    fmt::format("the header claims {} x {} (height x width) pixels, too many for {} bytes of data",
                                png.header.height, png.header.width, png.data_bytes));
  }
  return png;
}

// What libpng's callbacks see. All memory is owned outside guarded(): see PngMessage.
struct Reading {
  std::span<const std::span<const std::byte>> parts;
  size_t part = 0, position = 0;
  PngMessage message;
};

void on_read(png_structp png, png_bytep out, size_t count) {
  auto* reading = static_cast<Reading*>(png_get_io_ptr(png));
  while (count > 0) {
    if (reading->part == reading->parts.size()) png_error(png, "data ends too early");
    const std::span<const std::byte> rest = reading->parts[reading->part].subspan(reading->position);
    const size_t taken = std::min(count, rest.size());
    if (taken > 0) std::memcpy(out, rest.data(), taken);
    out += taken;
    count -= taken;
    reading->position += taken;
    if (taken == rest.size()) {
      ++reading->part;
      reading->position = 0;
    }
  }
}

// Runs `body`; false if libpng reported an error.
template <class F>
bool guarded(png_structp png, const F& body) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  body();
  return true;
}

struct ReadHandle {
  png_structp png;
  png_infop info = nullptr;
  explicit ReadHandle(Reading* reading)
      : png(png_create_read_struct(PNG_LIBPNG_VER_STRING, &reading->message, png_failed, png_warned)) {
    if (png != nullptr) info = png_create_info_struct(png);
    if (info == nullptr) {
      png_destroy_read_struct(&png, nullptr, nullptr);
      throw std::bad_alloc();
    }
    png_set_read_fn(png, reading, on_read);
  }
  ~ReadHandle() { png_destroy_read_struct(&png, &info, nullptr); }
  ReadHandle(const ReadHandle&) = delete;
  ReadHandle& operator=(const ReadHandle&) = delete;
};

// Header read and conversions asked for: no palette, transparency as an alpha channel, 8 bits a sample unless `deep`.
void begin_reading(png_structp png, png_infop info, bool deep) {
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);     // checked before
  png_set_crc_action(png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);  // checked before
  png_read_info(png, info);
  png_set_expand(png);
  if (deep) {
    png_set_swap(png);  // stored big-endian
  } else {
    png_set_scale_16(png);
  }
}

// One row of interleaved samples into the planes of a (C, H, W) image; alpha, if there is any, comes last.
void store_row(const uint8_t* row, int64_t samples, int64_t channels, int64_t width, int64_t plane, uint8_t* out) {
  deinterleave(row, width, samples, channels, samples % 2 == 0, plane, out, [](uint8_t value) { return value; });
}
void store_row(const uint8_t* row, int64_t samples, int64_t channels, int64_t width, int64_t plane, float* out) {
  constexpr float kLevels = 65535.0F;
  deinterleave(reinterpret_cast<const uint16_t*>(row), width, samples, channels, samples % 2 == 0, plane, out,
               [](uint16_t value) { return static_cast<float>(value) / kLevels; });
}

// What stands before the pixels: a palette, transparency, an orientation.
struct Front {
  std::span<const std::byte> palette;
  bool transparent = false;
  int orientation = 1;
};

Front parse_front(std::span<const std::byte> bytes, Chunk chunk, const PngHeader& header, const std::string& path) {
  Front front;
  while (chunk.type != "IDAT" && chunk.type != "IEND") {
    if (chunk.type == "PLTE") front.palette = chunk.body;
    if (chunk.type == "tRNS") front.transparent = true;
    if (chunk.type == "eXIf") front.orientation = exif_orientation(chunk.body);
    chunk = chunk_at(bytes, chunk.offset + chunk.whole.size(), path);
  }
  if (header.color_type == PNG_COLOR_TYPE_PALETTE && front.palette.empty()) {
    throw DataError(path, static_cast<int64_t>(chunk.offset), "damaged PNG: no palette");
  }
  return front;
}

}  // namespace

StoredImage png_info(std::span<const std::byte> bytes, const std::string& path) {
  const Chunk chunk = chunk_at(bytes, kSignatureSize, path);
  const PngHeader header = parse_header(chunk, path);
  const Front front = parse_front(bytes, chunk, header, path);
  const bool has_alpha = (header.color_type & PNG_COLOR_MASK_ALPHA) != 0;
  return {.height = header.height,
          .width = header.width,
          .channels = channels_of(header, front.palette),
          .bits = header.bit_depth == 16 ? 16 : 8,
          .alpha = has_alpha || front.transparent,
          .orientation = front.orientation};
}

StoredPlanes read_png(std::span<const std::byte> bytes, const std::string& path, bool keep_16_bits) {
  const Container container = parse_container(bytes, path);
  const PngHeader& header = container.header;
  Reading reading;
  reading.parts = container.parts;
  const ReadHandle handle(&reading);
  const auto fail = [&] {
    const size_t at = reading.part < reading.parts.size()
                          ? static_cast<size_t>(reading.parts[reading.part].data() - bytes.data()) + reading.position
                          : bytes.size();
    throw DataError(path, static_cast<int64_t>(at), fmt::format("damaged PNG: {}", reading.message.text.data()));
  };

  int passes = 0;
  const bool begun = guarded(handle.png, [&] {
    begin_reading(handle.png, handle.info, keep_16_bits);
    passes = png_set_interlace_handling(handle.png);
    png_read_update_info(handle.png, handle.info);
  });
  if (!begun) fail();

  const int64_t channels = channels_of(header, container.palette);
  const int64_t samples = png_get_channels(handle.png, handle.info);
  const size_t row_bytes = png_get_rowbytes(handle.png, handle.info);
  const int64_t H = header.height, W = header.width, planes = channels + (samples % 2 == 0 ? 1 : 0);
  Tensor image = Tensor::empty({planes, H, W}, keep_16_bits ? DType::f32 : DType::u8);
  // An interlaced picture is refined in several passes over all rows; otherwise one row at a time is enough.
  std::vector<uint16_t> rows((row_bytes + 1) / 2 * (passes > 1 ? static_cast<size_t>(H) : 1));  // aligned for 16 bits
  auto* const buffer = reinterpret_cast<uint8_t*>(rows.data());
  const size_t stride = (row_bytes + 1) / 2 * 2;

  const bool done = guarded(handle.png, [&] {
    for (int pass = 0; pass < passes; ++pass) {
      for (int64_t y = 0; y < H; ++y) {
        uint8_t* row = buffer + (passes > 1 ? stride * static_cast<size_t>(y) : 0);
        png_read_row(handle.png, row, nullptr);
        if (pass + 1 < passes) continue;
        if (keep_16_bits) {
          store_row(row, samples, channels, W, H * W, image.data<float>() + y * W);
        } else {
          store_row(row, samples, channels, W, H * W, image.data<uint8_t>() + y * W);
        }
      }
    }
    png_read_end(handle.png, nullptr);
  });
  if (!done) fail();
  return {image, false};
}

}  // namespace latent::detail
