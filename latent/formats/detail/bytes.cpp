#include <latent/formats/detail/bytes.hpp>

#include <latent/core/error.hpp>

#include <fmt/ranges.h>

namespace latent::detail {

Shape exact_shape(std::span<const int64_t> sizes, size_t element_bytes, size_t available, const std::string& path,
                  int64_t data_offset) {
  if (sizes.size() > Shape::kMaxDims) {
    throw DataError(path, data_offset, fmt::format("at most {} dimensions, got {}", Shape::kMaxDims, sizes.size()));
  }
  int64_t numel = 1;
  uint64_t needed = 0;
  bool countable = true;
  for (const int64_t size : sizes) {
    countable = countable && size >= 0 && !__builtin_mul_overflow(numel, size, &numel) && numel <= int64_t{1} << 62;
  }
  countable = countable && !__builtin_mul_overflow(static_cast<uint64_t>(numel), element_bytes, &needed);
  if (!countable)
    throw DataError(path, data_offset, fmt::format("sizes beyond any file: ({})", fmt::join(sizes, ", ")));
  if (needed != available) {
    const auto offset = data_offset + static_cast<int64_t>(std::min<uint64_t>(needed, available));
    throw DataError(path, offset,
                    fmt::format("{}: ({}) elements of {} bytes need {} bytes, but {} follow the header",
                                needed > available ? "truncated" : "bytes after the end of the data",
                                fmt::join(sizes, ", "), element_bytes, needed, available));
  }
  return Shape(sizes);
}

}  // namespace latent::detail
