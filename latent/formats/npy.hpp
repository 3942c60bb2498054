#pragma once
// NumPy's .npy (versions 1 to 3) and .npz (a zip of them, stored or deflated).

#include <latent/core/tensor.hpp>
#include <latent/formats/file.hpp>

#include <initializer_list>
#include <memory>
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
/// The bytes that a whole .npy file has, by its header; nothing for types that are neither numbers nor texts. `head`
/// may be its beginning alone. @throws DataError for a header that is none, or not whole
std::optional<uint64_t> npy_file_bytes(std::span<const std::byte> head, const std::string& path);
/// Whether the values are bool, which read_npy() gives as u8. @throws DataError for a header that is none
bool is_bool_npy(std::span<const std::byte> bytes, const std::string& path);

/// An array of texts (NumPy's S or U), which looks into the bytes that it was read from.
class TextArray {
 public:
  /// @param data  the elements, `characters` of one (S) or four (U) bytes each   @param owner  keeps them
  TextArray(std::span<const std::byte> data, std::vector<int64_t> sizes, bool is_wide, size_t characters,
            bool big_endian, std::shared_ptr<const void> owner);
  const std::vector<int64_t>& sizes() const { return sizes_; }
  int64_t numel() const;
  /// Element i in C order, in UTF-8: without the NULs that fill it up; bytes that are no UTF-8 are taken as Latin-1.
  std::string operator[](int64_t i) const;

 private:
  std::span<const std::byte> data_;
  std::vector<int64_t> sizes_;
  bool is_wide_;
  size_t characters_;
  bool big_endian_;
  std::shared_ptr<const void> owner_;
};

/// What an archive holds: arrays of numbers and of texts, in its order.
struct NpzArrays {
  std::vector<std::pair<std::string, Tensor>> numbers;
  std::vector<std::pair<std::string, TextArray>> texts;       ///< in C order, of one dimension or more
  std::set<std::string> bools;                                ///< names of those that are bool, which are u8 here
  std::vector<std::pair<std::string, std::string>> left_out;  ///< names of arrays of other types, and what they are
};
/// @throws DataError as read_npz()
NpzArrays read_npz_arrays(const std::shared_ptr<const MappedFile>& file);
/// The same from memory, which need not stay.
NpzArrays read_npz_arrays(std::span<const std::byte> bytes, const std::string& path);

/// All arrays of numbers of an archive in its order, names without ".npy". Arrays of texts (class names, say) and
/// members that are no arrays are left out, and so are the types that read_npy refuses (objects, complex numbers).
/// @throws DataError with the offset: what read_npy throws (then the path names the array and the offset counts within
///         it), damaged or overlapping members, wrong checksums, encryption, no array of numbers at all
std::vector<std::pair<std::string, Tensor>> read_npz(const std::shared_ptr<const MappedFile>& file);
std::vector<std::pair<std::string, Tensor>> read_npz(std::span<const std::byte> bytes, const std::string& path);

/// u8, i32, i64, f32 or f64, C order, version 1.0; atomically. @throws IoError; std::invalid_argument for bf16
void write_npy(const std::filesystem::path& path, const Tensor& array);

/// An array of texts in UTF-8 to be written.
class TextValues {
 public:
  TextValues() : TextValues(std::vector<std::string>()) {}
  explicit TextValues(std::vector<std::string> values);  ///< an array of one dimension
  TextValues(std::initializer_list<std::string> values) : TextValues(std::vector<std::string>(values)) {}
  /// @throws std::invalid_argument unless the sizes are those of so many values
  TextValues(std::vector<std::string> values, std::vector<int64_t> sizes);
  const std::vector<std::string>& values() const { return values_; }  ///< in C order
  const std::vector<int64_t>& sizes() const { return sizes_; }

 private:
  std::vector<std::string> values_;
  std::vector<int64_t> sizes_;
};

/// @param texts  NumPy gives them back as str ('<U...')
void write_npz(const std::filesystem::path& path, const std::vector<std::pair<std::string, Tensor>>& arrays,
               const std::vector<std::pair<std::string, TextValues>>& texts = {});

}  // namespace latent
