#pragma once
// The product for a single row, without the machinery of large ones.

#include <latent/kernels/gemm.hpp>

namespace latent::kernels {

/// As gemm() for M = 1, neither factor f64, weights stored as rows (transpose_b) and nothing accumulated.
void gemv(const Gemm& gemm, const void* A, const void* B, const float* bias, void* C);

}  // namespace latent::kernels
