#pragma once
// The linear path of a network for photographs: principal components beside the convolutions.

#include <latent/models/conv_levels.hpp>
#include <latent/models/network.hpp>

namespace latent {

/// What an image and its code have to do with each other if nothing but straight lines is allowed: a projection onto
/// `latent_dim` directions, and back. Images with a side of more than kWidestLinear pixels are halved until they have
/// not: what principal components say of larger ones is smooth.
struct LinearPath {
  static constexpr int64_t kWidestLinear = 64;

  explicit LinearPath(const Shape& data_shape, int64_t latent_dim);
  /// (C, h, w), what is projected.
  Shape coarse_shape() const { return coarse_; }
  double num_weights() const { return 2.0 * static_cast<double>(coarse_.numel()) * static_cast<double>(latent_dim_); }

  /// (N, C, H, W) -> (N, C h w), as it is projected.
  Tensor coarse(const Tensor& x) const;
  /// (N, C, H, W) -> (N, latent_dim).
  std::unique_ptr<nn::Layer> encoder(Rng& rng) const;
  /// (N, latent_dim) -> (N, C, H, W).
  std::unique_ptr<nn::Layer> decoder(Rng& rng) const;

 private:
  Shape data_, coarse_;
  int64_t latent_dim_;
};

}  // namespace latent
