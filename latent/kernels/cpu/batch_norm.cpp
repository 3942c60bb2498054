#include <latent/kernels/cpu/batch_norm.hpp>

#include <latent/core/threads.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latent/kernels/cpu/batch_norm.cpp"
#include <hwy/foreach_target.h>

#include <latent/kernels/cpu/vectors-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace latent::kernels::HWY_NAMESPACE {

// Calls f(c, count) for the channels, a vector of them at a time; `count` < lanes for the rest.
template <class F>
HWY_INLINE void for_channels(size_t C, const F& f) {
  const size_t lanes = hn::Lanes(F32());
  size_t c = 0;
  for (; c + lanes <= C; c += lanes) f(c, lanes);
  if (c < C) f(c, C - c);
}

HWY_INLINE Vec load_up_to(const float* from, size_t count) {
  return count == hn::Lanes(F32()) ? load(F32(), from) : load_some(F32(), from, count);
}
HWY_INLINE void store_up_to(Vec v, float* to, size_t count) {
  count == hn::Lanes(F32()) ? store(F32(), v, to) : store_some(F32(), v, to, count);
}

// sums[c] = sum over rows of x.
void sum_of_rows(size_t rows, size_t C, const float* x, float* sums) {
  for_channels(C, [=](size_t c, size_t count) {
    Vec sum = hn::Zero(F32());
    for (size_t r = 0; r < rows; ++r) sum = hn::Add(sum, load_up_to(x + r * C + c, count));
    store_up_to(sum, sums + c, count);
  });
}

// sums[c] = sum over rows of (x - mean)^2.
void squares_of_rows(size_t rows, size_t C, const float* x, const float* mean, float* sums) {
  for_channels(C, [=](size_t c, size_t count) {
    const Vec middle = load_up_to(mean + c, count);
    Vec sum = hn::Zero(F32());
    for (size_t r = 0; r < rows; ++r) {
      const Vec difference = hn::Sub(load_up_to(x + r * C + c, count), middle);
      sum = hn::MulAdd(difference, difference, sum);
    }
    store_up_to(sum, sums + c, count);
  });
}

// y = (x - mean) * scale + bias.
void scale_rows(size_t rows, size_t C, const float* x, const float* mean, const float* scale, const float* bias,
                float* y) {
  for_channels(C, [=](size_t c, size_t count) {
    const Vec middle = load_up_to(mean + c, count), factor = load_up_to(scale + c, count);
    const Vec offset = load_up_to(bias + c, count);
    for (size_t r = 0; r < rows; ++r) {
      const Vec v = hn::Sub(load_up_to(x + r * C + c, count), middle);
      store_up_to(hn::MulAdd(v, factor, offset), y + r * C + c, count);
    }
  });
}

// sums[c] = sum of dy, sums[C + c] = sum of dy (x - mean).
void gradient_sums_of_rows(size_t rows, size_t C, const float* x, const float* mean, const float* dy, float* sums) {
  for_channels(C, [=](size_t c, size_t count) {
    const Vec middle = load_up_to(mean + c, count);
    Vec sum = hn::Zero(F32()), sum_x = hn::Zero(F32());
    for (size_t r = 0; r < rows; ++r) {
      const Vec g = load_up_to(dy + r * C + c, count);
      sum = hn::Add(sum, g);
      sum_x = hn::MulAdd(g, hn::Sub(load_up_to(x + r * C + c, count), middle), sum_x);
    }
    store_up_to(sum, sums + c, count);
    store_up_to(sum_x, sums + C + c, count);
  });
}

// dx = p dy - q - r (x - mean).
void gradient_of_rows(size_t rows, size_t C, const float* x, const float* mean, const float* dy, const float* p,
                      const float* q, const float* r, float* dx) {
  for_channels(C, [=](size_t c, size_t count) {
    const Vec middle = load_up_to(mean + c, count), factor = load_up_to(p + c, count);
    const Vec offset = load_up_to(q + c, count), slope = load_up_to(r + c, count);
    for (size_t row = 0; row < rows; ++row) {
      const size_t at = row * C + c;
      const Vec spread = hn::MulAdd(slope, hn::Sub(load_up_to(x + at, count), middle), offset);
      store_up_to(hn::MulSub(factor, load_up_to(dy + at, count), spread), dx + at, count);
    }
  });
}

}  // namespace latent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace latent::kernels {

HWY_EXPORT(sum_of_rows);
HWY_EXPORT(squares_of_rows);
HWY_EXPORT(scale_rows);
HWY_EXPORT(gradient_sums_of_rows);
HWY_EXPORT(gradient_of_rows);

