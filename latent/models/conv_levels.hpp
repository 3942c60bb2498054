#pragma once
// How strided convolutions take an image down level by level, and transposed ones bring it back to its exact size.

#include <latent/models/network_parts.hpp>

#include <span>
#include <vector>

namespace latent {

/// The side of the kernels and their stride.
struct Window {
  int64_t kernel = 4;
  int64_t stride = 2;
};

/// One convolution: (in, H, W) -> (out, h, w), and its transpose back.
struct ConvLevel {
  int64_t in = 0, out = 0;
  int64_t H = 0, W = 0;
  int64_t h = 0, w = 0;
  int64_t padding = 0;
  /// Values of its result.
  int64_t numel() const { return out * h * w; }
};

/// image -> channels[0] -> ... -> channels[n-1], for images of any size from 1 x 1 on.
/// @param image  (C, H, W)
std::vector<ConvLevel> conv_levels(const Shape& image, std::span<const int64_t> channels, const Window& window);

/// Most pixels that the larger side of the last level should have: a network's code should see the whole image, and its
/// fully connected layers should not grow with it.
constexpr int64_t kWidestBottom = 8;
/// Numbers of channels of as many levels of stride 2 as leave the larger side of an image 4 to 8 pixels wide (at least
/// one level): `first` doubled at each level, up to `most`.
std::vector<int64_t> channels_for(const Shape& image, int64_t first, int64_t most);

/// The convolution of a level. @param output  what it hands on
nn::Conv2d::Options down_options(const ConvLevel& level, const Window& window, Activation activation,
                                 nn::Output output);
/// Pushes the transposed convolution (out, h, w) -> (channels, H, W) of a level, and a crop where it needs one. Returns
/// the convolution.
nn::ConvTranspose2d& push_up(nn::Sequential& layers, const ConvLevel& level, const Window& window, int64_t channels,
                             Activation activation, nn::Output output, Rng& rng);

}  // namespace latent
