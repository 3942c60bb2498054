#include <latent/formats/inflate.hpp>

#include <latent/formats/bytes.hpp>
#include <latent/formats/file.hpp>

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

namespace latent {

namespace {

constexpr size_t kChunk = size_t{1} << 16;
// An honest gzip trailer is believed for the first allocation up to this ratio; real data rarely exceeds it.
constexpr size_t kPlausibleRatio = 32;

class InflateState {
 public:
  explicit InflateState(detail::Packing packing) {
    const int window_bits = packing == detail::Packing::gzip ? MAX_WBITS + 16 : -MAX_WBITS;
    if (inflateInit2(&stream, window_bits) != Z_OK) throw std::bad_alloc();
  }
  ~InflateState() { inflateEnd(&stream); }
  InflateState(const InflateState&) = delete;
  InflateState& operator=(const InflateState&) = delete;

  z_stream stream{};
};

bool all_zero(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

namespace detail {

size_t inflate_stream(Packing packing, std::span<const std::byte> packed, std::vector<std::byte>& out, size_t limit,
                      const std::string& path, int64_t offset) {
  InflateState state(packing);
  z_stream& stream = state.stream;
  std::vector<std::byte> chunk(kChunk);
  size_t consumed = 0;
  for (;;) {
    const size_t input = std::min<size_t>(packed.size() - consumed, std::numeric_limits<uInt>::max());
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data() + consumed));
    stream.avail_in = static_cast<uInt>(input);
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = kChunk;
    const int status = inflate(&stream, Z_NO_FLUSH);
    consumed += input - stream.avail_in;
    const size_t produced = kChunk - stream.avail_out;
    const int64_t at = offset + static_cast<int64_t>(consumed);
    if (produced > limit - out.size()) {
      throw DataError(path, at, fmt::format("unpacks to more than the {} bytes allowed", limit));
    }
    out.insert(out.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(produced));
    if (status == Z_STREAM_END) return consumed;
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status != Z_OK && status != Z_BUF_ERROR) {
      throw DataError(path, at, fmt::format("damaged packed data: {}", stream.msg ? stream.msg : "not deflate"));
    }
    if (produced == 0 && consumed == packed.size()) throw DataError(path, at, "truncated: the packed data has no end");
  }
}

}  // namespace detail

size_t default_unpack_limit() {
  constexpr uint64_t kMost = uint64_t{1} << 36;
  const auto memory = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return static_cast<size_t>(std::min(memory / 2, kMost));
}

bool is_gzip(std::span<const std::byte> bytes) {
  return bytes.size() >= 3 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b} && bytes[2] == std::byte{8};
}

std::vector<std::byte> gunzip(std::span<const std::byte> bytes, const std::string& path, size_t limit) {
  if (!is_gzip(bytes)) throw DataError(path, 0, "not gzip data");
  std::vector<std::byte> out;
  // The last four bytes claim the size (of the last member, modulo 2^32).
  const size_t claimed = bytes.size() < 18 ? 0 : detail::load_little<uint32_t>(bytes.data() + bytes.size() - 4);
  if (claimed / kPlausibleRatio <= bytes.size()) out.reserve(std::min(claimed, limit));
  size_t at = 0;
  while (at < bytes.size()) {
    const auto rest = bytes.subspan(at);
    if (at > 0 && !is_gzip(rest)) {
      if (all_zero(rest)) break;  // tapes and some tools pad with zeros
      throw DataError(path, static_cast<int64_t>(at),
                      fmt::format("{} bytes after the end of the gzip data", rest.size()));
    }
    at += detail::inflate_stream(detail::Packing::gzip, rest, out, limit, path, static_cast<int64_t>(at));
  }
  return out;
}

}  // namespace latent
