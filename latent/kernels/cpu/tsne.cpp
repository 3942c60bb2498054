#include <latent/kernels/tsne.hpp>

#include <latent/core/threads.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latent/kernels/cpu/tsne.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <latent/kernels/cpu/vectors-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace latent::kernels::HWY_NAMESPACE {

// e[j] = exp(-beta d[j]); returns their sum and writes sum of e[j] d[j].
double exponentials_f32(size_t k, const float* squares, double beta, float* e, double* weighted) {
  const F32 d;
  const size_t lanes = hn::Lanes(d);
  const Vec minus_beta = hn::Set(d, static_cast<float>(-beta));
  Vec sum = hn::Zero(d), sum_weighted = hn::Zero(d);
  size_t j = 0;
  for (; j + lanes <= k; j += lanes) {
    const Vec square = hn::LoadU(d, squares + j), value = hn::Exp(d, hn::Mul(minus_beta, square));
    hn::StoreU(value, d, e + j);
    sum = hn::Add(sum, value);
    sum_weighted = hn::MulAdd(value, square, sum_weighted);
  }
  if (j < k) {
    const Vec square = load_some(d, squares + j, k - j);
    const Vec value = hn::IfThenElseZero(hn::FirstN(d, k - j), hn::Exp(d, hn::Mul(minus_beta, square)));
    store_some(d, value, e + j, k - j);
    sum = hn::Add(sum, value);
    sum_weighted = hn::MulAdd(value, square, sum_weighted);
  }
  *weighted = hn::GetLane(hn::SumOfLanes(d, sum_weighted));
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

template <size_t kDims>
HWY_INLINE void load_points(F32 d, const float* from, Vec (&to)[kDims]) {
  if constexpr (kDims == 2) hn::LoadInterleaved2(d, from, to[0], to[1]);
  if constexpr (kDims == 3) hn::LoadInterleaved3(d, from, to[0], to[1], to[2]);
}

// The neighbours of a row are copied side by side first: faster than gathering whole vectors.
template <size_t kDims>
HWY_INLINE void attract(const SparseRows<float>& p, int64_t i, const float* y, const float* s, float* near,
                        float* force) {
  const F32 d;
  const size_t lanes = hn::Lanes(d);
  const auto begin = static_cast<size_t>(p.begin[i]), n = static_cast<size_t>(p.begin[i + 1]) - begin;
  const float* own = y + static_cast<size_t>(i) * kDims;
  for (size_t j = 0; j < n; ++j) {
    const float* other = s + static_cast<size_t>(p.column[begin + j]) * kDims;
    std::memcpy(near + j * kDims, other, kDims * sizeof(float));
  }
  Vec at[kDims], sum[kDims];
  for (size_t k = 0; k < kDims; ++k) at[k] = hn::Set(d, own[k]), sum[k] = hn::Zero(d);
  const auto add = [&](size_t j, Vec value) HWY_ATTR {
    Vec r[kDims];
    load_points<kDims>(d, near + j * kDims, r);
    Vec square = hn::Set(d, 1.0f);
    for (size_t k = 0; k < kDims; ++k) {
      r[k] = hn::Sub(at[k], r[k]);
      square = hn::MulAdd(r[k], r[k], square);
    }
    const Vec weight = hn::Div(value, square);
    for (size_t k = 0; k < kDims; ++k) sum[k] = hn::MulAdd(weight, r[k], sum[k]);
  };
  size_t j = 0;
  for (; j + lanes <= n; j += lanes) add(j, hn::LoadU(d, p.value + begin + j));
  if (j < n) {
    std::fill_n(near + n * kDims, (j + lanes - n) * kDims, own[0]);  // any place: nothing pulls from there
    add(j, load_some(d, p.value + begin + j, n - j));
  }
  for (size_t k = 0; k < kDims; ++k) force[static_cast<size_t>(i) * kDims + k] = hn::GetLane(hn::SumOfLanes(d, sum[k]));
}

void attract_2d(const SparseRows<float>& p, int64_t first, int64_t last, const float* y, const float* s, float* near,
                float* force) {
  for (int64_t i = first; i < last; ++i) attract<2>(p, i, y, s, near, force);
}
void attract_3d(const SparseRows<float>& p, int64_t first, int64_t last, const float* y, const float* s, float* near,
                float* force) {
  for (int64_t i = first; i < last; ++i) attract<3>(p, i, y, s, near, force);
}

}  // namespace latent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace latent::kernels {

HWY_EXPORT(exponentials_f32);
HWY_EXPORT(attract_2d);
HWY_EXPORT(attract_3d);

