#pragma once
// UNet: a network from images to images of the same size, with skip connections.

#include <latent/models/conv_levels.hpp>
#include <latent/nn/residual.hpp>

#include <vector>

namespace latent {

/// (N, H, W, in) -> (N, H, W, out), f32, starting at zero. Each level halves the image by one strided convolution and
/// goes through residual blocks; on the way back a transposed convolution is added to what the same level had on the
/// way down. All work is done at half the image's size or less, which costs little and loses little, because the first
/// convolution has more channels than the pixels it takes together (Zhang, Zuo & Zhang 2018, FFDNet, arXiv:1710.04026).
/// Source: Ronneberger, Fischer & Brox 2015, arXiv:1505.04597.
class UNet : public nn::Layer {
 public:
  struct Options {
    int64_t in = 0, out = 0;
    int64_t H = 0, W = 0;
    std::vector<int64_t> channels = {64, 128};  ///< one level for each number
    int64_t blocks = 1;                         ///< residual blocks of each level, each way
  };
  UNet(const Options& options, Rng& rng);
  Tensor forward(const Tensor& x, const nn::Context& context) const override;

  /// Elements of all weights, before anything is allocated.
  static double num_weights(const Options& options);
  /// Values of all layers' results for one image: what training keeps.
  static double num_activations(const Options& options);

 private:
  static std::vector<ConvLevel> levels_of(const Options& options);

  std::vector<std::unique_ptr<nn::Sequential>> down_, up_;  // of each level; "down.I", "up.I"
};

}  // namespace latent
