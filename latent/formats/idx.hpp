#pragma once
// IDX, the format of MNIST: big-endian header, dense data. Plain or gzip.

#include <latent/core/tensor.hpp>
#include <latent/formats/file.hpp>

#include <optional>

namespace latent {

/// Whether the (unpacked) bytes begin like an IDX file: 0 0 TYPE NDIM.
bool is_idx(std::span<const std::byte> bytes);
/// The bytes that a whole IDX file has, by its header; nothing where these are not the beginning of one. `head` may be
/// the beginning alone.
std::optional<uint64_t> idx_file_bytes(std::span<const std::byte> head);
/// Whether the sizes in the header of such bytes are those of the data behind it, to the byte.
bool fits_idx(std::span<const std::byte> bytes);
/// u8 arrays look into the mapped file when it is not packed; i8, i16 and i32 become i32, f32 and f64 keep their type.
/// @throws DataError with the offset: truncated, trailing bytes, unknown type, sizes that lie
Tensor read_idx(const std::shared_ptr<const MappedFile>& file);
Tensor read_idx(std::span<const std::byte> bytes, const std::string& path);

}  // namespace latent