namespace {

constexpr double kEntropyTolerance = 1e-5;
constexpr int kMostTries = 200;

double exponentials_f64(size_t k, const double* squares, double beta, double* e, double* weighted) {
  double sum = 0.0;
  *weighted = 0.0;
  for (size_t j = 0; j < k; ++j) {
    e[j] = std::exp(-beta * squares[j]);
    sum += e[j];
    *weighted += e[j] * squares[j];
  }
  return sum;
}

// Squares in units of the largest one, so that they stay in range, and less the smallest one, so that the sum of
// exponentials is at least 1. Neither changes a probability.
template <class T>
void scaled_squares(int64_t k, const T* distances, T* squares) {
  const T largest = distances[k - 1], scale = largest > T(0) ? largest : T(1), least = distances[0] / scale;
  for (int64_t j = 0; j < k; ++j) squares[j] = (distances[j] / scale - least) * (distances[j] / scale + least);
}

// Bisection for beta, from 1 / the mean square: the entropy falls as beta grows.
template <class T, class Exponentials>
void perplexity_row(int64_t k, const T* squares, double perplexity, T* p, const Exponentials& exponentials) {
  double mean = 0.0;
  for (int64_t j = 0; j < k; ++j) mean += static_cast<double>(squares[j]) / static_cast<double>(k);
  double beta = mean > 0.0 ? 1.0 / mean : 1.0, low = 0.0, high = std::numeric_limits<double>::infinity(), sum = 1.0;
  // Where no beta will do, it must not leave the range of T: what is farther than the nearest has no weight before.
  const double largest = static_cast<double>(std::numeric_limits<float>::max()) / 4.0;
  for (int tries = 0; tries < kMostTries && beta < largest; ++tries) {
    double weighted = 0.0;
    sum = exponentials(static_cast<size_t>(k), squares, beta, p, &weighted);
    const double excess = std::log(sum) + beta * weighted / sum - std::log(perplexity);
    if (std::abs(excess) <= kEntropyTolerance) break;
    (excess > 0.0 ? low : high) = beta;
    beta = std::isinf(high) ? 2.0 * beta : (low + high) / 2.0;
  }
  for (int64_t j = 0; j < k; ++j) p[j] = static_cast<T>(p[j] / sum);
}

}  // namespace

void perplexity_rows(int64_t rows, int64_t k, const float* distances, double perplexity, float* p) {
  parallel_for(rows, 16, [=](int64_t begin, int64_t end) {
    std::vector<float> squares(static_cast<size_t>(k));
    const auto vector_code = [](size_t n, const float* d, double beta, float* e, double* weighted) {
      return HWY_DYNAMIC_DISPATCH(exponentials_f32)(n, d, beta, e, weighted);
    };
    for (int64_t i = begin; i < end; ++i) {
      scaled_squares(k, distances + i * k, squares.data());
      perplexity_row(k, squares.data(), perplexity, p + i * k, vector_code);
    }
  });
}

void perplexity_rows(int64_t rows, int64_t k, const double* distances, double perplexity, double* p) {
  std::vector<double> squares(static_cast<size_t>(k));
  for (int64_t i = 0; i < rows; ++i) {
    scaled_squares(k, distances + i * k, squares.data());
    perplexity_row(k, squares.data(), perplexity, p + i * k, exponentials_f64);
  }
}

void tsne_attraction(int dims, const SparseRows<float>& p, int64_t first, int64_t last, const float* y, const float* s,
                     float* force) {
  constexpr int64_t kRoom = 16;  // a whole vector of the widest instruction set
  int64_t longest = 0;
  for (int64_t i = first; i < last; ++i) longest = std::max(longest, p.begin[i + 1] - p.begin[i]);
  std::vector<float> near(static_cast<size_t>((longest + kRoom) * dims));
  if (dims == 2) {
    HWY_DYNAMIC_DISPATCH(attract_2d)(p, first, last, y, s, near.data(), force);
  } else {
    HWY_DYNAMIC_DISPATCH(attract_3d)(p, first, last, y, s, near.data(), force);
  }
}

void tsne_attraction(int dims, const SparseRows<double>& p, int64_t first, int64_t last, const double* y,
                     const double* s, double* force) {
  for (int64_t i = first; i < last; ++i) {
    for (int k = 0; k < dims; ++k) force[i * dims + k] = 0.0;
    for (int64_t at = p.begin[i]; at < p.begin[i + 1]; ++at) {
      const int64_t j = p.column[at];
      double square = 1.0;
      for (int k = 0; k < dims; ++k) square += std::pow(y[i * dims + k] - s[j * dims + k], 2);
      for (int k = 0; k < dims; ++k) force[i * dims + k] += p.value[at] / square * (y[i * dims + k] - s[j * dims + k]);
    }
  }
}

}  // namespace latent::kernels
#endif
