#include <latent/kernels/multiply.hpp>

#include <latent/core/threads.hpp>

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latent/kernels/cpu/multiply.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace latent::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// R rows of Y, in C whole vectors of columns from `x` and `y` on: all sums stay in registers.
template <size_t R, size_t C>
HWY_INLINE void tile(size_t N, size_t K, const double* A, const double* x, double* y) {
  const hn::ScalableTag<double> d;
  const size_t lanes = hn::Lanes(d);
  hn::Vec<decltype(d)> sums[R][C];
  for (size_t r = 0; r < R; ++r) {
    for (size_t c = 0; c < C; ++c) sums[r][c] = hn::Zero(d);
  }
  for (size_t k = 0; k < K; ++k) {
    hn::Vec<decltype(d)> row[C];
    for (size_t c = 0; c < C; ++c) row[c] = hn::LoadU(d, x + k * N + c * lanes);
    for (size_t r = 0; r < R; ++r) {
      const auto a = hn::Set(d, A[r * K + k]);
      for (size_t c = 0; c < C; ++c) sums[r][c] = hn::MulAdd(a, row[c], sums[r][c]);
    }
  }
  for (size_t r = 0; r < R; ++r) {
    for (size_t c = 0; c < C; ++c) hn::StoreU(sums[r][c], d, y + r * N + c * lanes);
  }
}

template <size_t R>
HWY_INLINE void rows(size_t N, size_t K, const double* A, const double* X, double* Y) {
  const size_t lanes = hn::Lanes(hn::ScalableTag<double>());
  size_t n = 0;
  for (; n + 4 * lanes <= N; n += 4 * lanes) tile<R, 4>(N, K, A, X + n, Y + n);
  for (; n + lanes <= N; n += lanes) tile<R, 1>(N, K, A, X + n, Y + n);
  for (; n < N; ++n) {
    for (size_t r = 0; r < R; ++r) {
      double sum = 0.0;
      for (size_t k = 0; k < K; ++k) sum += A[r * K + k] * X[k * N + n];
      Y[r * N + n] = sum;
    }
  }
}

void multiply_rows(size_t M, size_t N, size_t K, const double* A, const double* X, double* Y) {
  constexpr size_t kTogether = 6;
  size_t m = 0;
  for (; m + kTogether <= M; m += kTogether) rows<kTogether>(N, K, A + m * K, X, Y + m * N);
  for (; m < M; ++m) rows<1>(N, K, A + m * K, X, Y + m * N);
}

}  // namespace latent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace latent::kernels {

HWY_EXPORT(multiply_rows);

void multiply_f64(int64_t M, int64_t N, int64_t K, const double* A, const double* X, double* Y) {
  constexpr int64_t kWork = int64_t{256} * 1024;  // products that are worth a thread
  const int64_t grain = std::max<int64_t>(1, kWork / std::max<int64_t>(1, N * K));
  parallel_for(M, grain, [=](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(multiply_rows)
    (static_cast<size_t>(end - begin), static_cast<size_t>(N), static_cast<size_t>(K), A + begin * K, X, Y + begin * N);
  });
}

}  // namespace latent::kernels
#endif
