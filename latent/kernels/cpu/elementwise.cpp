#include <latent/kernels/elementwise.hpp>

#include <latent/core/threads.hpp>
#include <latent/kernels/activation.hpp>

#include <algorithm>
#include <cmath>

namespace latent::kernels {

namespace {

constexpr int64_t kGrain = int64_t{16} * 1024;

template <class T>
T sigmoid(T x) {
  const T e = std::exp(-std::abs(x));
  return (x < T(0) ? e : T(1)) / (T(1) + e);
}

template <class F>
void for_ranges(int64_t n, const F& f) {
  parallel_for(n, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) f(i);
  });
}

// Calls f with the way from an element of a to that of b. Where both have one shape it is the element itself: without
// two divisions for each.
template <class F>
void with_places(const Broadcast& s, const F& f) {
  if (s.period == s.n && s.repeat == 1) return f([](int64_t i) { return i; });
  f([s](int64_t i) { return (i / s.repeat) % s.period; });
}

void sigmoids(const float* x, float* y, int64_t n) { activation_forward(Activation::sigmoid, x, y, n, DType::f32); }
void sigmoids(const double* x, double* y, int64_t n) {
  for_ranges(n, [=](int64_t i) { y[i] = sigmoid(x[i]); });
}

}  // namespace

template <class T>
void unary(Unary op, UnaryParameters p, const T* x, T* y, int64_t n) {
  const T a = static_cast<T>(p.a), b = static_cast<T>(p.b);
  switch (op) {
    case Unary::affine: return for_ranges(n, [=](int64_t i) { y[i] = x[i] * a + b; });
    case Unary::exp: return for_ranges(n, [=](int64_t i) { y[i] = std::exp(x[i]); });
    case Unary::log: return for_ranges(n, [=](int64_t i) { y[i] = std::log(x[i]); });
    case Unary::square: return for_ranges(n, [=](int64_t i) { y[i] = x[i] * x[i]; });
    case Unary::sqrt: return for_ranges(n, [=](int64_t i) { y[i] = std::sqrt(x[i]); });
    case Unary::abs: return for_ranges(n, [=](int64_t i) { y[i] = std::abs(x[i]); });
    case Unary::sigmoid: return sigmoids(x, y, n);
    case Unary::softplus:
      return for_ranges(n, [=](int64_t i) { y[i] = std::max(x[i], T(0)) + std::log1p(std::exp(-std::abs(x[i]))); });
    case Unary::clamp:
      // Comparisons rather than std::clamp, so that a NaN stays one.
      return for_ranges(n, [=](int64_t i) { y[i] = x[i] < a ? a : (x[i] > b ? b : x[i]); });
  }
}

template <class T>
void unary_backward(Unary op, UnaryParameters p, const T* x, const T* y, const T* dy, T* dx, int64_t n) {
  const T a = static_cast<T>(p.a), b = static_cast<T>(p.b);
  switch (op) {
    case Unary::affine: return for_ranges(n, [=](int64_t i) { dx[i] = dy[i] * a; });
    case Unary::exp: return for_ranges(n, [=](int64_t i) { dx[i] = dy[i] * y[i]; });
    case Unary::log: return for_ranges(n, [=](int64_t i) { dx[i] = dy[i] / x[i]; });
    case Unary::square: return for_ranges(n, [=](int64_t i) { dx[i] = dy[i] * T(2) * x[i]; });
    case Unary::sqrt: return for_ranges(n, [=](int64_t i) { dx[i] = dy[i] * T(0.5) / y[i]; });
    case Unary::abs:
      return for_ranges(n, [=](int64_t i) { dx[i] = x[i] > T(0) ? dy[i] : (x[i] < T(0) ? -dy[i] : T(0)); });
    case Unary::sigmoid: return for_ranges(n, [=](int64_t i) { dx[i] = dy[i] * y[i] * (T(1) - y[i]); });
    case Unary::softplus: return for_ranges(n, [=](int64_t i) { dx[i] = dy[i] * sigmoid(x[i]); });
    case Unary::clamp: return for_ranges(n, [=](int64_t i) { dx[i] = x[i] < a || x[i] > b ? T(0) : dy[i]; });
  }
}

template <class T>
void binary(Binary op, Broadcast s, const T* a, const T* b, T* y) {
  with_places(s, [=](const auto& at) {
    switch (op) {
      case Binary::add: return for_ranges(s.n, [=](int64_t i) { y[i] = a[i] + b[at(i)]; });
      case Binary::sub: return for_ranges(s.n, [=](int64_t i) { y[i] = a[i] - b[at(i)]; });
      case Binary::mul: return for_ranges(s.n, [=](int64_t i) { y[i] = a[i] * b[at(i)]; });
      case Binary::div: return for_ranges(s.n, [=](int64_t i) { y[i] = a[i] / b[at(i)]; });
    }
  });
}

template <class T>
void binary_backward(Binary op, Broadcast s, const T* a, const T* b, const T* dy, T* da, T* db) {
  with_places(s, [=](const auto& at) {
    const auto slope_a = [=](int64_t i) {
      switch (op) {
        case Binary::mul: return b[at(i)];
        case Binary::div: return T(1) / b[at(i)];
        default: return T(1);
      }
    };
    const auto slope_b = [=](int64_t i) {
      switch (op) {
        case Binary::sub: return T(-1);
        case Binary::mul: return a[i];
        case Binary::div: return -a[i] / (b[at(i)] * b[at(i)]);
        default: return T(1);
      }
    };
    if (da != nullptr) for_ranges(s.n, [=](int64_t i) { da[i] = dy[i] * slope_a(i); });
    if (db == nullptr) return;
    if (s.period == s.n && s.repeat == 1) {
      return for_ranges(s.n, [=](int64_t i) { db[i] = T(0) + dy[i] * slope_b(i); });
    }
    std::fill_n(db, s.period, T(0));
    for (int64_t i = 0; i < s.n; ++i) db[at(i)] += dy[i] * slope_b(i);
  });
}

template <class T>
void accumulate(const T* x, T* y, int64_t n) {
  for_ranges(n, [=](int64_t i) { y[i] += x[i]; });
}

#define LATENT_INSTANTIATE(T)                                                                         \
  template void unary<T>(Unary, UnaryParameters, const T*, T*, int64_t);                              \
  template void unary_backward<T>(Unary, UnaryParameters, const T*, const T*, const T*, T*, int64_t); \
  template void binary<T>(Binary, Broadcast, const T*, const T*, T*);                                 \
  template void binary_backward<T>(Binary, Broadcast, const T*, const T*, const T*, T*, T*);          \
  template void accumulate<T>(const T*, T*, int64_t);
LATENT_INSTANTIATE(float)
LATENT_INSTANTIATE(double)
#undef LATENT_INSTANTIATE

}  // namespace latent::kernels
