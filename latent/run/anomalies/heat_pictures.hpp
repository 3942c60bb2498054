#pragma once
// Heat maps: where in an image a model is surprised.

#include <latent/core/tensor.hpp>

#include <cstdint>

namespace latent {

/// Images, their reconstructions and |x - x_hat| as heat (black, red, yellow, white for 0 to 1; the mean over
/// channels), side by side with a grey line between them.
/// @param x, x_hat  (N, P) model values in [0, 1] of images `image` (C, H, W), C = 1 or 3
/// @return (N, 3, H, 3 W + 2)
Tensor heat_pictures(const Tensor& x, const Tensor& x_hat, const Shape& image);

}  // namespace latent
