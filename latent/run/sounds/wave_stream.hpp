#pragma once
// Sounds of any length through a model of network `wave`, block by block.

#include <latent/models/vae.hpp>
#include <latent/models/wave_network.hpp>

#include <span>
#include <vector>

namespace latent {

/// Encodes and decodes while a sound comes in: layers remember what they still look at, so that all blocks together
/// give what the whole sound would, to rounding, in memory that does not grow. One thread at a time; the model must
/// outlive it.
class WaveStream {
 public:
  /// @throws UsageError for models of another network, or whose code is not the frames themselves (posterior fsq)
  explicit WaveStream(const LatentModel& model);

  int64_t channels() const { return channels_; }
  int64_t hop() const { return frames_.hop; }  ///< values of each channel for a frame
  int64_t frame_dim() const { return frames_.frame_dim; }
  /// Bits that a frame takes, if each of its numbers is written by itself.
  double bits_per_frame() const;

  /// Codes of the next values. @param x  (T channels) with T a multiple of hop(), channels beside each other
  /// @return (T / hop, frame_dim)   @throws std::invalid_argument for another number of values
  Tensor encode(std::span<const float> x);
  /// Levels of a number of a frame.
  int64_t levels() const;
  /// Which level each number of frames is, and back. @param frames (F, frame_dim) f32   @param numbers (F, frame_dim)
  /// i64, each 0 ... levels() - 1
  Tensor numbers_of(const Tensor& frames) const;
  Tensor frames_of(const Tensor& numbers) const;
  /// The values that the next frames stand for. @param frames  (F, frame_dim)   @return F hop() channels() values
  std::vector<float> decode(const Tensor& frames);

 private:
  const Vae* vae_;
  const WaveCoder *encoder_, *decoder_;
  WaveFrames frames_;
  int64_t channels_ = 1;
  WaveCoder::Memory of_encoder_, of_decoder_;
};

}  // namespace latent
