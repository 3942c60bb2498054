#pragma once
// Convolutions with batch normalisation and residual blocks, for models that judge images and need no way back.

#include <latent/core/json.hpp>
#include <latent/nn/layers.hpp>

#include <memory>
#include <vector>

namespace latent {

/// (N, C, H, W) -> (N, features), features f32 or bf16 as products are taken in. A 3x3 convolution to channels[0] at
/// the image's own size, then for every further number of channels a strided one (3x3, stride 2); each is followed by
/// batch normalisation, ReLU and, from the second on, `blocks` residual blocks. The last map is flattened.
/// Source: He et al. 2016, arXiv:1512.03385.
struct CnnEncoder {
  std::vector<int64_t> channels = {32, 64, 128};
  int64_t blocks = 1;

  /// @param config {"name": "cnn", "channels": [32, 64, 128], "blocks": 1}   @throws std::invalid_argument
  static CnnEncoder from(const Json& config);
  Json config() const;

  /// @param image  (C, H, W)   @throws std::invalid_argument for an image so small that a level would see padding alone
  void check(const Shape& image) const;
  int64_t features(const Shape& image) const;
  /// Elements of all weights, and values of all layers' results for one sample; doubles, as for Network.
  double num_weights(const Shape& image) const;
  double num_activations(const Shape& image) const;
  std::unique_ptr<nn::Layer> make(const Shape& image, Rng& rng) const;
};

}  // namespace latent
