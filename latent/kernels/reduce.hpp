#pragma once
// Sums, means and log-sums over one side of a matrix. Plain loops with sums in double, in a fixed order.

#include <cstdint>

namespace latent::kernels {

/// y[r] = sum over c of x[r, c].
template <class T>
void sum_rows(int64_t rows, int64_t cols, const T* x, T* y);
/// dx[r, c] = dy[r] * factor: the way back of sum_rows.
template <class T>
void spread_rows(int64_t rows, int64_t cols, const T* dy, double factor, T* dx);

/// y[c] = factor * sum over r of x[r, c].
template <class T>
void sum_cols(int64_t rows, int64_t cols, const T* x, double factor, T* y);
/// dx[r, c] = dy[c] * factor.
template <class T>
void spread_cols(int64_t rows, int64_t cols, const T* dy, double factor, T* dx);

/// y[c] = log sum over r of exp(x[r, c]); -infinity where all are.
template <class T>
void logsumexp_cols(int64_t rows, int64_t cols, const T* x, T* y);
/// dx[r, c] = dy[c] * exp(x[r, c] - y[c]).
template <class T>
void logsumexp_cols_backward(int64_t rows, int64_t cols, const T* x, const T* y, const T* dy, T* dx);

/// y[r, c] = x[r, c] - log sum over c of exp(x[r, c]).
template <class T>
void log_softmax_rows(int64_t rows, int64_t cols, const T* x, T* y);
/// dx[r, c] = dy[r, c] - exp(y[r, c]) * sum over c of dy[r, c].
template <class T>
void log_softmax_rows_backward(int64_t rows, int64_t cols, const T* y, const T* dy, T* dx);

}  // namespace latent::kernels
