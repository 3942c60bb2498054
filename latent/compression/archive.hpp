#pragma once
// The bytes of a .lac file; docs/files.md describes them.

#include <latent/core/shape.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace latent::compression {

enum class Coding : uint32_t { lossless = 1, lossy = 2 };

/// What an archive holds. Checked as a whole by a checksum when it is read; only the model can tell what the streams
/// mean.
struct Archive {
  Coding coding = Coding::lossless;
  uint64_t model = 0;     ///< model_hash() of the model that it needs
  Shape sample_shape;     ///< (D) or (C, H, W)
  int64_t count = 0;      ///< samples
  uint32_t levels = 256;  ///< 256, or 2 for values of 0 and 255 alone
  uint64_t values_checksum =
      0;                        ///< XXH64 of what comes out: the samples (lossless), the whole numbers of codes (lossy)
  uint64_t initial_words = 0;   ///< 32-bit words that the streams began with (bits-back coding)
  std::vector<double> numbers;  ///< lossy: step, then mean, deviation, lowest and highest number of each dimension
  std::vector<std::vector<uint32_t>> streams;

  /// Bytes of a file of it.
  int64_t bytes() const;
};

/// Version of the archives that this program writes. A reader refuses others.
constexpr uint32_t kArchiveVersion = 1;

std::vector<std::byte> to_bytes(const Archive& archive);
/// @param path  names the source in messages
/// @throws DataError with the offset: not an archive, of another version, truncated, damaged, sizes that cannot be
Archive read_archive(std::span<const std::byte> bytes, const std::string& path);

}  // namespace latent::compression
