#include <latent/formats/npy.hpp>

#include <latent/formats/memory_files.hpp>

#include <latent/core/memory.hpp>
#include <latent/formats/detail/bytes.hpp>
#include <latent/formats/detail/npy_parts.hpp>

#include <array>
#include <limits>
#include <optional>

namespace latent {

namespace {

using detail::NpyHeader;

// IEEE half precision, as stored.
struct Half {
  uint16_t bits = 0;
  explicit operator float() const {
    const uint32_t sign = static_cast<uint32_t>(bits & 0x8000u) << 16;
    const uint32_t exponent = (bits >> 10) & 0x1fu;
    const uint32_t mantissa = bits & 0x3ffu;
    if (exponent == 0) {  // zero or subnormal: mantissa * 2^-24
      const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
      return sign != 0 ? -magnitude : magnitude;
    }
    const uint32_t widened = exponent == 31 ? 255 : exponent + 112;
    return std::bit_cast<float>(sign | (widened << 23) | (mantissa << 13));
  }
};

// Calls f(target, source) for every element: its number in C order and in the file's.
template <class F>
void for_each_element(const Shape& shape, const NpyHeader& header, F f) {
  const int64_t numel = shape.numel();
  if (!header.fortran_order) {
    for (int64_t i = 0; i < numel; ++i) f(i, i);
    return;
  }
  std::array<int64_t, Shape::kMaxDims> stride{}, index{};
  int64_t step = 1;
  for (int d = 0; d < shape.ndim(); ++d) {
    stride[static_cast<size_t>(d)] = step;
    step *= shape[d];
  }
  int64_t source = 0;
  for (int64_t target = 0; target < numel; ++target) {
    f(target, source);
    for (int d = shape.ndim() - 1; d >= 0; --d) {
      const auto i = static_cast<size_t>(d);
      source += stride[i];
      if (++index[i] < shape[d]) break;
      source -= stride[i] * shape[d];
      index[i] = 0;
    }
  }
}

template <class From, class To>
Tensor converted(const std::byte* source, const Shape& shape, const NpyHeader& header) {
  Tensor result = Tensor::empty(shape, dtype_of<To>);
  To* const out = result.data<To>();
  const auto load = header.big_endian ? detail::load_big<From> : detail::load_little<From>;
  for_each_element(shape, header, [&](int64_t to, int64_t from) {
    // NOLINTNEXTLINE(bugprone-signed-char-misuse): signed bytes keep their sign
    out[to] = static_cast<To>(load(source + static_cast<size_t>(from) * sizeof(From)));
  });
  return result;
}

// The type whose elements are stored in this way, bit for bit.
std::optional<DType> native_type(const NpyHeader& header) {
  if (header.kind == 'b' || header.kind == 'u')
    return header.element_bytes == 1 ? std::optional(DType::u8) : std::nullopt;
  if (header.big_endian) return std::nullopt;
  const bool four = header.element_bytes == 4, eight = header.element_bytes == 8;
  if (header.kind == 'i' && (four || eight)) return four ? DType::i32 : DType::i64;
  if (header.kind == 'f' && (four || eight)) return four ? DType::f32 : DType::f64;
  return std::nullopt;
}

bool is_supported(const NpyHeader& header) {
  const size_t bytes = header.element_bytes;
  switch (header.kind) {
    case 'b': return bytes == 1;
    case 'i':
    case 'u': return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
    case 'f': return bytes == 2 || bytes == 4 || bytes == 8;
    default: return false;
  }
}

// i8 is u8 where it can be, i32 where it must be.
Tensor from_i8(std::span<const std::byte> data, const Shape& shape, const NpyHeader& header) {
  const bool negative = std::ranges::any_of(data, [](std::byte b) { return static_cast<int8_t>(b) < 0; });
  return negative ? converted<int8_t, int32_t>(data.data(), shape, header)
                  : converted<uint8_t, uint8_t>(data.data(), shape, header);
}

Tensor from_u64(std::span<const std::byte> data, const Shape& shape, const NpyHeader& header, const std::string& path) {
  constexpr size_t kBytes = sizeof(uint64_t);
  const size_t sign_byte = header.big_endian ? 0 : kBytes - 1;
  for (size_t at = 0; at < data.size(); at += kBytes) {
    if (static_cast<int8_t>(data[at + sign_byte]) < 0) {
      throw DataError(path, static_cast<int64_t>(header.data_offset + at), "an unsigned integer of 2^63 or more");
    }
  }
  return converted<uint64_t, int64_t>(data.data(), shape, header);
}

Tensor converted_array(std::span<const std::byte> data, const Shape& shape, const NpyHeader& header,
                       const std::string& path) {
  const std::byte* const source = data.data();
  const bool is_signed = header.kind == 'i';
  switch (header.element_bytes) {
    case 1: return is_signed ? from_i8(data, shape, header) : converted<uint8_t, uint8_t>(source, shape, header);
    case 2:
      if (header.kind == 'f') return converted<Half, float>(source, shape, header);
      return is_signed ? converted<int16_t, int32_t>(source, shape, header)
                       : converted<uint16_t, int32_t>(source, shape, header);
    case 4:
      if (header.kind == 'f') return converted<float, float>(source, shape, header);
      return is_signed ? converted<int32_t, int32_t>(source, shape, header)
                       : converted<uint32_t, int64_t>(source, shape, header);
    default:
      if (header.kind == 'f') return converted<double, double>(source, shape, header);
      return is_signed ? converted<int64_t, int64_t>(source, shape, header) : from_u64(data, shape, header, path);
  }
}

}  // namespace

namespace detail {

std::optional<std::string> why_not_numbers(const NpyHeader& header) {
  if (is_supported(header)) return std::nullopt;
  if (header.kind == 'O') return "Python objects, which only Python can read; save texts as array.astype(str)";
  return fmt::format("elements of NumPy's kind '{}' with {} bytes are not supported",
                     header.kind >= ' ' && header.kind <= '~' ? header.kind : '?', header.element_bytes);
}

Tensor npy_array(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner, const std::string& path) {
  const NpyHeader header = parse_npy_header(bytes, path);
  if (const auto reason = why_not_numbers(header)) throw DataError(path, 8, *reason);
  const auto data = bytes.subspan(header.data_offset);
  const Shape shape =
      exact_shape(header.sizes, header.element_bytes, data.size(), path, static_cast<int64_t>(header.data_offset));

  const std::optional<DType> native = native_type(header);
  const bool in_order = !header.fortran_order || shape.ndim() <= 1;
  constexpr uint64_t kWidest = 8;
  if (!native || !in_order) {  // into a copy that is twice as wide at most (half precision, 16 bits)
    const uint64_t element = std::min<uint64_t>(2 * header.element_bytes, kWidest);
    check_memory(element * static_cast<uint64_t>(shape.numel()), memory_allowed() / 2, path, "the array's values");
    return converted_array(data, shape, header, path);
  }
  const bool aligned = reinterpret_cast<uintptr_t>(data.data()) % size_of(*native) == 0;
  if (owner && aligned) return Tensor::view(data.data(), shape, *native, owner);
  Tensor copy = Tensor::empty(shape, *native);
  if (!data.empty()) std::memcpy(copy.raw(), data.data(), data.size());
  return copy;
}

}  // namespace detail

Tensor read_npy(const std::shared_ptr<const MappedFile>& file) {
  return detail::npy_array(file->bytes(), file, file->path());
}

Tensor read_npy(std::span<const std::byte> bytes, const std::string& path) {
  return detail::npy_array(bytes, nullptr, path);
}

std::optional<uint64_t> npy_file_bytes(std::span<const std::byte> head, const std::string& path) {
  const NpyHeader header = detail::parse_npy_header(head, path);
  if (!is_supported(header) && !header.is_text()) return std::nullopt;
  constexpr uint64_t kWide = 4;  // bytes of a character of kind U
  uint64_t bytes = header.element_bytes;
  bool fits = header.kind != 'U' || !__builtin_mul_overflow(bytes, kWide, &bytes);
  for (const int64_t size : header.sizes) {
    fits = fits && !__builtin_mul_overflow(bytes, static_cast<uint64_t>(size), &bytes);
  }
  fits = fits && !__builtin_add_overflow(bytes, header.data_offset, &bytes);
  return fits ? bytes : std::numeric_limits<uint64_t>::max();
}

bool is_bool_npy(std::span<const std::byte> bytes, const std::string& path) {
  return detail::parse_npy_header(bytes, path).is_bool();
}

void write_npy(const std::filesystem::path& path, const Tensor& array) {
  const std::string header = detail::npy_header(array);
  replace_file(path, [&](Sink& sink) {
    sink.write(header);
    sink.write(std::span(static_cast<const std::byte*>(array.raw()), array.nbytes()));
  });
}

std::string npy_head(const Tensor& array) { return detail::npy_header(array); }

std::string npy_bytes(const Tensor& array) {
  std::string bytes = npy_head(array);
  bytes.append(static_cast<const char*>(array.raw()), array.nbytes());
  return bytes;
}

}  // namespace latent
