#include <latent/formats/idx.hpp>

#include <latent/core/memory.hpp>
#include <latent/formats/detail/bytes.hpp>

#include <limits>
#include <string_view>

namespace latent {

namespace {

// The third byte of the file.
enum class IdxType : uint8_t { u8 = 0x08, i8 = 0x09, i16 = 0x0b, i32 = 0x0c, f32 = 0x0d, f64 = 0x0e };
constexpr size_t kMagicBytes = 4;

size_t bytes_of(IdxType type) {
  switch (type) {
    case IdxType::u8:
    case IdxType::i8: return 1;
    case IdxType::i16: return 2;
    case IdxType::i32:
    case IdxType::f32: return 4;
    case IdxType::f64: return 8;
  }
  return 0;  // not one of the types
}

template <class From, class To>
Tensor converted(std::span<const std::byte> data, const Shape& shape) {
  Tensor result = Tensor::empty(shape, dtype_of<To>);
  To* const out = result.data<To>();
  const int64_t numel = shape.numel();
  for (int64_t i = 0; i < numel; ++i) {
    // NOLINTNEXTLINE(bugprone-signed-char-misuse): signed bytes keep their sign
    out[i] = static_cast<To>(detail::load_big<From>(data.data() + static_cast<size_t>(i) * sizeof(From)));
  }
  return result;
}

// @param owner keeps `bytes` and lets u8 arrays look into them; null if nobody does
Tensor parse(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner, const std::string& path) {
  if (bytes.size() < kMagicBytes)
    throw DataError(path, static_cast<int64_t>(bytes.size()), "not an IDX file: too short");
  if (!is_idx(bytes)) {
    throw DataError(path, 0,
                    fmt::format("not an IDX file: it begins with {:02x} {:02x} {:02x} {:02x}", bytes[0], bytes[1],
                                bytes[2], bytes[3]));
  }
  const auto type = static_cast<IdxType>(bytes[2]);
  const auto ndim = static_cast<size_t>(bytes[3]);
  const size_t data_offset = kMagicBytes + 4 * ndim;
  if (bytes.size() < data_offset) {
    throw DataError(path, static_cast<int64_t>(bytes.size()), fmt::format("truncated within the {} sizes", ndim));
  }
  std::vector<int64_t> sizes;
  for (size_t d = 0; d < ndim; ++d) sizes.push_back(detail::load_big<uint32_t>(&bytes[kMagicBytes + 4 * d]));
  const auto data = bytes.subspan(data_offset);
  const Shape shape = detail::exact_shape(sizes, bytes_of(type), data.size(), path, static_cast<int64_t>(data_offset));
  switch (type) {
    case IdxType::u8:
      return owner ? Tensor::view(data.data(), shape, DType::u8, owner) : converted<uint8_t, uint8_t>(data, shape);
    case IdxType::i8: return converted<int8_t, int32_t>(data, shape);
    case IdxType::i16: return converted<int16_t, int32_t>(data, shape);
    case IdxType::i32: return converted<int32_t, int32_t>(data, shape);
    case IdxType::f32: return converted<float, float>(data, shape);
    case IdxType::f64: break;
  }
  return converted<double, double>(data, shape);
}

Tensor unpack_and_parse(std::span<const std::byte> bytes, const std::string& path) {
  constexpr size_t kHead = kMagicBytes + 4 * Shape::kMaxDims;
  const auto promised = idx_file_bytes(gunzip_head(bytes, path, kHead));
  if (!promised) throw DataError(path, 0, "not an IDX file");
  const size_t limit = unpack_limit(bytes.size());
  check_memory(*promised, limit, path, "the values that the header promises", "; unpacked by hand they can be read");
  const auto unpacked = std::make_shared<const std::vector<std::byte>>(gunzip(bytes, path, limit));
  return parse(*unpacked, unpacked, path);
}

}  // namespace

bool is_idx(std::span<const std::byte> bytes) {
  return bytes.size() >= kMagicBytes && bytes[0] == std::byte{0} && bytes[1] == std::byte{0} &&
         bytes_of(static_cast<IdxType>(bytes[2])) > 0 && bytes[3] > std::byte{0} &&
         bytes[3] <= std::byte{Shape::kMaxDims};
}

std::optional<uint64_t> idx_file_bytes(std::span<const std::byte> head) {
  if (!is_idx(head)) return std::nullopt;
  const auto ndim = static_cast<size_t>(head[3]);
  const size_t data_offset = kMagicBytes + 4 * ndim;
  if (head.size() < data_offset) return std::nullopt;
  uint64_t bytes = bytes_of(static_cast<IdxType>(head[2]));
  bool fits = true;
  for (size_t d = 0; d < ndim; ++d) {
    const uint64_t size = detail::load_big<uint32_t>(&head[kMagicBytes + 4 * d]);
    fits = fits && !__builtin_mul_overflow(bytes, size, &bytes);
  }
  return fits ? bytes + data_offset : std::numeric_limits<uint64_t>::max();
}

bool fits_idx(std::span<const std::byte> bytes) {
  return idx_file_bytes(bytes) == std::optional<uint64_t>(bytes.size());
}

Tensor read_idx(const std::shared_ptr<const MappedFile>& file) {
  if (is_gzip(file->bytes())) return unpack_and_parse(file->bytes(), file->path());
  return parse(file->bytes(), file, file->path());
}

Tensor read_idx(std::span<const std::byte> bytes, const std::string& path) {
  return is_gzip(bytes) ? unpack_and_parse(bytes, path) : parse(bytes, nullptr, path);
}

}  // namespace latent
