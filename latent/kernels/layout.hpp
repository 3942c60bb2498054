#pragma once
// Moving elements without changing them; T is any element type.

#include <cstdint>

namespace latent::kernels {

/// y[n, b, a] = x[n, a, b]: channels first to last with a = C, b = H W, and back with a = H W, b = C.
template <class T>
void transpose_inner(int64_t N, int64_t A, int64_t B, const T* x, T* y);

/// Copies `width` columns: y[r, to + c] = x[r, from + c], for rows of x_cols and y_cols columns.
template <class T>
void copy_columns(int64_t rows, int64_t width, const T* x, int64_t x_cols, int64_t from, T* y, int64_t y_cols,
                  int64_t to);

/// y[m, :] = x[indices[m], :].
template <class T>
void gather_rows(int64_t M, int64_t cols, const T* x, const int64_t* indices, T* y);
/// dx[indices[m], :] += dy[m, :], in the order of m. f32 and f64.
template <class T>
void scatter_add_rows(int64_t M, int64_t cols, const T* dy, const int64_t* indices, T* dx);

}  // namespace latent::kernels
