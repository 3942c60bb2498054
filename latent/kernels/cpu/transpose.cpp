#include <latent/core/dtype.hpp>
#include <latent/core/threads.hpp>
#include <latent/kernels/layout.hpp>

#include <algorithm>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latent/kernels/cpu/transpose.cpp"
#include <hwy/foreach_target.h>

#include <latent/kernels/cpu/transpose-inl.hpp>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace latent::kernels::HWY_NAMESPACE {

void transpose_bf16(size_t A, size_t B, const bfloat16* x, bfloat16* y) {
  transpose_matrix(A, B, &x->bits, &y->bits, A);
}
void transpose_f32(size_t A, size_t B, const float* x, float* y) { transpose_matrix(A, B, x, y, A); }
void transpose_f64(size_t A, size_t B, const double* x, double* y) { transpose_matrix(A, B, x, y, A); }

}  // namespace latent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace latent::kernels {

HWY_EXPORT(transpose_bf16);
HWY_EXPORT(transpose_f32);
HWY_EXPORT(transpose_f64);

template <class T>
void transpose_inner(int64_t N, int64_t A, int64_t B, const T* x, T* y) {
  constexpr int64_t kGrain = int64_t{16} * 1024;
  parallel_for(N, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, A * B)), [=](int64_t begin, int64_t end) {
    const auto rows = static_cast<size_t>(A), cols = static_cast<size_t>(B);
    for (int64_t n = begin; n < end; ++n) {
      const T* in = x + n * A * B;
      T* out = y + n * A * B;
      if constexpr (std::is_same_v<T, bfloat16>) HWY_DYNAMIC_DISPATCH(transpose_bf16)(rows, cols, in, out);
      if constexpr (std::is_same_v<T, float>) HWY_DYNAMIC_DISPATCH(transpose_f32)(rows, cols, in, out);
      if constexpr (std::is_same_v<T, double>) HWY_DYNAMIC_DISPATCH(transpose_f64)(rows, cols, in, out);
    }
  });
}

template void transpose_inner<float>(int64_t, int64_t, int64_t, const float*, float*);
template void transpose_inner<double>(int64_t, int64_t, int64_t, const double*, double*);
template void transpose_inner<bfloat16>(int64_t, int64_t, int64_t, const bfloat16*, bfloat16*);

}  // namespace latent::kernels
#endif
