#pragma once
// Matrix products.

#include <latent/autograd/elementwise.hpp>

namespace latent {

/// activation(x * weight^T + bias), fused.
/// @param x       (N, in), f32, bf16 or f64
/// @param weight  (out, in), as in PyTorch. With a bf16_copy(), the products are taken in bf16 and summed in f32
/// @param bias    (out), or undefined for none
/// @param result  type of the result; bf16 is allowed only when the weight has a bf16 copy
/// @return (N, out)
/// @throws std::invalid_argument if shapes or types do not fit
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation = Activation::none,
              DType result = DType::f32);

/// Plain product (M, K) x (K, N) -> (M, N); f32 or f64, both of one type.
Tensor matmul(const Tensor& a, const Tensor& b);

}  // namespace latent
