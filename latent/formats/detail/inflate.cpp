#include <latent/formats/detail/inflate.hpp>

#include <latent/core/memory.hpp>
#include <latent/formats/detail/bytes.hpp>
#include <latent/formats/file.hpp>

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

namespace latent {

namespace {

constexpr size_t kChunk = size_t{1} << 16;
// Data of real sets rarely packs better; no deflate stream packs better than 1032 (RFC 1951).
constexpr size_t kPlausibleRatio = 128;
// Small files may be any number of zeros.
constexpr size_t kAlwaysAllowed = size_t{256} << 20;

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
      throw DataError(path, at,
                      fmt::format("unpacks to more than the {} bytes allowed; unpacked by hand it can be read", limit));
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

std::vector<std::byte> inflate_head(Packing packing, std::span<const std::byte> packed, size_t count,
                                    const std::string& path, int64_t offset) {
  InflateState state(packing);
  z_stream& stream = state.stream;
  std::vector<std::byte> head(count);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
  stream.avail_in = static_cast<uInt>(std::min<size_t>(packed.size(), std::numeric_limits<uInt>::max()));
  stream.next_out = reinterpret_cast<Bytef*>(head.data());
  stream.avail_out = static_cast<uInt>(count);
  int status = Z_OK;
  while (status == Z_OK && stream.avail_out > 0 && stream.avail_in > 0) status = inflate(&stream, Z_NO_FLUSH);
  if (status == Z_MEM_ERROR) throw std::bad_alloc();
  head.resize(count - stream.avail_out);
  if (head.empty() && status == Z_DATA_ERROR) {
    throw DataError(path, offset + static_cast<int64_t>(stream.total_in),
                    fmt::format("damaged packed data: {}", stream.msg ? stream.msg : "not deflate"));
  }
  return head;
}

}  // namespace detail

size_t default_unpack_limit() {
  constexpr uint64_t kMost = uint64_t{1} << 36;
  return static_cast<size_t>(std::min(memory_allowed() / 2, kMost));
}

size_t unpack_limit(size_t packed_bytes) {
  const size_t plausible = packed_bytes > std::numeric_limits<size_t>::max() / kPlausibleRatio
                               ? std::numeric_limits<size_t>::max()
                               : packed_bytes * kPlausibleRatio;
  return std::min(default_unpack_limit(), std::max(plausible, kAlwaysAllowed));
}

bool is_gzip(std::span<const std::byte> bytes) {
  return bytes.size() >= 3 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b} && bytes[2] == std::byte{8};
}

std::vector<std::byte> gunzip(std::span<const std::byte> bytes, const std::string& path, size_t limit) {
  if (!is_gzip(bytes)) throw DataError(path, 0, "not gzip data");
  std::vector<std::byte> out;
  // The last four bytes claim the size (of the last member, modulo 2^32).
  const size_t claimed = bytes.size() < 18 ? 0 : detail::load_little<uint32_t>(bytes.data() + bytes.size() - 4);
  // Memory that is reserved and not written costs nothing; growing step by step costs a copy each time.
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

std::vector<std::byte> gunzip(std::span<const std::byte> bytes, const std::string& path) {
  return gunzip(bytes, path, unpack_limit(bytes.size()));
}

std::vector<std::byte> gunzip_head(std::span<const std::byte> bytes, const std::string& path, size_t count) {
  if (!is_gzip(bytes)) throw DataError(path, 0, "not gzip data");
  return detail::inflate_head(detail::Packing::gzip, bytes, count, path, 0);
}

}  // namespace latent
