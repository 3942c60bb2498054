#pragma once
// Levels of sound over time, as pictures: from waves and back to them.

#include <latent/core/tensor.hpp>
#include <latent/sound/mel.hpp>
#include <latent/sound/phases.hpp>

#include <optional>

namespace latent::sound {

struct SpectrogramOptions {
  StftOptions stft = {};
  int64_t rate = 8000;     ///< samples per second
  int64_t mels = 64;       ///< bands; 0: the bins of the transform but the last one
  double top_db = 0.0;     ///< the power that is 1, in decibels
  double range_db = 80.0;  ///< so much below it is 0
};

/// Spectrograms (bands, frames) of one channel: row 0 is the highest band, so that they are pictures with the low
/// frequencies at the bottom. Immutable, safe from many threads.
class Spectrogram {
 public:
  /// @throws std::invalid_argument as StftOptions::check() and MelBank
  explicit Spectrogram(const SpectrogramOptions& options);

  int64_t bands() const { return mel_ ? mel_->mels() : options_.stft.n_fft / 2; }
  int64_t frames(int64_t length) const { return options_.stft.frames(length); }

  /// 10 log10 of the powers, at least -200. @param x L samples  @param out bands() * frames(L) values
  void decibels(std::span<const float> x, std::span<float> out) const;
  /// Decibels to levels in [0, 1], in place: 1 is top_db, 0 is range_db below it and all that is lower.
  void to_levels(std::span<float> decibels) const;
  /// A sound of these levels: powers, then of mel bands powers of bins (MelBank::invert), then phases. Level 0 is
  /// silence.
  /// @param levels  bands() * frames(x.size()), held to [0, 1]
  void to_wave(std::span<const float> levels, std::span<float> x, const PhaseOptions& phases = {}) const;

  const SpectrogramOptions& options() const { return options_; }

 private:
  SpectrogramOptions options_;
  std::optional<MelBank> mel_;
};

}  // namespace latent::sound
