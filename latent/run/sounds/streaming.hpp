#pragma once
// A sound of any length through a model, as it comes in.

#include <latent/run/run.hpp>

#include <atomic>
#include <filesystem>
#include <functional>
#include <span>

namespace latent {

/// Where a sound comes from: values in [-1, 1], those of all channels at one time beside each other.
struct SoundInput {
  int64_t rate = 0, channels = 1;
  /// Fills room for whole times; returns for how many times there were values, fewer only at the end.
  std::function<int64_t(std::span<float>)> read;
};

struct StreamOptions {
  double block_seconds = 0.02;  ///< of sound that is waited for before it is encoded; rounded to whole frames
  const std::atomic<bool>* stop = nullptr;  ///< looked at before each block; what came before it is written
};

struct StreamReport {
  double seconds = 0.0;          ///< of sound
  double computing = 0.0;        ///< seconds that encoding and decoding took
  double block_seconds = 0.0;    ///< the rounded one
  double slowest_block = 0.0;    ///< seconds that encoding and decoding of one block took at most, the first one aside
  double bits_per_second = 0.0;  ///< of the codes
  double real_time_factor() const { return computing > 0.0 ? seconds / computing : 0.0; }
  /// From a value to the same value decoded: a block to wait for, and its computing.
  double latency() const { return block_seconds + slowest_block; }
};

/// Reads, encodes, decodes and writes block by block. A sound of another rate is resampled, one of other channels
/// mixed; what is written has those of the model and the length of the sound.
/// @param write  takes values as SoundInput::read() gives them
/// @throws UsageError as WaveStream, and for a run that does not know the rate of its sounds; what read and write throw
StreamReport stream_sound(const Run& run, const SoundInput& input,
                          const std::function<void(std::span<const float>)>& write, const StreamOptions& options = {});

/// The first half of it: what is written are codes, as `path` says they are kept (WaveCodesWriter).
/// @return as stream_sound(), where computing is encoding alone   @throws as stream_sound(); IoError
struct EncodedSound {
  StreamReport report;
  int64_t bytes = 0;  ///< of the file
};
EncodedSound encode_sound(const Run& run, const SoundInput& input, const std::filesystem::path& path,
                          const StreamOptions& options = {});
/// The second half: the sound of a file of codes. @throws as stream_sound(); DataError for codes of another model, or a
/// file that is damaged
StreamReport decode_sound(const Run& run, const std::filesystem::path& path,
                          const std::function<void(std::span<const float>)>& write, const StreamOptions& options = {});

}  // namespace latent
