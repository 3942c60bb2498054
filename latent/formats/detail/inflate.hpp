#pragma once
// Private to the readers: one packed stream, as gzip and zip hold them.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace latent::detail {

enum class Packing : uint8_t { gzip, deflate };

/// Unpacks the stream at the beginning of `packed` and appends it to `out`, which never grows beyond `limit` bytes.
/// Checksums that belong to the stream (gzip has one) are verified.
/// @param offset where `packed` begins in the file, for messages
/// @return how many bytes of `packed` the stream took
/// @throws DataError for damaged or truncated data, or more than `limit` bytes
size_t inflate_stream(Packing packing, std::span<const std::byte> packed, std::vector<std::byte>& out, size_t limit,
                      const std::string& path, int64_t offset);

/// The first `count` bytes that a stream unpacks to, or fewer where there are fewer, or the rest is damaged.
/// @throws DataError for a stream that is damaged from the beginning
std::vector<std::byte> inflate_head(Packing packing, std::span<const std::byte> packed, size_t count,
                                    const std::string& path, int64_t offset);

}  // namespace latent::detail
