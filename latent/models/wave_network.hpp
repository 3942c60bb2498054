#pragma once
// Network `wave`: causal convolutions on the wave of a sound, of any length and able to stream.

#include <latent/models/network.hpp>
#include <latent/models/wave_coder.hpp>

#include <vector>

namespace latent {

/// Sounds (C, L) become frames of `frame_dim` numbers, one for each `hop` values (the product of the strides); the code
/// is all frames in a row, latent_dim = ceil(L / hop) frame_dim, and nothing stands between the frames and the
/// posterior. Encoder: a convolution of 7 to channels[0]; for each level a residual block and a convolution of twice
/// its stride; a convolution of 3 to frame_dim; beside all of it a straight path of one convolution over two frames,
/// which starts as a cosine transform (WaveCoder::set_path_down()). The decoder mirrors it. The first value of a frame
/// waits for the last one, so that what is encoded and decoded block by block is late by hop - 1 values and by the
/// length of a block. Source: Zeghidour et al. 2021, "SoundStream", arXiv:2107.03312 (causal, strided, residual), made
/// smaller.
class WaveNetwork : public Network {
 public:
  struct Options {
    std::vector<int64_t> channels = {16, 32, 64};  ///< one more than strides
    std::vector<int64_t> strides = {4, 8};
    int64_t frame_dim = 32;
  };
  /// @param config {"name": "wave", "channels": [16, 32, 64], "strides": [4, 8], "frame_dim": 32}
  static std::unique_ptr<Network> make(const Json& config, const NetworkEnds& ends);
  /// @throws std::invalid_argument unless data_shape and output_shape are (C, L) and latent_dim is as above
  WaveNetwork(Options options, const NetworkEnds& ends);

  int64_t features() const override { return ends_.latent_dim; }
  double num_weights() const override;
  double num_activations() const override;
  std::unique_ptr<nn::Layer> encoder(Rng& rng) const override;
  std::unique_ptr<nn::Layer> decoder(Rng& rng) const override;
  Json config() const override;

 private:
  Options options_;
  NetworkEnds ends_;
};

/// Values of a sound for each frame of the network of that config, and numbers of a frame.
struct WaveFrames {
  int64_t hop = 0, frame_dim = 0;
  /// Dimensions of the code of L values.
  int64_t latent_dim(int64_t L) const { return (L + hop - 1) / hop * frame_dim; }
};
/// @throws std::invalid_argument as WaveNetwork::make(); nullopt for networks of another name
std::optional<WaveFrames> wave_frames(const Json& network);

/// The layers of encoder() and decoder() that go block by block. @throws std::invalid_argument for other layers
const WaveCoder& wave_coder_of(const nn::Layer& half);

}  // namespace latent
