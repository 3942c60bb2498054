#pragma once
// Denoiser: what cleans images beside a code, by skip connections.

#include <latent/core/json.hpp>
#include <latent/models/unet.hpp>

namespace latent {

/// x + unet([x | x_hat]): a U-Net that learns the noise to be taken away (residual learning), from the damaged image,
/// which still has all detail, and from what the code says of it, which has none of the noise.
/// Source: Zhang, Zuo, Chen, Meng & Zhang 2017, "Beyond a Gaussian denoiser", arXiv:1608.03981 (DnCNN).
class Denoiser : public nn::Module {
 public:
  /// @param config {"name": "unet", "channels": [64, 128], "blocks": 1}
  /// @throws std::invalid_argument for other settings, and unless data_shape is (C, H, W)
  static UNet::Options options(const Json& config, const Shape& data_shape);
  Denoiser(const UNet::Options& options, Rng& rng);

  /// @param x      (N, C, H, W) damaged   @param x_hat  (N, C, H, W) decoded from its code
  /// @return (N, C, H, W) f32, with gradients to this network's weights alone
  Tensor forward(const Tensor& x, const Tensor& x_hat, const nn::Context& context) const;
  Json config() const;

 private:
  UNet::Options options_;
  UNet network_;
};

}  // namespace latent
