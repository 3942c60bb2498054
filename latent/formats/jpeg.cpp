// Reading JPEG (ITU-T T.81) with libjpeg-turbo. Its warnings about damaged data, after which it would go on with grey
// patches, are errors here.

#include <latent/formats/detail/bytes.hpp>
#include <latent/formats/detail/image_codecs.hpp>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <jpeglib.h>
#include <jerror.h>

namespace latent::detail {

namespace {

// A progressive picture may repeat scans over all its blocks in a few bytes each; real ones have about ten.
constexpr int kMaxScans = 200;

// What libjpeg's callbacks see. It is a C library that leaves by longjmp: nothing with a destructor may stand between
// setjmp and a call into it, so all memory is owned outside guarded().
struct Decoder {
  jpeg_decompress_struct cinfo{};
  jpeg_error_mgr errors{};
  jpeg_source_mgr source{};
  jpeg_progress_mgr progress{};
  std::jmp_buf jump{};
  std::array<char, JMSG_LENGTH_MAX> message{};
  bool truncated = false, too_many_scans = false;

  ~Decoder() { jpeg_destroy_decompress(&cinfo); }
  Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
};

Decoder* decoder_of(j_common_ptr cinfo) { return static_cast<Decoder*>(cinfo->client_data); }

[[noreturn]] void on_error(j_common_ptr cinfo) {
  Decoder* decoder = decoder_of(cinfo);
  cinfo->err->format_message(cinfo, decoder->message.data());
  std::longjmp(decoder->jump, 1);
}

void on_message(j_common_ptr cinfo, int level) {
  if (level >= 0) return;  // a trace
  switch (cinfo->err->msg_code) {
    case JWRN_ADOBE_XFORM:      // an unknown colour transform: taken as YCbCr
    case JWRN_JFIF_MAJOR:       // an unknown version of the container
    case JWRN_EXTRANEOUS_DATA:  // padding between markers
      return;
    case JWRN_HIT_MARKER: decoder_of(cinfo)->truncated = true; break;
    default: break;
  }
  on_error(cinfo);
}

void on_output(j_common_ptr) {}
void on_source_begin(j_decompress_ptr) {}
void on_source_end(j_decompress_ptr) {}

// All bytes were there from the start: asking for more means that the file ends too early.
boolean on_source_empty(j_decompress_ptr cinfo) {
  decoder_of(reinterpret_cast<j_common_ptr>(cinfo))->truncated = true;
  ERREXIT(cinfo, JERR_INPUT_EOF);
  return FALSE;
}

void on_skip(j_decompress_ptr cinfo, long count) {
  if (count <= 0) return;
  if (static_cast<size_t>(count) > cinfo->src->bytes_in_buffer) {
    on_source_empty(cinfo);
    return;
  }
  cinfo->src->next_input_byte += count;
  cinfo->src->bytes_in_buffer -= static_cast<size_t>(count);
}

void on_progress(j_common_ptr cinfo) {
  if (reinterpret_cast<j_decompress_ptr>(cinfo)->input_scan_number <= kMaxScans) return;
  decoder_of(cinfo)->too_many_scans = true;
  ERREXIT(cinfo, JERR_CANT_SUSPEND);
}

// Runs `body`; false if libjpeg reported an error.
template <class F>
bool guarded(Decoder& decoder, const F& body) {
  if (setjmp(decoder.jump) != 0) return false;
  body();
  return true;
}

[[noreturn]] void fail(const Decoder& decoder, std::span<const std::byte> bytes, const std::string& path) {
  const auto at = static_cast<int64_t>(bytes.size() - decoder.source.bytes_in_buffer);
  if (decoder.truncated) throw DataError(path, at, "truncated JPEG: data ends too early");
  if (decoder.too_many_scans) throw DataError(path, at, fmt::format("damaged JPEG: more than {} scans", kMaxScans));
  throw DataError(path, at, fmt::format("damaged JPEG: {}", decoder.message.data()));
}

// Reads everything before the first scan, and refuses what cannot be decoded into grey or colour.
void read_header(Decoder& decoder, std::span<const std::byte> bytes, const std::string& path) {
  jpeg_decompress_struct& cinfo = decoder.cinfo;
  cinfo.err = jpeg_std_error(&decoder.errors);
  decoder.errors.error_exit = on_error;
  decoder.errors.emit_message = on_message;
  decoder.errors.output_message = on_output;
  cinfo.client_data = &decoder;
  decoder.source = {reinterpret_cast<const JOCTET*>(bytes.data()),
                    bytes.size(),
                    on_source_begin,
                    on_source_empty,
                    on_skip,
                    jpeg_resync_to_restart,
                    on_source_end};
  decoder.progress.progress_monitor = on_progress;
  const bool done = guarded(decoder, [&] {
    jpeg_create_decompress(&cinfo);  // keeps err and client_data, clears the rest
    cinfo.src = &decoder.source;
    cinfo.progress = &decoder.progress;
    jpeg_read_header(&cinfo, TRUE);
  });
  if (!done) fail(decoder, bytes, path);
  check_image_size(cinfo.image_height, cinfo.image_width, path, DataError::kNoOffset);
  if (cinfo.arith_code != FALSE)
    throw DataError(path, "JPEG with arithmetic coding is not supported; save it with Huffman coding");
  switch (cinfo.jpeg_color_space) {
    case JCS_GRAYSCALE: cinfo.out_color_space = JCS_GRAYSCALE; break;
    case JCS_RGB:
    case JCS_YCbCr: cinfo.out_color_space = JCS_RGB; break;
    case JCS_CMYK:
    case JCS_YCCK: throw DataError(path, "JPEG in CMYK colours (for print) is not supported; convert it to RGB");
    default:
      throw DataError(path,
                      fmt::format("JPEG with {} components of unknown meaning is not supported", cinfo.num_components));
  }
}

int64_t channels_of(const Decoder& decoder) { return decoder.cinfo.out_color_space == JCS_GRAYSCALE ? 1 : 3; }

// Every block of 8 x 8 samples takes at least one bit (its DC code): a short file cannot fill a large picture.
void check_data_size(const jpeg_decompress_struct& cinfo, size_t bytes, const std::string& path) {
  int64_t blocks = 0;
  for (int c = 0; c < cinfo.num_components; ++c) {
    const jpeg_component_info& component = cinfo.comp_info[c];
    blocks += int64_t{component.width_in_blocks} * component.height_in_blocks;
  }
  if (static_cast<size_t>(blocks) / 8 > bytes) {
    throw DataError(path,
                    fmt::format("the header claims {} x {} (height x width) pixels, too many for {} bytes of data",
                                cinfo.image_height, cinfo.image_width, bytes));
  }
}

// The orientation in the APP1 segment that holds EXIF data, where there is one before the first scan.
int jpeg_orientation(std::span<const std::byte> bytes) {
  constexpr std::string_view kExif("Exif\0\0", 6);
  constexpr std::byte kMarker{0xff}, kApp1{0xe1}, kScan{0xda};
  size_t at = 2;
  while (at + 4 <= bytes.size() && bytes[at] == kMarker && bytes[at + 1] != kScan) {
    if (bytes[at + 1] == kMarker) {  // padding
      ++at;
      continue;
    }
    const size_t length = load_big<uint16_t>(&bytes[at + 2]);
    if (length < 2 || length > bytes.size() - at - 2) break;
    const std::span<const std::byte> body = bytes.subspan(at + 4, length - 2);
    if (bytes[at + 1] == kApp1 && body.size() >= kExif.size() &&
        std::memcmp(body.data(), kExif.data(), kExif.size()) == 0) {
      return exif_orientation(body.subspan(kExif.size()));
    }
    at += 2 + length;
  }
  return 1;
}

}  // namespace

StoredImage jpeg_info(std::span<const std::byte> bytes, const std::string& path) {
  Decoder decoder;
  read_header(decoder, bytes, path);
  return {.height = decoder.cinfo.image_height,
          .width = decoder.cinfo.image_width,
          .channels = channels_of(decoder),
          .orientation = jpeg_orientation(bytes)};
}

StoredPlanes read_jpeg(std::span<const std::byte> bytes, const std::string& path) {
  Decoder decoder;
  read_header(decoder, bytes, path);
  jpeg_decompress_struct& cinfo = decoder.cinfo;
  check_data_size(cinfo, bytes.size(), path);

  const int64_t C = channels_of(decoder), H = cinfo.image_height, W = cinfo.image_width;
  Tensor image = Tensor::empty({C, H, W}, DType::u8);
  auto* const planes = image.data<uint8_t>();
  std::vector<JSAMPLE> buffer(static_cast<size_t>(W * C));
  JSAMPLE* const row = buffer.data();
  const bool done = guarded(decoder, [&] {
    jpeg_start_decompress(&cinfo);
    for (int64_t y = 0; y < H; ++y) {
      JSAMPROW rows[1] = {row};
      jpeg_read_scanlines(&cinfo, rows, 1);
      for (int64_t x = 0; x < W; ++x) {
        for (int64_t c = 0; c < C; ++c) planes[(c * H + y) * W + x] = row[x * C + c];
      }
    }
    jpeg_finish_decompress(&cinfo);  // reads on to the end marker
  });
  if (!done) fail(decoder, bytes, path);
  return {image, false};
}

}  // namespace latent::detail
