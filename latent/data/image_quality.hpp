#pragma once
// How near images are to what they should be.

#include <latent/core/tensor.hpp>

#include <vector>

namespace latent::data {

/// The side of the windows of ssim().
constexpr int64_t kSsimWindow = 7;

/// Peak signal-to-noise ratio of each image, in dB, for a peak of 1: -10 log10(mean squared error over its values).
/// Infinite where both are equal.
/// @param x_hat, x  (N, ...) f32, values in [0, 1]   @return N numbers
/// @throws std::invalid_argument if shapes or types differ, or samples have no values
std::vector<double> psnr(const Tensor& x_hat, const Tensor& x);

/// Structural similarity of each image, at most 1: the mean over all windows of 7x7 that fit into it (uniform weights,
/// sample covariance, K1 = 0.01, K2 = 0.03, range 1) and over its channels; scikit-image's defaults. Computed in
/// double.
/// @param x_hat, x  (N, C, H, W) f32, values in [0, 1], H and W at least 7   @return N numbers
/// @throws std::invalid_argument for other shapes or types
/// Source: Wang et al. 2004, "Image quality assessment: from error visibility to structural similarity".
std::vector<double> ssim(const Tensor& x_hat, const Tensor& x);

}  // namespace latent::data
