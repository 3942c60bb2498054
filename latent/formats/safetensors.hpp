#pragma once
// safetensors: 8 bytes of header length, a JSON header, dense data. See docs/files.md.

#include <latent/core/tensor.hpp>
#include <latent/formats/file.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace latent {

struct SafetensorsHeader {
  struct Entry {
    std::string name;
    Shape shape;
    DType dtype = DType::f32;
    int64_t begin = 0, end = 0;  ///< bytes, from the beginning of the data
  };
  std::vector<Entry> entries;  ///< in the order of their data
  std::map<std::string, std::string> metadata;
  int64_t data_offset = 0;  ///< where the data begins in the file
};

/// Reads and checks the header alone: lengths, types, overlaps, gaps, sizes against the file.
/// U8, I32, I64, BF16, F32, F64 (F16 and others are refused by name).
/// @throws DataError with the offset
SafetensorsHeader read_safetensors_header(std::span<const std::byte> bytes, const std::string& path);

struct Safetensors {
  std::vector<std::pair<std::string, Tensor>> tensors;  ///< copies, not views
  std::map<std::string, std::string> metadata;
  /// The tensor of that name. @throws DataError if there is none
  const Tensor& at(const std::string& name) const;
  std::string path;
};
Safetensors read_safetensors(std::span<const std::byte> bytes, const std::string& path);
Safetensors read_safetensors(const std::filesystem::path& path);

/// Atomically. The data is aligned to 64 bytes by padding the header; tensors of wider elements come first, otherwise
/// in the order given, so that each is aligned for its type. Texts that are not UTF-8 are repaired with U+FFFD.
/// @throws IoError; std::invalid_argument if two tensors have the same name
void write_safetensors(const std::filesystem::path& path, const std::vector<std::pair<std::string, Tensor>>& tensors,
                       const std::map<std::string, std::string>& metadata);

}  // namespace latent
