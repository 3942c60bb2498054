#include <latent/kernels/reduce.hpp>

#include <latent/core/threads.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace latent::kernels {

namespace {
constexpr int64_t kGrain = int64_t{16} * 1024;
int64_t grain(int64_t cols) { return std::max<int64_t>(1, kGrain / std::max<int64_t>(1, cols)); }
}  // namespace

template <class T>
void sum_rows(int64_t rows, int64_t cols, const T* x, T* y) {
  parallel_for(rows, grain(cols), [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      double total = 0.0;
      for (int64_t c = 0; c < cols; ++c) total += x[r * cols + c];
      y[r] = static_cast<T>(total);
    }
  });
}

template <class T>
void spread_rows(int64_t rows, int64_t cols, const T* dy, double factor, T* dx) {
  parallel_for(rows, grain(cols), [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) std::fill_n(dx + r * cols, cols, static_cast<T>(dy[r] * factor));
  });
}

template <class T>
void sum_cols(int64_t rows, int64_t cols, const T* x, double factor, T* y) {
  parallel_for(cols, grain(rows), [=](int64_t begin, int64_t end) {
    std::vector<double> totals(static_cast<size_t>(end - begin), 0.0);
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = begin; c < end; ++c) totals[static_cast<size_t>(c - begin)] += x[r * cols + c];
    }
    for (int64_t c = begin; c < end; ++c) y[c] = static_cast<T>(totals[static_cast<size_t>(c - begin)] * factor);
  });
}

template <class T>
void spread_cols(int64_t rows, int64_t cols, const T* dy, double factor, T* dx) {
  parallel_for(rows, grain(cols), [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      for (int64_t c = 0; c < cols; ++c) dx[r * cols + c] = static_cast<T>(dy[c] * factor);
    }
  });
}

template <class T>
void logsumexp_cols(int64_t rows, int64_t cols, const T* x, T* y) {
  for (int64_t c = 0; c < cols; ++c) {
    T highest = -std::numeric_limits<T>::infinity();
    for (int64_t r = 0; r < rows; ++r) highest = std::max(highest, x[r * cols + c]);
    if (!std::isfinite(highest)) {
      y[c] = highest;
      continue;
    }
    double total = 0.0;
    for (int64_t r = 0; r < rows; ++r) total += std::exp(static_cast<double>(x[r * cols + c] - highest));
    y[c] = static_cast<T>(highest + std::log(total));
  }
}

template <class T>
void logsumexp_cols_backward(int64_t rows, int64_t cols, const T* x, const T* y, const T* dy, T* dx) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) dx[r * cols + c] = dy[c] * std::exp(x[r * cols + c] - y[c]);
  }
}

template <class T>
void log_softmax_rows(int64_t rows, int64_t cols, const T* x, T* y) {
  parallel_for(rows, grain(cols), [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const T* in = x + r * cols;
      const T highest = *std::max_element(in, in + cols);
      double total = 0.0;
      for (int64_t c = 0; c < cols; ++c) total += std::exp(static_cast<double>(in[c] - highest));
      const T offset = highest + static_cast<T>(std::log(total));
      for (int64_t c = 0; c < cols; ++c) y[r * cols + c] = in[c] - offset;
    }
  });
}

template <class T>
void log_softmax_rows_backward(int64_t rows, int64_t cols, const T* y, const T* dy, T* dx) {
  parallel_for(rows, grain(cols), [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      double total = 0.0;
      for (int64_t c = 0; c < cols; ++c) total += dy[r * cols + c];
      for (int64_t c = 0; c < cols; ++c) {
        dx[r * cols + c] = dy[r * cols + c] - std::exp(y[r * cols + c]) * static_cast<T>(total);
      }
    }
  });
}

#define LATENT_INSTANTIATE(T)                                                                   \
  template void sum_rows<T>(int64_t, int64_t, const T*, T*);                                    \
  template void spread_rows<T>(int64_t, int64_t, const T*, double, T*);                         \
  template void sum_cols<T>(int64_t, int64_t, const T*, double, T*);                            \
  template void spread_cols<T>(int64_t, int64_t, const T*, double, T*);                         \
  template void logsumexp_cols<T>(int64_t, int64_t, const T*, T*);                              \
  template void logsumexp_cols_backward<T>(int64_t, int64_t, const T*, const T*, const T*, T*); \
  template void log_softmax_rows<T>(int64_t, int64_t, const T*, T*);                            \
  template void log_softmax_rows_backward<T>(int64_t, int64_t, const T*, const T*, T*);
LATENT_INSTANTIATE(float)
LATENT_INSTANTIATE(double)
#undef LATENT_INSTANTIATE

}  // namespace latent::kernels
