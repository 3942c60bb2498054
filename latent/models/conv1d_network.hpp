#pragma once
// Network `conv1d`: convolutions in time beside a linear path, for series (C, L).

#include <latent/models/network.hpp>
#include <latent/nn/conv1d.hpp>

#include <vector>

namespace latent {

/// Encoder: (C, L) -> channels[0] -> ... -> channels[n-1], each a convolution of 4 steps with stride 2; flattened. The
/// decoder is fully connected to the last level and mirrors it, to exactly L steps. Beside both runs a linear path as
/// in `resnet`: the encoder's features begin with `latent_dim` projections of all C L values, and the decoder's output,
/// which starts at zero, is added to theirs. Codes of few series so keep the distances that the series have. A
/// likelihood that takes several outputs for each value gets no linear path, nor do series so long that it would be
/// most of the network.
class Conv1dNetwork : public Network {
 public:
  struct Options {
    std::vector<int64_t> channels;  ///< empty: 32, 64, 128, ... by the length, until 4 to 8 steps are left
    bool linear = true;             ///< whether there is a linear path
  };
  /// @param config {"name": "conv1d", "channels": [32, 64, 128], "linear": true}
  static std::unique_ptr<Network> make(const Json& config, const NetworkEnds& ends);
  /// @throws std::invalid_argument unless data_shape is (C, L)
  Conv1dNetwork(Options options, const NetworkEnds& ends);

  int64_t features() const override;
  double num_weights() const override;
  double num_activations() const override;
  std::unique_ptr<nn::Layer> encoder(Rng& rng) const override;
  std::unique_ptr<nn::Layer> decoder(Rng& rng) const override;
  Json config() const override;

  Tensor linear_view(const Tensor& x) const override;
  void start_from_axes(const PrincipalAxes& axes, nn::Layer& encoder, nn::Layer& decoder) const override;

 private:
  // (in, L) -> (out, l), and its transpose back.
  struct Level {
    int64_t in = 0, out = 0, L = 0, l = 0;
    Conv1dOptions conv = {};
    int64_t numel() const { return out * l; }
  };
  Options options_;
  NetworkEnds ends_;
  std::vector<Level> levels_;
};

}  // namespace latent
