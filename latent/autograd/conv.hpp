#pragma once
// Convolutions on channels-last images (N, H, W, C); see to_channels_last() in shaping.hpp.

#include <latent/autograd/elementwise.hpp>

namespace latent {

struct ConvOptions {
  int64_t stride = 1;
  int64_t padding = 0;
  int64_t output_padding = 0;  ///< conv_transpose2d only: rows and columns added at the lower right
};

/// Cross-correlation as in PyTorch's Conv2d, then the activation.
/// @param x       (N, H, W, C_in)
/// @param weight  (C_out, C_in, kh, kw), as in PyTorch
/// @param bias    (C_out), or undefined
/// @param result  type of the result, as for linear()
/// @return (N, H', W', C_out) with H' = (H + 2 padding - kh) / stride + 1
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvOptions& options,
              Activation activation = Activation::none, DType result = DType::f32);

/// The transpose of conv2d as a linear map, as in PyTorch's ConvTranspose2d, then the activation.
/// @param x       (N, H, W, C_in)
/// @param weight  (C_in, C_out, kh, kw), as in PyTorch
/// @return (N, H', W', C_out) with H' = (H - 1) stride - 2 padding + kh + output_padding
Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvOptions& options,
                        Activation activation = Activation::none, DType result = DType::f32);

}  // namespace latent
