#pragma once
// Samples of a run as sounds that can be heard, and files of them.

#include <latent/run/run.hpp>

#include <atomic>
#include <filesystem>
#include <span>
#include <string>

namespace latent {

/// Whether samples of the run are sounds.
bool has_sounds(const Run& run);
/// Samples per second of its sounds. @throws UsageError for a run without sounds
int64_t sound_rate(const Run& run);
/// Seconds of one sample. @throws as sound_rate()
double sound_seconds(const Run& run);

/// Samples as waves: levels become powers of mel bands, of bins, and get phases (sound::Spectrogram::to_wave); waves
/// stay as they are. The same sample always becomes the same sound. In parallel.
/// @param x  (N, ...) model values   @return (N, C, L) f32   @throws as sound_rate()
Tensor to_waves(const Run& run, const Tensor& x);

/// One sound, or several one after the other with a quarter of a second of silence between them, as 16-bit WAV.
/// @param waves  (N, C, L)   @return what is lost, for people: values that were louder than a file can hold; or empty
std::string write_sound_file(const std::filesystem::path& path, const Tensor& waves, int64_t rate);

/// A folder of "000000.wav", "000001.wav", ..., as write_image_folder() makes one of pictures.
/// @param folders  empty, or for each sound the name of the folder inside that it goes to
/// @param stop     looked at before each file; may be null
/// @return as write_sound_file()   @throws IoError; Interrupted if `stop` was set: nothing of the folder is left
std::string write_sound_folder(const std::filesystem::path& path, const Tensor& waves, int64_t rate,
                               std::span<const std::string> folders = {}, const std::atomic<bool>* stop = nullptr);

}  // namespace latent
