#pragma once
// Products and convolutions by oneDNN alone, whose weights lie ahead of time in the layout that it prefers.

#include <latent/core/tensor.hpp>
#include <latent/kernels/conv.hpp>
#include <latent/kernels/gemm.hpp>

#include <functional>

namespace latent::bench {

/// All are empty functions where the library has none for this processor (bf16 without AVX-512).

/// C = A B (+ bias) as kernels::gemm() computes it, with B packed now. The tensors live as long as what is returned.
std::function<void()> packed_gemm(const kernels::Gemm& g, const Tensor& A, const Tensor& B, const Tensor& bias,
                                  const Tensor& C);

/// kernels::conv_forward() with a weight packed now; `bias` may be undefined.
std::function<void()> packed_conv_forward(const kernels::Conv& c, const Tensor& x, const Tensor& weight,
                                          const Tensor& bias, Activation activation, const Tensor& y);

/// kernels::conv_backward_data() with a weight packed now.
std::function<void()> packed_conv_backward_data(const kernels::Conv& c, const Tensor& dy, const Tensor& weight,
                                                const Tensor& dx);

}  // namespace latent::bench
