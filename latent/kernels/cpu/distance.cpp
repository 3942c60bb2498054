#include <latent/kernels/distance.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latent/kernels/cpu/distance.cpp"
#include <hwy/foreach_target.h>

#include <latent/kernels/cpu/vectors-inl.hpp>

#include <bit>
#include <cstring>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace latent::kernels::HWY_NAMESPACE {

using F64 = hn::ScalableTag<double>;
using Vec64 = hn::Vec<F64>;

// The sum over i of term(a[i], b[i], sum so far), in double: four sums, so that additions need not wait for each other.
template <class Term, class Rest>
HWY_INLINE double accumulate(size_t n, const float* a, const float* b, const Term& term, const Rest& rest) {
  const F64 d;
  const hn::Rebind<float, F64> half;
  const size_t lanes = hn::Lanes(d);
  const auto load64 = [&](const float* from) { return hn::PromoteTo(d, hn::LoadU(half, from)); };
  Vec64 s0 = hn::Zero(d), s1 = hn::Zero(d), s2 = hn::Zero(d), s3 = hn::Zero(d);
  size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    s0 = term(load64(a + i), load64(b + i), s0);
    s1 = term(load64(a + i + lanes), load64(b + i + lanes), s1);
    s2 = term(load64(a + i + 2 * lanes), load64(b + i + 2 * lanes), s2);
    s3 = term(load64(a + i + 3 * lanes), load64(b + i + 3 * lanes), s3);
  }
  for (; i + lanes <= n; i += lanes) s0 = term(load64(a + i), load64(b + i), s0);
  double sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
  for (; i < n; ++i) sum += rest(static_cast<double>(a[i]), static_cast<double>(b[i]));
  return sum;
}

double squared_distance_vector(size_t n, const float* a, const float* b) {
  return accumulate(
      n, a, b,
      [](Vec64 x, Vec64 y, Vec64 sum) {
        const Vec64 difference = hn::Sub(x, y);
        return hn::MulAdd(difference, difference, sum);
      },
      [](double x, double y) { return (x - y) * (x - y); });
}

double dot_product_vector(size_t n, const float* a, const float* b) {
  return accumulate(
      n, a, b, [](Vec64 x, Vec64 y, Vec64 sum) { return hn::MulAdd(x, y, sum); },
      [](double x, double y) { return x * y; });
}

// In f32 throughout, four sums as above.
float squared_distance_f32_vector(size_t n, const float* a, const float* b) {
  const F32 d;
  const size_t lanes = hn::Lanes(d);
  const auto add = [&](size_t i, Vec sum) {
    const Vec difference = hn::Sub(hn::LoadU(d, a + i), hn::LoadU(d, b + i));
    return hn::MulAdd(difference, difference, sum);
  };
  Vec s0 = hn::Zero(d), s1 = hn::Zero(d), s2 = hn::Zero(d), s3 = hn::Zero(d);
  size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    s0 = add(i, s0);
    s1 = add(i + lanes, s1);
    s2 = add(i + 2 * lanes, s2);
    s3 = add(i + 3 * lanes, s3);
  }
  for (; i + lanes <= n; i += lanes) s0 = add(i, s0);
  float sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
  for (; i < n; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

void shift_and_scale_row(size_t n, const float* x, const double* shift, double scale, float* y) {
  const F64 d;
  const hn::Rebind<float, F64> half;
  const size_t lanes = hn::Lanes(d);
  const Vec64 factor = hn::Set(d, scale);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const Vec64 shifted = hn::Sub(hn::PromoteTo(d, hn::LoadU(half, x + i)), hn::LoadU(d, shift + i));
    hn::StoreU(hn::DemoteTo(half, hn::Mul(shifted, factor)), half, y + i);
  }
  for (; i < n; ++i) y[i] = static_cast<float>((static_cast<double>(x[i]) - shift[i]) * scale);
}

template <class Test>
HWY_INLINE size_t find(size_t n, const Test& test, int32_t* positions) {
  const F32 d;
  const size_t lanes = hn::Lanes(d);
  size_t found = 0;
  for (size_t j = 0; j + lanes <= n; j += lanes) {
    const auto hits = test(j);
    if (HWY_LIKELY(hn::AllFalse(d, hits))) continue;
    uint8_t bytes[8] = {};
    hn::StoreMaskBits(d, hits, bytes);
    uint64_t bits = 0;
    std::memcpy(&bits, bytes, sizeof bits);
    for (; bits != 0; bits &= bits - 1) {
      positions[found++] = static_cast<int32_t>(j) + static_cast<int32_t>(std::countr_zero(bits));
    }
  }
  return found;
}

size_t find_candidates_vector(size_t n, const float* c, float bound, float shift, const float* bounds,
                              int32_t* positions) {
  const F32 d;
  const size_t whole = n / hn::Lanes(d) * hn::Lanes(d);
  const Vec least = hn::Set(d, bound), offset = hn::Set(d, shift);
  size_t found = 0;
  if (bounds == nullptr) {
    found = find(
        whole, [&](size_t j) { return hn::Ge(hn::LoadU(d, c + j), least); }, positions);
  } else {
    const auto test = [&](size_t j) {
      const Vec value = hn::LoadU(d, c + j);
      return hn::Or(hn::Ge(value, least), hn::Ge(hn::Add(value, offset), hn::LoadU(d, bounds + j)));
    };
    found = find(whole, test, positions);
  }
  for (size_t j = whole; j < n; ++j) {
    if (c[j] >= bound || (bounds != nullptr && c[j] + shift >= bounds[j])) positions[found++] = static_cast<int32_t>(j);
  }
  return found;
}

}  // namespace latent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace latent::kernels {

HWY_EXPORT(squared_distance_vector);
HWY_EXPORT(dot_product_vector);
HWY_EXPORT(squared_distance_f32_vector);
HWY_EXPORT(shift_and_scale_row);
HWY_EXPORT(find_candidates_vector);

double squared_distance(int64_t n, const float* a, const float* b) {
  return HWY_DYNAMIC_DISPATCH(squared_distance_vector)(static_cast<size_t>(n), a, b);
}

double dot_product(int64_t n, const float* a, const float* b) {
  return HWY_DYNAMIC_DISPATCH(dot_product_vector)(static_cast<size_t>(n), a, b);
}

float squared_distance_f32(int64_t n, const float* a, const float* b) {
  return HWY_DYNAMIC_DISPATCH(squared_distance_f32_vector)(static_cast<size_t>(n), a, b);
}

void shift_and_scale(int64_t rows, int64_t cols, const float* x, int64_t x_cols, const double* shift, double scale,
                     float* y, int64_t y_cols) {
  for (int64_t r = 0; r < rows; ++r) {
    HWY_DYNAMIC_DISPATCH(shift_and_scale_row)(static_cast<size_t>(cols), x + r * x_cols, shift, scale, y + r * y_cols);
  }
}

int64_t find_candidates(int64_t n, const float* c, float bound, float shift, const float* bounds, int32_t* positions) {
  return static_cast<int64_t>(
      HWY_DYNAMIC_DISPATCH(find_candidates_vector)(static_cast<size_t>(n), c, bound, shift, bounds, positions));
}

}  // namespace latent::kernels
#endif
