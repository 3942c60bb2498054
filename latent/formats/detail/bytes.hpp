#pragma once
// Private to the readers: numbers out of bytes, and sizes that cannot lie.

#include <latent/core/shape.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

namespace latent::detail {

static_assert(std::endian::native == std::endian::little, "tensors look into little-endian files without a copy");

/// The value whose bytes stand at `from`, which needs no alignment.
template <class T>
T load_little(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

/// The same for bytes in big-endian order.
template <class T>
T load_big(const std::byte* from) {
  std::array<std::byte, sizeof(T)> bytes{};
  std::reverse_copy(from, from + sizeof(T), bytes.begin());
  return std::bit_cast<T>(bytes);
}

/// The shape that a file claims for the `available` bytes from `data_offset` to its end.
/// @throws DataError unless the sizes make a Shape whose elements of `element_bytes` take exactly those bytes
Shape exact_shape(std::span<const int64_t> sizes, size_t element_bytes, size_t available, const std::string& path,
                  int64_t data_offset);

}  // namespace latent::detail
