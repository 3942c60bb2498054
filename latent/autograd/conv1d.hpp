#pragma once
// Convolutions along one dimension, on channels-last sequences (N, L, C). Zeros before and after are counted apart, so
// that a causal convolution (none after) is as plain as a centred one.

#include <latent/autograd/elementwise.hpp>

namespace latent {

struct Conv1dOptions {
  int64_t stride = 1;
  /// conv1d: zeros put before and after; conv_transpose1d: places of the result that are cut off there.
  int64_t before = 0, after = 0;
};

/// Cross-correlation as in PyTorch's Conv1d, then the activation.
/// @param x       (N, L, C_in)
/// @param weight  (C_out, C_in, 1, k): the weight of a Conv2d of one row, so that it may have a bf16 copy
/// @param bias    (C_out), or undefined
/// @param result  type of the result, as for linear()
/// @return (N, L', C_out) with L' = (L + before + after - k) / stride + 1
Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv1dOptions& options,
              Activation activation = Activation::none, DType result = DType::f32);

/// The transpose of conv1d as a linear map, as in PyTorch's ConvTranspose1d, then the activation.
/// @param x       (N, L, C_in)
/// @param weight  (C_in, C_out, 1, k)
/// @return (N, L', C_out) with L' = (L - 1) stride + k - before - after
Tensor conv_transpose1d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv1dOptions& options,
                        Activation activation = Activation::none, DType result = DType::f32);

}  // namespace latent
