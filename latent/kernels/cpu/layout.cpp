#include <latent/kernels/layout.hpp>

#include <latent/core/dtype.hpp>
#include <latent/core/threads.hpp>

#include <algorithm>

namespace latent::kernels {

namespace {
constexpr int64_t kGrain = int64_t{16} * 1024;
int64_t grain(int64_t row) { return std::max<int64_t>(1, kGrain / std::max<int64_t>(1, row)); }
}  // namespace

template <class T>
void copy_columns(int64_t rows, int64_t width, const T* x, int64_t x_cols, int64_t from, T* y, int64_t y_cols,
                  int64_t to) {
  parallel_for(rows, grain(width), [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) std::copy_n(x + r * x_cols + from, width, y + r * y_cols + to);
  });
}

template <class T>
void gather_rows(int64_t M, int64_t cols, const T* x, const int64_t* indices, T* y) {
  parallel_for(M, grain(cols), [=](int64_t begin, int64_t end) {
    for (int64_t m = begin; m < end; ++m) std::copy_n(x + indices[m] * cols, cols, y + m * cols);
  });
}

template <class T>
void scatter_add_rows(int64_t M, int64_t cols, const T* dy, const int64_t* indices, T* dx) {
  for (int64_t m = 0; m < M; ++m) {
    for (int64_t c = 0; c < cols; ++c) dx[indices[m] * cols + c] += dy[m * cols + c];
  }
}

#define LATENT_INSTANTIATE(T)                                                                        \
  template void copy_columns<T>(int64_t, int64_t, const T*, int64_t, int64_t, T*, int64_t, int64_t); \
  template void gather_rows<T>(int64_t, int64_t, const T*, const int64_t*, T*);
LATENT_INSTANTIATE(float)
LATENT_INSTANTIATE(double)
LATENT_INSTANTIATE(bfloat16)
#undef LATENT_INSTANTIATE
template void scatter_add_rows<float>(int64_t, int64_t, const float*, const int64_t*, float*);
template void scatter_add_rows<double>(int64_t, int64_t, const double*, const int64_t*, double*);

}  // namespace latent::kernels
