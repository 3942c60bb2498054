#pragma once
// Matrix products, forward; the backward ones are products too (see autograd/linear.cpp).

#include <latent/core/activation.hpp>
#include <latent/core/dtype.hpp>

namespace latent::kernels {

/// What the processor has for products of bf16, as far as the operating system lets programs use it (and
/// DNNL_MAX_CPU_ISA, for tests).
enum class Bf16Units : uint8_t {
  none,      ///< factors are widened to f32
  emulated,  ///< AVX-512 without instructions for them: no faster than f32
  vectors,   ///< AVX512_BF16
  matrices   ///< AMX
};
Bf16Units bf16_units();

/// C = activation(op(A) op(B) + bias) for row-major matrices; op transposes where asked.
struct Gemm {
  int64_t M = 0, N = 0, K = 0;                           ///< C is (M, N), op(A) is (M, K), op(B) is (K, N)
  bool transpose_a = false;                              ///< A is stored as (K, M)
  bool transpose_b = false;                              ///< B is stored as (N, K)
  DType a = DType::f32, b = DType::f32, c = DType::f32;  ///< f32 f32 f32, bf16 bf16 (bf16 or f32), or f64 f64 f64
  Activation activation = Activation::none;
  bool accumulate = false;      ///< adds the product to C; not with a bias or an activation
  bool on_this_thread = false;  ///< runs on the calling thread alone: for bodies of parallel_for
};

/// @param bias  (N), f32 (f64 if C is), or null
void gemm(const Gemm& gemm, const void* A, const void* B, const void* bias, void* C);

}  // namespace latent::kernels
