#pragma once
// NumPy's .npy (versions 1 to 3) and .npz (a zip of them, stored or deflated).

#include <latent/core/tensor.hpp>
#include <latent/formats/file.hpp>

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace latent {

/// Reads an array of u8 (also bool, i8 when non-negative), i32, i64 (also narrower and unsigned integers that fit), f32
/// or f64 (also f16), little or big endian, C or Fortran order. C-order arrays in native types look into the mapped
/// file without a copy; the rest is converted.
/// @throws DataError with the offset: truncated, a header that lies, objects, unsupported types, more bytes than the
/// file has
Tensor read_npy(const std::shared_ptr<const MappedFile>& file);
/// The same from memory (copied). @param path names the source in errors
Tensor read_npy(std::span<const std::byte> bytes, const std::string& path);
/// The bytes that a whole .npy file has, by its header; nothing for types that no number describes. `head` may be its
/// beginning alone. @throws DataError for a header that is none, or not whole
std::optional<uint64_t> npy_file_bytes(std::span<const std::byte> head, const std::string& path);
/// Whether the values are bool, which read_npy() gives as u8. @throws DataError for a header that is none
bool is_bool_npy(std::span<const std::byte> bytes, const std::string& path);

/// All arrays of numbers of an archive in its order, names without ".npy". Arrays of texts (class names, say) and
/// members that are no arrays are left out; other types that read_npy refuses are refused here too.
/// @throws DataError with the offset: what read_npy throws (then the path names the array and the offset counts within
///         it), damaged or overlapping members, wrong checksums, encryption, no array of numbers at all
/// @param bools  gets the names of the arrays that are bool, unless null
std::vector<std::pair<std::string, Tensor>> read_npz(const std::shared_ptr<const MappedFile>& file,
                                                     std::set<std::string>* bools = nullptr);
std::vector<std::pair<std::string, Tensor>> read_npz(std::span<const std::byte> bytes, const std::string& path,
                                                     std::set<std::string>* bools = nullptr);

/// u8, i32, i64, f32 or f64, C order, version 1.0; atomically. @throws IoError; std::invalid_argument for bf16
void write_npy(const std::filesystem::path& path, const Tensor& array);
void write_npz(const std::filesystem::path& path, const std::vector<std::pair<std::string, Tensor>>& arrays);

}  // namespace latent
