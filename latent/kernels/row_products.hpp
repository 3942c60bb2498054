#pragma once
// One vector against many rows.

#include <cstdint>

namespace latent::kernels {

/// For each row of x, its product with `query` and with itself, in one pass over memory. Sums are taken in f32, several
/// at a time, so that their last bits depend on the processor's vectors.
/// @param x (rows, dim)   @param query (dim)   @param dots, squares  rows numbers each
void row_products(int64_t rows, int64_t dim, const float* x, const float* query, float* dots, float* squares);

}  // namespace latent::kernels