namespace batch_norm {

namespace {

constexpr int64_t kRowsTogether = 64;
constexpr int64_t kValuesPerThread = int64_t{16} * 1024;

// Calls f(block, first row, rows) for all blocks of rows, in parallel.
template <class F>
void for_blocks(const Normalize& s, const F& f) {
  const int64_t blocks = (s.rows + kRowsTogether - 1) / kRowsTogether;
  parallel_for(blocks, std::max<int64_t>(1, kValuesPerThread / (kRowsTogether * s.C)), [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const int64_t first = block * kRowsTogether;
      f(block, first, std::min(kRowsTogether, s.rows - first));
    }
  });
}

// The sums over all rows of `width` numbers, from those that f(first row, rows, sums) leaves of each block.
template <class F>
std::vector<double> summed(const Normalize& s, int64_t width, const F& f) {
  const int64_t blocks = (s.rows + kRowsTogether - 1) / kRowsTogether;
  std::vector<float> parts(static_cast<size_t>(blocks * width));
  for_blocks(s, [&](int64_t block, int64_t first, int64_t rows) { f(first, rows, parts.data() + block * width); });
  std::vector<double> sums(static_cast<size_t>(width), 0.0);
  for (int64_t block = 0; block < blocks; ++block) {
    for (int64_t i = 0; i < width; ++i) {
      sums[static_cast<size_t>(i)] += parts[static_cast<size_t>(block * width + i)];
    }
  }
  return sums;
}

}  // namespace

void statistics(const Normalize& s, const float* x, float* mean, float* inverse_std) {
  const auto C = static_cast<size_t>(s.C);
  const auto count = static_cast<double>(s.rows);
  const std::vector<double> sums = summed(s, s.C, [&](int64_t first, int64_t rows, float* out) {
    HWY_DYNAMIC_DISPATCH(sum_of_rows)(static_cast<size_t>(rows), C, x + first * s.C, out);
  });
  for (size_t c = 0; c < C; ++c) mean[c] = static_cast<float>(sums[c] / count);
  // Two passes, because the difference of large squares would lose the digits that matter.
  const std::vector<double> squares = summed(s, s.C, [&](int64_t first, int64_t rows, float* out) {
    HWY_DYNAMIC_DISPATCH(squares_of_rows)(static_cast<size_t>(rows), C, x + first * s.C, mean, out);
  });
  for (size_t c = 0; c < C; ++c) inverse_std[c] = static_cast<float>(1.0 / std::sqrt(squares[c] / count + s.eps));
}

void forward(const Normalize& s, const float* x, const float* mean, const float* inverse_std, const float* weight,
             const float* bias, float* y) {
  std::vector<float> scale(static_cast<size_t>(s.C));
  for (size_t c = 0; c < scale.size(); ++c) scale[c] = inverse_std[c] * weight[c];
  for_blocks(s, [&](int64_t, int64_t first, int64_t rows) {
    HWY_DYNAMIC_DISPATCH(scale_rows)
    (static_cast<size_t>(rows), static_cast<size_t>(s.C), x + first * s.C, mean, scale.data(), bias, y + first * s.C);
  });
}

void backward(const Normalize& s, const float* x, const float* mean, const float* inverse_std, const float* weight,
              const float* dy, bool through_statistics, float* dx, float* dweight, float* dbias) {
  const auto C = static_cast<size_t>(s.C);
  const std::vector<double> sums = summed(s, 2 * s.C, [&](int64_t first, int64_t rows, float* out) {
    HWY_DYNAMIC_DISPATCH(gradient_sums_of_rows)
    (static_cast<size_t>(rows), C, x + first * s.C, mean, dy + first * s.C, out);
  });
  // dx = inverse_std weight (dy - mean(dy) - x_hat mean(dy x_hat)), with x_hat = (x - mean) inverse_std.
  std::vector<float> p(C), q(C), r(C);
  const double share = through_statistics ? 1.0 / static_cast<double>(s.rows) : 0.0;
  for (size_t c = 0; c < C; ++c) {
    const double inverse = inverse_std[c], factor = inverse * weight[c];
    dbias[c] = static_cast<float>(sums[c]);
    dweight[c] = static_cast<float>(sums[C + c] * inverse);
    p[c] = static_cast<float>(factor);
    q[c] = static_cast<float>(factor * share * sums[c]);
    r[c] = static_cast<float>(factor * share * sums[C + c] * inverse * inverse);
  }
  for_blocks(s, [&](int64_t, int64_t first, int64_t rows) {
    const int64_t at = first * s.C;
    HWY_DYNAMIC_DISPATCH(gradient_of_rows)
    (static_cast<size_t>(rows), C, x + at, mean, dy + at, p.data(), q.data(), r.data(), dx + at);
  });
}

}  // namespace batch_norm
}  // namespace latent::kernels
#endif
