#pragma once
// Network `resnet`: residual convolutions beside a linear path, for photographs and faces.

#include <latent/models/linear_path.hpp>
#include <latent/models/network.hpp>

#include <optional>
#include <vector>

namespace latent {

/// Encoder: (C, H, W) -> channels[0] -> ... -> channels[n-1], each a strided convolution (4x4, stride 2) and `blocks`
/// residual blocks; flattened. The decoder mirrors it. Beside both runs a linear path (see LinearPath): the encoder's
/// features begin with its `latent_dim` projections, and its image is added to the decoder's output, which starts at
/// zero. So the network starts out as a linear one, which start_from_axes() makes the best there is; what the
/// convolutions learn comes on top. A likelihood that takes several outputs for each value gets no linear path.
class ResNetNetwork : public Network {
 public:
  struct Options {
    std::vector<int64_t> channels;  ///< empty: 32, 64, 128, ... by the size of the image; see channels_for()
    int64_t blocks = 1;             ///< residual blocks of each level
    bool linear = true;             ///< whether there is a linear path
  };
  /// @param config {"name": "resnet", "channels": [32, 64, 128], "blocks": 1, "linear": true}
  static std::unique_ptr<Network> make(const Json& config, const NetworkEnds& ends);
  /// @throws std::invalid_argument unless data_shape is (C, H, W)
  ResNetNetwork(Options options, const NetworkEnds& ends);

  int64_t features() const override;
  double num_weights() const override;
  double num_activations() const override;
  std::unique_ptr<nn::Layer> encoder(Rng& rng) const override;
  std::unique_ptr<nn::Layer> decoder(Rng& rng) const override;
  Json config() const override;

  Tensor linear_view(const Tensor& x) const override;
  void start_from_axes(const PrincipalAxes& axes, nn::Layer& encoder, nn::Layer& decoder) const override;

 private:
  Options options_;
  NetworkEnds ends_;
  std::vector<ConvLevel> levels_;
  std::optional<LinearPath> linear_;
};

}  // namespace latent
