#include <latent/sound/spectrogram.hpp>

#include <latent/core/error.hpp>

#include <algorithm>
#include <cmath>

namespace latent::sound {

namespace {

constexpr double kLeastPower = 1e-20;  // -200 dB

}  // namespace

Spectrogram::Spectrogram(const SpectrogramOptions& options) : options_(options) {
  options_.stft.check();
  LATENT_CHECK(options.range_db > 0.0 && std::isfinite(options.top_db),
               "[Spectrogram] a range above 0 dB expected, got {}", options.range_db);
  if (options.mels != 0) mel_.emplace(options.mels, options.stft.n_fft, options.rate);
}

void Spectrogram::decibels(std::span<const float> x, std::span<float> out) const {
  Stft transform(options_.stft);
  Stft::Bins X;
  transform.forward(x, X);
  const int64_t B = bands(), T = frames(static_cast<int64_t>(x.size())), bins = options_.stft.bins();
  LATENT_CHECK(static_cast<int64_t>(out.size()) == B * T, "[Spectrogram] room for {} values expected, got {}", B * T,
               out.size());
  std::vector<float> power(static_cast<size_t>(bins)), band(static_cast<size_t>(B));
  for (int64_t t = 0; t < T; ++t) {
    for (int64_t k = 0; k < bins; ++k) power[static_cast<size_t>(k)] = std::norm(X[static_cast<size_t>(t * bins + k)]);
    if (mel_) {
      mel_->apply(power, band);
    } else {
      std::copy_n(power.begin(), B, band.begin());
    }
    for (int64_t b = 0; b < B; ++b) {
      const double value = std::max(static_cast<double>(band[static_cast<size_t>(b)]), kLeastPower);
      out[static_cast<size_t>((B - 1 - b) * T + t)] = static_cast<float>(10.0 * std::log10(value));
    }
  }
}

void Spectrogram::to_levels(std::span<float> decibels) const {
  for (float& value : decibels) {
    const double level = 1.0 + (static_cast<double>(value) - options_.top_db) / options_.range_db;
    value = static_cast<float>(std::clamp(level, 0.0, 1.0));
  }
}

void Spectrogram::to_wave(std::span<const float> levels, std::span<float> x, const PhaseOptions& phases) const {
  const int64_t B = bands(), T = frames(static_cast<int64_t>(x.size())), bins = options_.stft.bins();
  LATENT_CHECK(static_cast<int64_t>(levels.size()) == B * T, "[Spectrogram] {} levels expected, got {}", B * T,
               levels.size());
  std::vector<float> magnitudes(static_cast<size_t>(T * bins), 0.0F), band(static_cast<size_t>(B)),
      power(static_cast<size_t>(bins));
  const double per_level = options_.range_db / 10.0 * std::log(10.0);
  const double lowest = (options_.top_db - options_.range_db) / 10.0 * std::log(10.0);
  for (int64_t t = 0; t < T; ++t) {
    for (int64_t b = 0; b < B; ++b) {
      const auto level = static_cast<double>(std::clamp(levels[static_cast<size_t>((B - 1 - b) * T + t)], 0.0F, 1.0F));
      band[static_cast<size_t>(b)] = level > 0.0 ? static_cast<float>(std::exp(lowest + per_level * level)) : 0.0F;
    }
    if (mel_) {
      mel_->invert(band, power);
    } else {
      std::ranges::copy(band, power.begin());
    }
    for (int64_t k = 0; k < bins; ++k) {
      magnitudes[static_cast<size_t>(t * bins + k)] = std::sqrt(power[static_cast<size_t>(k)]);
    }
  }
  Stft transform(options_.stft);
  recover_phases(transform, magnitudes, x, phases);
}

}  // namespace latent::sound
