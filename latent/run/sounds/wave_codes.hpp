#pragma once
// Files of codes of sounds: what a model of network `wave` keeps of a sound, in a few bits for each frame.

#include <latent/core/tensor.hpp>
#include <latent/formats/file.hpp>
#include <latent/formats/temporary.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

namespace latent {

/// The numbers of a frame as bits: as many of them together as fit in 64 bits count as one number in base `levels`.
class FramePacking {
 public:
  /// @throws std::invalid_argument unless there are 1 to 2^20 numbers of 2 to 65536 levels
  FramePacking(int64_t frame_dim, int64_t levels);
  int64_t frame_bytes() const { return frame_bytes_; }
  /// @param numbers  frame_dim of them, each 0 ... levels - 1   @param bytes  room for frame_bytes()
  void pack(const int64_t* numbers, std::byte* bytes) const;
  /// @return whether the bytes are those of a frame
  bool unpack(const std::byte* bytes, int64_t* numbers) const;

 private:
  int64_t bits_of(int64_t digits) const;

  int64_t frame_dim_, levels_, group_ = 0, frame_bytes_ = 0;
};

/// What stands at the beginning of the file.
struct WaveCodesHeader {
  uint64_t model = 0;  ///< model_hash() of the model that reads them
  int64_t rate = 0;    ///< samples per second
  int64_t channels = 1;
  int64_t hop = 0;  ///< values of each channel for a frame
  int64_t frame_dim = 0, levels = 0;
  int64_t times = 0;  ///< values of each channel in the sound; at most hop for each frame
};

/// Writes frames one after the other, in memory that does not grow. The file is not there before finish().
class WaveCodesWriter {
 public:
  /// @param header  all but `times`   @throws IoError; as FramePacking
  WaveCodesWriter(std::filesystem::path path, const WaveCodesHeader& header);
  /// @param numbers (F, frame_dim) i64, each 0 ... levels - 1   @throws IoError; std::invalid_argument
  void write(const Tensor& numbers);
  /// @param times  as WaveCodesHeader has them   @return bytes of the file   @throws IoError
  int64_t finish(int64_t times);

 private:
  std::filesystem::path path_;
  WaveCodesHeader header_;
  FramePacking packing_;
  Temporary file_;
  std::vector<std::byte> packed_;
  int64_t frames_ = 0;
  uint64_t checksum_ = 0;
};

class WaveCodesReader {
 public:
  /// @throws IoError; DataError for a file of another kind, or one that is damaged
  explicit WaveCodesReader(const std::filesystem::path& path);
  const WaveCodesHeader& header() const { return header_; }
  int64_t frames() const { return frames_; }
  /// (F, frame_dim) i64: the next frames, `most` or fewer at the end; none when all were read. @throws DataError
  Tensor read(int64_t most);

 private:
  std::shared_ptr<const MappedFile> file_;
  WaveCodesHeader header_;
  FramePacking packing_{1, 2};
  int64_t frames_ = 0, at_ = 0;
};

/// Whether a file begins as one of codes does. False for what cannot be read.
bool is_wave_codes(const std::filesystem::path& path);

}  // namespace latent
