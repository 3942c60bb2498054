#pragma once
// Products of single rows by the instruction that multiplies pairs of bf16 (AVX512_BF16), which Highway 1.0 has not.

#include <latent/core/dtype.hpp>

#include <cstddef>

namespace latent::kernels {

/// Whether the processor has the instruction.
bool has_avx512_bf16();

/// What x needs behind its K elements, filled with zeros.
constexpr size_t kAvx512Bf16Room = 32;

/// y[n] = W[n, :] . x for n in [begin, end); sums in f32, denormal factors count as zero.
/// @param W  rows of K   @param x  K elements and kAvx512Bf16Room zeros
void dots_avx512_bf16(const bfloat16* W, const bfloat16* x, size_t K, size_t begin, size_t end, float* y);

}  // namespace latent::kernels
