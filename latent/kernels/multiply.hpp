#pragma once
// Products in double, for eigenvectors.

#include <cstdint>

namespace latent::kernels {

/// Y = A X for row-major A (M, K), X (K, N) and Y (M, N). The same bits for any number of threads.
void multiply_f64(int64_t M, int64_t N, int64_t K, const double* A, const double* X, double* Y);

}  // namespace latent::kernels
