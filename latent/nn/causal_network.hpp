#pragma once
// Masked convolutions: what the pixels before a place say of the pixel there.

#include <latent/nn/module.hpp>

#include <vector>

namespace latent::nn {

/// A network over the pixels above, and left in the same row, of each place, together with features of that place:
///   h_0 = relu(context(x) + features(f)),  h_{l+1} = h_l + relu(layer_l(h_l)),  output(h_L) + skip(x)
/// context and skip are convolutions masked to the pixels before the place within `reach` rows and columns; the layers
/// are 3x3 convolutions masked to the place and those before it. skip is linear, so that "as its left
/// neighbour" need not be learned by the rest, and also sees the earlier channels of the place itself. Only the 3x3
/// layers take part in bf16: a neighbour's eight bits are as many as bf16 holds.
/// Source: van den Oord et al. 2016, arXiv:1606.05328 (gated PixelCNN, masks A and B); Gulrajani et al. 2017,
/// arXiv:1611.05013 (PixelVAE).
class CausalNetwork : public Module {
 public:
  static constexpr int64_t kMaxReach = 15;
  struct Options {
    int64_t channels = 1;           ///< C of the images
    int64_t features = 1;           ///< F, channels of the features
    int64_t outputs_per_value = 1;  ///< numbers that are wanted for each of the C values of a pixel
    int64_t hidden = 32;
    int64_t layers = 2;
    int64_t reach = 3;
  };
  CausalNetwork(const Options& options, Rng& rng);

  /// @param features  (N, F, H, W)   @param x  (N, C, H, W)
  /// @return (N H W C, outputs_per_value): values in the order of (N, H, W, C)
  Tensor forward(const Tensor& features, const Tensor& x) const;
  const Options& options() const { return options_; }

  Tensor context_weight;                            ///< (hidden, C, k, k), k = 2 reach + 1
  Tensor features_weight, features_bias;            ///< (hidden, F), (hidden)
  std::vector<Tensor> layer_weights, layer_biases;  ///< (hidden, hidden, 3, 3), (hidden)
  Tensor output_weight, output_bias;                ///< (C outputs_per_value, hidden), (C outputs_per_value)
  Tensor skip_weight;                               ///< (C outputs_per_value, C, k, k)

 private:
  Options options_;
  Tensor context_mask_, layer_mask_, skip_mask_;  // 1 where a weight may see, 0 elsewhere
};

}  // namespace latent::nn
