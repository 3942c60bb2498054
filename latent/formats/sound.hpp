#pragma once
// Sound files: WAV, FLAC, OGG and AIFF to samples, and samples to WAV.

#include <latent/core/tensor.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace latent {

struct Sound {
  Tensor samples;    ///< (C, L) f32, full scale is [-1, 1]
  int64_t rate = 0;  ///< samples per second
  bool is_cut_short = false;  ///< a WAV that ends before its header says
};

/// What the header of a sound file says.
struct SoundInfo {
  int64_t rate = 0, channels = 0;
  /// Samples of each channel; a damaged file may hold fewer. Counted where the header does not say it, or says what no
  /// file of that size can hold.
  int64_t length = 0;
};

/// Whether bytes begin like WAV (RIFF, RIFX, RF64), FLAC, OGG or AIFF.
bool is_sound(std::span<const std::byte> bytes);

/// @param path  for messages   @throws DataError for what is no sound file, and for a header that makes no sense
SoundInfo read_sound_info(std::span<const std::byte> bytes, const std::string& path);

/// Decodes a sound file with libsndfile. Memory grows with the samples that really come out, whatever the header says.
/// Floating samples are taken as they are, even beyond [-1, 1].
/// @throws DataError for damaged files, files without samples, NaN and infinity, more than 64 channels, and what would
///         unpack to more than unpack_limit()
Sound read_sound(std::span<const std::byte> bytes, const std::string& path);

enum class WavSamples : uint8_t { pcm16, f32 };

/// Replaces a file by a WAV, atomically. What lies beyond [-1, 1] is clipped if the samples are whole numbers.
/// @param samples  (C, L) f32, C from 1 to 64   @return how many samples were clipped
/// @throws IoError; std::invalid_argument for other shapes, more than 4 GiB, and rates outside [1, 2^31)
int64_t write_wav(const std::filesystem::path& path, const Tensor& samples, int64_t rate,
                  WavSamples form = WavSamples::pcm16);

/// What write_wav() would write, for those who send it rather than keep it. @throws as write_wav()
std::string wav_bytes(const Tensor& samples, int64_t rate, WavSamples form = WavSamples::pcm16);

}  // namespace latent
