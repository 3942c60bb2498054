// Writing animated GIF (GIF89a specification, CompuServe 1990).

#include <latent/formats/image.hpp>
#include <latent/formats/memory_files.hpp>

#include <latent/formats/detail/palette.hpp>

#include <algorithm>
#include <array>

namespace latent {

namespace {

constexpr int64_t kMaxSide = 65535;
constexpr int kMaxCodeBits = 12;

void put(std::vector<uint8_t>& out, std::initializer_list<int> values) {
  for (const int value : values) out.push_back(static_cast<uint8_t>(value));
}
void put_16(std::vector<uint8_t>& out, int64_t value) {
  put(out, {static_cast<int>(value & 255), static_cast<int>(value >> 8)});
}

// Codes of growing width, lowest bit first, in sub-blocks of at most 255 bytes with their length in front.
class CodeWriter {
 public:
  explicit CodeWriter(std::vector<uint8_t>& out) : out_(out) {}

  void put_code(uint32_t code, int bits) {
    pending_ |= code << pending_bits_;
    pending_bits_ += bits;
    for (; pending_bits_ >= 8; pending_bits_ -= 8, pending_ >>= 8) put_byte(static_cast<uint8_t>(pending_));
  }
  void finish() {
    if (pending_bits_ > 0) put_byte(static_cast<uint8_t>(pending_));
    flush_block();
    out_.push_back(0);  // an empty block ends the picture
  }

 private:
  void put_byte(uint8_t byte) {
    block_[size_++] = byte;
    if (size_ == block_.size()) flush_block();
  }
  void flush_block() {
    if (size_ == 0) return;
    out_.push_back(static_cast<uint8_t>(size_));
    out_.insert(out_.end(), block_.begin(), block_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ = 0;
  }

  std::vector<uint8_t>& out_;
  std::array<uint8_t, 255> block_{};
  size_t size_ = 0;
  uint32_t pending_ = 0;
  int pending_bits_ = 0;
};

// LZW: the longest string of pixels seen before is replaced by its number, and that string with the next pixel gets
// the next number. The decoder builds the same table one step later.
void put_pixels(std::vector<uint8_t>& out, const std::vector<uint8_t>& indices, int color_bits) {
  const uint32_t clear = 1u << color_bits, end = clear + 1;
  const size_t colors = size_t{1} << color_bits;
  constexpr uint16_t kNone = 0;                                                 // no string of two pixels has number 0
  std::vector<uint16_t> extended((size_t{1} << kMaxCodeBits) * colors, kNone);  // (string, next pixel) -> longer string

  out.push_back(static_cast<uint8_t>(color_bits));
  CodeWriter codes(out);
  int bits = color_bits + 1;
  uint32_t next = end + 1;
  codes.put_code(clear, bits);
  uint32_t string = indices.front();
  for (size_t i = 1; i < indices.size(); ++i) {
    uint16_t& longer = extended[string * colors + indices[i]];
    if (longer != kNone) {
      string = longer;
      continue;
    }
    codes.put_code(string, bits);
    if (next < (1u << kMaxCodeBits)) {
      longer = static_cast<uint16_t>(next);
      if (next == (1u << bits)) ++bits;
      ++next;
    } else {  // the table is full: begin anew
      codes.put_code(clear, bits);
      std::fill(extended.begin(), extended.end(), kNone);
      bits = color_bits + 1;
      next = end + 1;
    }
    string = indices[i];
  }
  codes.put_code(string, bits);
  // The decoder has now entered the string that the encoder did not: its codes may have grown by a bit.
  if (next == (1u << bits) && bits < kMaxCodeBits) ++bits;
  codes.put_code(end, bits);
  codes.finish();
}

// Bits of an index, at least the two that the format asks for.
int bits_for(size_t colors) {
  int bits = 2;
  while ((size_t{1} << bits) < colors) ++bits;
  return bits;
}

void put_header(std::vector<uint8_t>& out, int64_t H, int64_t W, const std::vector<detail::Color>& colors,
                int color_bits) {
  for (const char c : {'G', 'I', 'F', '8', '9', 'a'}) out.push_back(static_cast<uint8_t>(c));
  put_16(out, W);
  put_16(out, H);
  put(out, {0x80 | 7 << 4 | (color_bits - 1), 0, 0});  // a global palette of 2^color_bits colours, 8 bits a channel
  for (size_t i = 0; i < size_t{1} << color_bits; ++i) {
    const detail::Color color = i < colors.size() ? colors[i] : detail::Color{};
    out.insert(out.end(), color.begin(), color.end());
  }
  put(out, {0x21, 0xff, 11});  // application extension: repeat
  for (const char c : {'N', 'E', 'T', 'S', 'C', 'A', 'P', 'E', '2', '.', '0'}) out.push_back(static_cast<uint8_t>(c));
  put(out, {3, 1, 0, 0, 0});  // for ever
}

void put_frame_header(std::vector<uint8_t>& out, int64_t H, int64_t W, int hundredths) {
  put(out, {0x21, 0xf9, 4, 1 << 2});  // graphic control: leave the picture in place
  put_16(out, hundredths);
  put(out, {0, 0, 0x2c, 0, 0, 0, 0});  // then the picture itself, at (0, 0)
  put_16(out, W);
  put_16(out, H);
  out.push_back(0);  // no palette of its own, not interlaced
}

}  // namespace

std::string gif_bytes(const std::vector<Tensor>& frames, int milliseconds_per_frame) {
  LATENT_CHECK(!frames.empty(), "[write_gif] at least one frame is needed");
  const Shape& shape = frames.front().shape();
  LATENT_CHECK(shape.ndim() == 3 && (shape[0] == 1 || shape[0] == 3) && shape.numel() > 0 && shape[1] <= kMaxSide &&
                   shape[2] <= kMaxSide,
               "[write_gif] frames (C, H, W) with C = 1 or 3 and sides of 1 to {} pixels: got {}", kMaxSide,
               shape.str());
  for (const Tensor& frame : frames) {
    LATENT_CHECK(frame.shape() == shape && frame.dtype() == DType::u8, "[write_gif] all frames {} u8: got {} {}",
                 shape.str(), frame.shape().str(), name_of(frame.dtype()));
  }
  constexpr int kMaxMilliseconds = 655350;
  LATENT_CHECK(milliseconds_per_frame >= 0 && milliseconds_per_frame <= kMaxMilliseconds,
               "[write_gif] milliseconds per frame must be 0 to {}, got {}", kMaxMilliseconds, milliseconds_per_frame);

  detail::Palette palette(frames);
  const int color_bits = bits_for(palette.colors().size());
  std::vector<uint8_t> out;
  put_header(out, shape[1], shape[2], palette.colors(), color_bits);
  for (const Tensor& frame : frames) {
    put_frame_header(out, shape[1], shape[2], (milliseconds_per_frame + 5) / 10);
    put_pixels(out, palette.indices(frame), color_bits);
  }
  out.push_back(0x3b);  // trailer
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

void write_gif(const std::filesystem::path& path, const std::vector<Tensor>& frames, int milliseconds_per_frame) {
  const std::string bytes = gif_bytes(frames, milliseconds_per_frame);
  replace_file(path, [&](Sink& sink) { sink.write(bytes); });
}

}  // namespace latent
