#pragma once
// Another rate for a sound that comes block by block.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace latent::sound {

/// The same sound at another rate, without what the new rate cannot hold (libsamplerate, sinc interpolation of medium
/// quality). What comes out is late by the length of its filter, some hundred values. One thread at a time.
class StreamResampler {
 public:
  /// @throws std::invalid_argument for rates below 1, and ratios outside [1/256, 256]
  StreamResampler(int64_t from, int64_t to, int64_t channels);
  ~StreamResampler();
  StreamResampler(const StreamResampler&) = delete;
  StreamResampler& operator=(const StreamResampler&) = delete;

  enum class More : uint8_t { follows, ends };
  /// Appends what is known by now of the sound at its new rate; after the last block, all of it.
  /// @param x  values, those of all channels at one time beside each other
  void next(std::span<const float> x, More more, std::vector<float>& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace latent::sound
