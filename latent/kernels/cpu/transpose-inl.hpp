// The transpose of a small matrix in vectors. Compiled once for each instruction set by Highway: include it after
// hwy/foreach_target.h and hwy/highway.h, inside no namespace.

#if defined(LATENT_KERNELS_CPU_TRANSPOSE_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef LATENT_KERNELS_CPU_TRANSPOSE_INL_HPP
#undef LATENT_KERNELS_CPU_TRANSPOSE_INL_HPP
#else
#define LATENT_KERNELS_CPU_TRANSPOSE_INL_HPP
#endif

#include <cstddef>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace latent::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET != HWY_SCALAR
/// y (n, n) = the transpose of x (n, n), for squares of one 16-byte vector a side. Interleaving the rows of the upper
/// half with those of the lower moves the highest bit of a row's number to the lowest of its column's: log2(n) times
/// transposes.
template <class T>
HWY_INLINE void transpose_square(const T* x, size_t x_stride, T* y, size_t y_stride) {
  const hn::Full128<T> d;
  constexpr size_t kSide = 16 / sizeof(T);
  hn::Vec<decltype(d)> a[kSide], b[kSide];
  auto *from = a, *to = b;
  for (size_t i = 0; i < kSide; ++i) from[i] = hn::LoadU(d, x + i * x_stride);
  HWY_UNROLL(3)
  for (size_t stage = kSide; stage > 1; stage /= 2) {
    for (size_t i = 0; i < kSide / 2; ++i) {
      to[2 * i] = hn::InterleaveLower(d, from[i], from[i + kSide / 2]);
      to[2 * i + 1] = hn::InterleaveUpper(d, from[i], from[i + kSide / 2]);
    }
    auto* swapped = from;
    from = to, to = swapped;
  }
  for (size_t i = 0; i < kSide; ++i) hn::StoreU(from[i], d, y + i * y_stride);
}
#endif

/// y (B, A) = the transpose of x (A, B); rows of y begin y_stride >= A apart.
template <class T>
HWY_INLINE void transpose_matrix(size_t A, size_t B, const T* x, T* y, size_t y_stride) {
  const auto plain = [=](size_t a0, size_t a1, size_t b0, size_t b1) {
    for (size_t b = b0; b < b1; ++b) {
      for (size_t a = a0; a < a1; ++a) y[b * y_stride + a] = x[a * B + b];
    }
  };
#if HWY_TARGET == HWY_SCALAR
  plain(0, A, 0, B);
#else
  constexpr size_t kSide = 16 / sizeof(T);
  const size_t whole_a = A / kSide * kSide, whole_b = B / kSide * kSide;
  for (size_t a = 0; a < whole_a; a += kSide) {
    for (size_t b = 0; b < whole_b; b += kSide) transpose_square(x + a * B + b, B, y + b * y_stride + a, y_stride);
  }
  plain(0, whole_a, whole_b, B);
  plain(whole_a, A, 0, B);
#endif
}

}  // namespace latent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
