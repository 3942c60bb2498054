#pragma once
// Convolution and its two gradients, on channels-last images. The transposed convolution is their mirror: its gradients
// are conv_forward (to its input) and conv_backward_weight with the roles of x and dy exchanged.

#include <latent/core/activation.hpp>
#include <latent/core/dtype.hpp>

namespace latent::kernels {

/// x (N, H, W, C) * weight (F, C, kh, kw) -> y (N, OH, OW, F)
struct Conv {
  int64_t N = 0, H = 0, W = 0, C = 0;
  int64_t F = 0, kh = 0, kw = 0;
  int64_t OH = 0, OW = 0;
  int64_t stride = 1, padding = 0;
  /// Type of x, y and weight in products: f32, bf16 or f64.
  DType compute = DType::f32;
};

/// y = activation(x * weight + bias). @param y_type compute, or f32 @param bias (F), f32 (f64), or null
void conv_forward(const Conv& conv, const void* x, const void* weight, const void* bias, Activation activation, void* y,
                  DType y_type);
/// dx from dy. @param dx_type compute, or f32
void conv_backward_data(const Conv& conv, const void* dy, const void* weight, void* dx, DType dx_type);
/// y = activation(conv_backward_data(x) + bias): from x (N, OH, OW, F) to y (N, H, W, C).
/// @param y_type compute, or f32 @param bias (C), f32 (f64), or null
void conv_transpose_forward(const Conv& conv, const void* x, const void* weight, const void* bias,
                            Activation activation, void* y, DType y_type);
/// dweight (f32, or f64) from x and dy.
void conv_backward_weight(const Conv& conv, const void* x, const void* dy, void* dweight);

}  // namespace latent::kernels
