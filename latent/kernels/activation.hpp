#pragma once
// Activations and what rides along on their passes: bias forward, bias gradient backward, change of type.

#include <latent/core/activation.hpp>
#include <latent/core/dtype.hpp>

namespace latent::kernels {

/// y[i] = activation(x[i]). @param type f32, bf16 or f64, for both
void activation_forward(Activation activation, const void* x, void* y, int64_t n, DType type);

/// y[r, c] = activation(x[r, c] + bias[c]); y may be x. @param x_type, y_type f32 or bf16, or both f64
/// @param bias (cols), f32 or f64 as computed, or null
void bias_activation(Activation activation, const void* x, DType x_type, const void* bias, void* y, DType y_type,
                     int64_t rows, int64_t cols);

/// dx[i] = dy[i] * activation'(x[i]), from the input. @param type f32, bf16 or f64, for all
void activation_backward_from_input(Activation activation, const void* x, const void* dy, void* dx, int64_t n,
                                    DType type);

/// dpre[r, c] = dy[r, c] * activation'(...), from the result y, and dbias[c] = sum over r of dpre[r, c], in one pass.
/// Sums are taken in a fixed order, whatever the number of threads.
/// @param y       null for Activation::none
/// @param dpre    null if only dbias is wanted; may be dy when the types are equal
/// @param dbias   null if only dpre is wanted
/// Types: dy, y and dpre each f32 or bf16 with dbias f32; or all f64.
struct BiasGradient {
  Activation activation = Activation::none;
  int64_t rows = 0, cols = 0;
  DType dy = DType::f32, y = DType::f32, dpre = DType::f32;
};
void activation_backward_bias(const BiasGradient& shape, const void* dy, const void* y, void* dpre, void* dbias);

/// Converts between f32 and bf16 (round to nearest even), in parallel.
void convert(const void* source, DType from, void* target, DType to, int64_t n);

}  // namespace latent::kernels
