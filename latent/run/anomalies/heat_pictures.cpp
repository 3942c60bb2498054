#include <latent/run/anomalies/heat_pictures.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace latent {

namespace {

constexpr float kGrey = 0.5F;

// Black, red, yellow, white: each channel rises in a third of its own.
std::array<float, 3> heat_color(float heat) {
  const float t = 3.0F * std::clamp(heat, 0.0F, 1.0F);
  return {std::min(t, 1.0F), std::clamp(t - 1.0F, 0.0F, 1.0F), std::clamp(t - 2.0F, 0.0F, 1.0F)};
}

}  // namespace

Tensor heat_pictures(const Tensor& x, const Tensor& x_hat, const Shape& image) {
  const int64_t N = x.dim(0), C = image[0], H = image[1], W = image[2], plane = H * W, width = 3 * W + 2;
  Tensor pictures = Tensor::full({N, 3, H, width}, kGrey);
  for (int64_t n = 0; n < N; ++n) {
    const float* original = x.data<float>() + n * C * plane;
    const float* reconstruction = x_hat.data<float>() + n * C * plane;
    for (int64_t pixel = 0; pixel < plane; ++pixel) {
      float difference = 0.0F;
      for (int64_t c = 0; c < C; ++c) {
        difference += std::abs(original[c * plane + pixel] - reconstruction[c * plane + pixel]) / static_cast<float>(C);
      }
      const std::array<float, 3> color = heat_color(difference);
      for (int64_t c = 0; c < 3; ++c) {
        const int64_t channel = C == 3 ? c : 0;
        float* row = pictures.data<float>() + ((n * 3 + c) * H + pixel / W) * width + pixel % W;
        row[0] = original[channel * plane + pixel];
        row[W + 1] = reconstruction[channel * plane + pixel];
        row[2 * W + 2] = color[static_cast<size_t>(c)];
      }
    }
  }
  return pictures;
}

}  // namespace latent
