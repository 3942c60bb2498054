#pragma once
// Sound as whole numbers of 16 bits: one rule for files and pipes.

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace latent {

/// Channels that sound files of ours may have.
constexpr int64_t kMostSoundChannels = 64;
/// The whole number of a value of 1.
constexpr double kPcm16FullScale = 32768.0;

struct Pcm16 {
  int16_t value = 0;
  bool clipped = false;  ///< whether the value lay beyond [-1, 1]; 1 itself becomes 32767 and counts as whole
};

/// The nearest whole number; NaN becomes 0.
inline Pcm16 to_pcm16(float value) {
  const double scaled = std::nearbyint(static_cast<double>(value) * kPcm16FullScale);
  if (std::isnan(scaled)) return {};
  return {static_cast<int16_t>(std::clamp(scaled, -kPcm16FullScale, kPcm16FullScale - 1.0)),
          std::abs(scaled) > kPcm16FullScale};
}

inline float from_pcm16(int16_t value) { return static_cast<float>(static_cast<double>(value) / kPcm16FullScale); }

}  // namespace latent
