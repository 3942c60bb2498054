#pragma once
// Network `conv`: strided convolutions down, fully connected layers, transposed convolutions back.

#include <latent/models/conv_levels.hpp>
#include <latent/models/network.hpp>

#include <vector>

namespace latent {

/// Encoder: (C, H, W) -> channels[0] -> ... -> channels[n-1], each by one convolution, then flattened as (C, H, W) and
/// through `hidden`. The decoder mirrors it, and gives back exactly H x W, whatever they are. Normalisation applies to
/// the convolutions (per channel), not to the fully connected layers.
class ConvNetwork : public Network {
 public:
  struct Options {
    std::vector<int64_t> channels = {32, 64};
    int64_t kernel = 4;
    int64_t stride = 2;
    std::vector<int64_t> hidden = {256};
    HiddenStyle style;
  };
  /// @param config {"name": "conv", "channels": [32, 64], "kernel": 4, "stride": 2, "hidden": [256],
  ///               "activation": "relu", "normalization": "none", "dropout": 0.0}
  static std::unique_ptr<Network> make(const Json& config, const NetworkEnds& ends);
  /// @throws std::invalid_argument unless data_shape is (C, H, W), there is a convolution, and stride <= kernel
  ConvNetwork(Options options, const NetworkEnds& ends);

  int64_t features() const override;
  double num_weights() const override;
  double num_activations() const override;
  std::unique_ptr<nn::Layer> encoder(Rng& rng) const override;
  std::unique_ptr<nn::Layer> decoder(Rng& rng) const override;
  Json config() const override;

 private:
  Window window() const { return {.kernel = options_.kernel, .stride = options_.stride}; }

  Options options_;
  NetworkEnds ends_;
  std::vector<ConvLevel> levels_;
};

}  // namespace latent
