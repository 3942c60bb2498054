#pragma once
// Blurring the planes of an image.

#include <cstdint>
#include <vector>

namespace latent::kernels {

/// Half of a normalised Gaussian kernel, its centre first: exp(-t^2 / (2 sigma^2)) for t = 0 ... radius, divided by
/// their sum over -radius ... radius. The radius is 4 sigma, rounded.
std::vector<float> gaussian_window(double sigma);

/// Convolves a plane (H, W) with a symmetric window along both axes, in place; beyond an edge lies its nearest pixel.
/// @param window  the half from the centre on
void blur_plane(const std::vector<float>& window, int64_t H, int64_t W, float* x);

}  // namespace latent::kernels
