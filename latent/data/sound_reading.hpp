#pragma once
// What samples of sound are made of, for all who turn sounds to samples or back.

#include <latent/core/shape.hpp>
#include <latent/data/sound_options.hpp>
#include <latent/sound/spectrogram.hpp>

#include <optional>

namespace latent::data {

/// 1 or 2.
int64_t channels_of(const SoundOptions& options);

/// Samples of each channel of a sample, at options.rate: a multiple of eight frames. @param options  decided
int64_t length_of(const SoundOptions& options);

/// From waves to levels and back, as `options` say; nothing for samples that are waves. @param options  decided
/// @throws std::invalid_argument as sound::Spectrogram
std::optional<sound::Spectrogram> spectrogram_of(const SoundOptions& options);

/// (C, bands, frames), or (C, L) of waves. @param options  decided
Shape sample_shape_of(const SoundOptions& options);

}  // namespace latent::data
