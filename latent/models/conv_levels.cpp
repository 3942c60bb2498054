#include <latent/models/conv_levels.hpp>

#include <algorithm>

namespace latent {

namespace {

// Half of kernel - stride, so that 4x4 with stride 2 halves the size and 3x3 with stride 1 keeps it; rounded up where
// that does not make the image grow. Images smaller than the kernel get as much more as one output needs.
int64_t padding_for(const Window& window, int64_t smaller_side) {
  const int64_t usual = std::min((window.kernel - window.stride + 1) / 2, (window.kernel - 1) / 2);
  return std::max(usual, (window.kernel - smaller_side + 1) / 2);
}

}  // namespace

std::vector<ConvLevel> conv_levels(const Shape& image, std::span<const int64_t> channels, const Window& window) {
  std::vector<ConvLevel> levels;
  ConvLevel level{.out = image[0], .h = image[1], .w = image[2]};
  for (const int64_t out : channels) {
    level = {.in = level.out, .out = out, .H = level.h, .W = level.w};
    level.padding = padding_for(window, std::min(level.H, level.W));
    level.h = (level.H + 2 * level.padding - window.kernel) / window.stride + 1;
    level.w = (level.W + 2 * level.padding - window.kernel) / window.stride + 1;
    levels.push_back(level);
  }
  return levels;
}

std::vector<int64_t> channels_for(const Shape& image, int64_t first, int64_t most) {
  std::vector<int64_t> channels = {first};
  for (int64_t side = (std::max(image[1], image[2]) + 1) / 2; side > kWidestBottom; side = (side + 1) / 2) {
    channels.push_back(std::min(2 * channels.back(), most));
  }
  return channels;
}

nn::Conv2d::Options down_options(const ConvLevel& level, const Window& window, Activation activation,
                                 nn::Output output) {
  return {.in = level.in,
          .out = level.out,
          .kernel = window.kernel,
          .conv = {.stride = window.stride, .padding = level.padding},
          .activation = activation,
          .output = output};
}

nn::ConvTranspose2d& push_up(nn::Sequential& layers, const ConvLevel& level, const Window& window, int64_t channels,
                             Activation activation, nn::Output output, Rng& rng) {
  // What the convolution's rounding down left over must be put back on the lower right. Height and width can differ
  // in it; then the larger one is put back on both sides, and the row or column too many is cut off.
  const int64_t left_over_h = (level.H + 2 * level.padding - window.kernel) % window.stride;
  const int64_t left_over_w = (level.W + 2 * level.padding - window.kernel) % window.stride;
  const nn::ConvTranspose2d::Options options{
      .in = level.out,
      .out = channels,
      .kernel = window.kernel,
      .conv = {.stride = window.stride, .padding = level.padding, .output_padding = std::max(left_over_h, left_over_w)},
      .activation = activation,
      .output = output};
  auto layer = std::make_unique<nn::ConvTranspose2d>(options, rng);
  nn::ConvTranspose2d& pushed = *layer;
  layers.push(std::move(layer));
  if (left_over_h != left_over_w) layers.push(std::make_unique<Crop>(level.H, level.W));
  return pushed;
}

}  // namespace latent
