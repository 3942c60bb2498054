#include <latent/kernels/blur.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latent/kernels/cpu/blur.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <latent/kernels/cpu/vectors-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace latent::kernels::HWY_NAMESPACE {

// y[i] = the sum over t = -radius ... radius of window[|t|] x[i + t * stride], for whole vectors that cover n values.
void convolve(const float* window, int64_t radius, const float* x, int64_t stride, float* y, int64_t n) {
  const F32 d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t i = 0; i < n; i += lanes) {
    const float* centre = x + i;
    Vec sum = hn::Mul(hn::Set(d, window[0]), hn::LoadU(d, centre));
    for (int64_t t = 1; t <= radius; ++t) {
      const Vec both = hn::Add(hn::LoadU(d, centre - t * stride), hn::LoadU(d, centre + t * stride));
      sum = hn::MulAdd(hn::Set(d, window[t]), both, sum);
    }
    hn::StoreU(sum, d, y + i);
  }
}

}  // namespace latent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace latent::kernels {

HWY_EXPORT(convolve);

std::vector<float> gaussian_window(double sigma) {
  constexpr double kRadius = 4.0;  // of so many sigma
  const auto radius = static_cast<size_t>(kRadius * sigma + 0.5);
  std::vector<double> half(radius + 1);
  double sum = 0.0;
  for (size_t t = 0; t <= radius; ++t) {
    half[t] = std::exp(-0.5 * static_cast<double>(t * t) / (sigma * sigma));
    sum += t == 0 ? half[t] : 2.0 * half[t];
  }
  std::vector<float> window;
  window.reserve(half.size());
  for (const double weight : half) window.push_back(static_cast<float>(weight / sum));
  return window;
}

void blur_plane(const std::vector<float>& window, int64_t H, int64_t W, float* x) {
  constexpr int64_t kWidest = 16;  // floats of the widest vector
  const int64_t radius = static_cast<int64_t>(window.size()) - 1;
  const int64_t width = (W + kWidest - 1) / kWidest * kWidest;
  // A row with its edges continued, as wide as the vectors that cover it; rows blurred, with the outer ones continued.
  std::vector<float> row(static_cast<size_t>(width + 2 * radius));
  std::vector<float> rows(static_cast<size_t>((H + 2 * radius) * width));
  for (int64_t h = 0; h < H; ++h) {
    const float* in = x + h * W;
    std::fill_n(row.begin(), radius, in[0]);
    std::copy_n(in, W, row.begin() + radius);
    std::fill(row.begin() + radius + W, row.end(), in[W - 1]);
    HWY_DYNAMIC_DISPATCH(convolve)
    (window.data(), radius, row.data() + radius, 1, rows.data() + (radius + h) * width, W);
  }
  const auto first = rows.begin() + radius * width, last = rows.begin() + (radius + H - 1) * width;
  for (int64_t h = 0; h < radius; ++h) {
    std::copy_n(first, width, rows.begin() + h * width);
    std::copy_n(last, width, last + (h + 1) * width);
  }
  for (int64_t h = 0; h < H; ++h) {
    HWY_DYNAMIC_DISPATCH(convolve)(window.data(), radius, rows.data() + (radius + h) * width, width, row.data(), W);
    std::copy_n(row.begin(), W, x + h * W);
  }
}

}  // namespace latent::kernels
#endif
