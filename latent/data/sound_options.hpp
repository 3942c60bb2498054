#pragma once
// How sounds become samples.

#include <latent/core/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latent::data {

/// What a sample of sound holds.
enum class SoundFeatures : uint8_t {
  log_mel,  ///< (C, mels, frames) levels of mel bands, in [0, 1]
  stft,     ///< (C, n_fft / 2, frames) levels of the bins of a short-time Fourier transform, in [0, 1]
  wave      ///< (C, L) the samples themselves, in [-1, 1]
};
/// "log-mel", "stft" or "wave". @throws std::invalid_argument for others, with the nearest
SoundFeatures sound_features_from(std::string_view name);
std::string_view name_of(SoundFeatures features);

/// How sounds of all lengths come to one.
enum class SoundFit : uint8_t {
  cut,   ///< longer ones lose their end, shorter ones get silence behind them
  pad,   ///< all are as long as the longest
  slice  ///< longer ones become several samples; a last piece shorter than half of one is left out
};
/// "cut", "pad" or "slice". @throws std::invalid_argument for others, with the nearest
SoundFit sound_fit_from(std::string_view name);
std::string_view name_of(SoundFit fit);

enum class SoundChannels : uint8_t { mono, stereo };

/// What is not said is decided by the data, and travels with the model from then on.
struct SoundOptions {
  SoundFeatures features = SoundFeatures::log_mel;
  std::optional<SoundFit> fit = {};  ///< default: cut; slice for a single file
  SoundChannels channels = SoundChannels::mono;
  std::optional<int64_t> rate = {};  ///< samples per second; default: that of most files
  /// Length of a sample, rounded up to frames that can be halved three times. Default: 95% of the sounds are not
  /// longer, but at most 4 s; 1 s where they are sliced.
  std::optional<double> seconds = {};
  std::optional<int64_t> n_fft = {};  ///< window of the transform; default: the power of two nearest to 60 ms
  std::optional<int64_t> hop = {};    ///< samples from one frame to the next; default: n_fft / 4
  std::optional<int64_t> mels = {};   ///< bands; default: 64, and 128 above 16 kHz
  /// The power that becomes 1, in decibels: the loudest of the training part.
  std::optional<double> top_db = {};
  double range_db = 80.0;  ///< so much below, it is 0
  /// A regular expression (ECMAScript) that is looked for in the name of each file: its first group names the class.
  std::string label_from_name = {};

  /// Whether all that samples depend on is decided: what a model remembers. (`fit` may still be left to the data.)
  bool is_decided() const { return rate && seconds && n_fft && hop && mels; }
  /// @throws std::invalid_argument for numbers out of range, and what is no regular expression
  void check() const;
  Json to_json() const;
  /// @throws std::exception, std::invalid_argument
  static SoundOptions from_json(const Json& json);
  friend bool operator==(const SoundOptions&, const SoundOptions&) = default;
};

/// Choices that take the place of those of SoundOptions; what is not said stays.
struct SoundOverrides {
  std::optional<SoundFeatures> features = {};
  std::optional<SoundFit> fit = {};
  std::optional<SoundChannels> channels = {};
  std::optional<int64_t> rate = {}, n_fft = {}, hop = {}, mels = {};
  std::optional<double> seconds = {};
  std::string label_from_name = {};

  SoundOptions over(SoundOptions base) const;
};

}  // namespace latent::data
