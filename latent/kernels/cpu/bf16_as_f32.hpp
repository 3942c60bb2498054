#pragma once
// Products of bf16 on processors whose instructions do not know the type: the factors become f32, which holds each of
// them exactly, and so the result is the same up to the order of its sums. Slower than f32 from the start.

#include <latent/kernels/conv.hpp>
#include <latent/kernels/gemm.hpp>

namespace latent::kernels::bf16_as_f32 {

/// Whether oneDNN takes no products of bf16 on this processor (without AVX-512).
bool is_needed();

/// As the functions of these names in kernels, for bf16.
void gemm(const Gemm& gemm, const void* A, const void* B, const void* bias, void* C);
void conv_forward(const Conv& conv, const void* x, const void* weight, const void* bias, Activation activation, void* y,
                  DType y_type);
void conv_backward_data(const Conv& conv, const void* dy, const void* weight, void* dx, DType dx_type);
void conv_backward_weight(const Conv& conv, const void* x, const void* dy, void* dweight);

}  // namespace latent::kernels::bf16_as_f32
