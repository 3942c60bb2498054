#pragma once
// Private to npy.cpp and npz.cpp: a .npy file as it stands alone or inside an archive.

#include <latent/core/tensor.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace latent::detail {

/// What the header says, before it is compared with the data.
struct NpyHeader {
  char kind = 0;             ///< NumPy's letter: b bool, i and u integers, f floating, S and U texts, O objects, ...
  size_t element_bytes = 0;  ///< 0 for structured types, which no kind describes
  bool big_endian = false;
  bool fortran_order = false;
  std::vector<int64_t> sizes;
  size_t data_offset = 0;

  bool is_bool() const { return kind == 'b'; }
  bool is_text() const { return kind == 'S' || kind == 'U' || kind == 'a'; }
};

/// Magic, version and the dictionary, which must be a Python literal with just the three known keys.
/// @throws DataError with the offset
NpyHeader parse_npy_header(std::span<const std::byte> bytes, const std::string& path);

/// Everything that precedes the elements: version 1.0, little endian, C order, padded to 64 bytes.
/// @throws std::invalid_argument for bf16
std::string npy_header(const Tensor& array);

/// The same for an array of texts of so many characters.
std::string text_npy_header(std::span<const int64_t> sizes, size_t characters);

/// Why an array of numbers of this type cannot be read; nothing where it can.
std::optional<std::string> why_not_numbers(const NpyHeader& header);

/// The array, which looks into `bytes` where that needs no conversion and `owner` keeps them; otherwise a copy.
/// @throws DataError
Tensor npy_array(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner, const std::string& path);

}  // namespace latent::detail
