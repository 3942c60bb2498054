#include <latent/kernels/activation.hpp>

#include <latent/core/threads.hpp>
#include <latent/kernels/cpu/activation_plain.hpp>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <vector>

#ifndef LATENT_ACTIVATION_TILE
#define LATENT_ACTIVATION_TILE
namespace latent::kernels {
// Columns [begin, end) of rows [first, last) of a matrix with `cols` columns.
struct Tile {
  size_t cols, begin, end, first, last;
};
// What a pass over a tile reads and writes; each array is f32 or bf16.
struct TileArrays {
  const void* dy;
  const void* y;
  void* dpre;
  bool dy_bf16, y_bf16, dpre_bf16;
};
}  // namespace latent::kernels
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latent/kernels/cpu/activation.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <latent/kernels/cpu/vectors-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace latent::kernels::HWY_NAMESPACE {

// Error function for gelu; there is none in Highway, and gelu is not on the hot path of the presets.
HWY_INLINE Vec gelu(F32 d, Vec x) {
  alignas(64) float lanes[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(x, d, lanes);
  for (size_t i = 0; i < hn::Lanes(d); ++i) lanes[i] = activation_value(Activation::gelu, lanes[i]);
  return hn::Load(d, lanes);
}
HWY_INLINE Vec gelu_slope(F32 d, Vec x) {
  alignas(64) float lanes[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(x, d, lanes);
  for (size_t i = 0; i < hn::Lanes(d); ++i) lanes[i] = activation_slope_from_input(Activation::gelu, lanes[i]);
  return hn::Load(d, lanes);
}

template <Activation A>
HWY_INLINE Vec value(F32 d, Vec x) {
  const Vec zero = hn::Zero(d);
  if constexpr (A == Activation::relu) {
    // Not Max: it would turn a NaN into 0 and hide it from the check of the loss.
    return hn::IfThenElse(hn::Lt(x, zero), zero, x);
  } else if constexpr (A == Activation::leaky_relu) {
    return hn::IfThenElse(hn::Gt(x, zero), x, hn::Mul(x, hn::Set(d, static_cast<float>(kLeakyReluSlope))));
  } else if constexpr (A == Activation::elu) {
    return hn::IfThenElse(hn::Gt(x, zero), x, hn::Expm1(d, hn::Min(x, zero)));
  } else if constexpr (A == Activation::gelu) {
    return gelu(d, x);
  } else if constexpr (A == Activation::silu) {
    return hn::Mul(x, sigmoid(d, x));
  } else if constexpr (A == Activation::tanh) {
    return hn::Tanh(d, x);
  } else if constexpr (A == Activation::sigmoid) {
    return sigmoid(d, x);
  } else {
    return x;
  }
}

template <Activation A>
HWY_INLINE Vec slope_from_result(F32 d, Vec y) {
  const Vec zero = hn::Zero(d), one = hn::Set(d, 1.0f);
  if constexpr (A == Activation::relu) {
    return hn::IfThenElseZero(hn::Gt(y, zero), one);
  } else if constexpr (A == Activation::leaky_relu) {
    return hn::IfThenElse(hn::Gt(y, zero), one, hn::Set(d, static_cast<float>(kLeakyReluSlope)));
  } else if constexpr (A == Activation::elu) {
    return hn::IfThenElse(hn::Gt(y, zero), one, hn::Add(y, one));
  } else if constexpr (A == Activation::tanh) {
    return hn::NegMulAdd(y, y, one);
  } else if constexpr (A == Activation::sigmoid) {
    return hn::Mul(y, hn::Sub(one, y));
  } else {
    return one;
  }
}

template <Activation A>
HWY_INLINE Vec slope_from_input(F32 d, Vec x) {
  if constexpr (A == Activation::gelu) {
    return gelu_slope(d, x);
  } else if constexpr (A == Activation::silu) {
    const Vec one = hn::Set(d, 1.0f);
    const Vec s = sigmoid(d, x);
    return hn::Mul(s, hn::MulAdd(x, hn::Sub(one, s), one));
  } else {
    return slope_from_result<A>(d, value<A>(d, x));
  }
}

// Calls f with the activation as a template argument.
template <class F>
void with_activation(Activation activation, const F& f) {
  switch (activation) {
    case Activation::none: return f.template operator()<Activation::none>();
    case Activation::relu: return f.template operator()<Activation::relu>();
    case Activation::leaky_relu: return f.template operator()<Activation::leaky_relu>();
    case Activation::elu: return f.template operator()<Activation::elu>();
    case Activation::gelu: return f.template operator()<Activation::gelu>();
    case Activation::silu: return f.template operator()<Activation::silu>();
    case Activation::tanh: return f.template operator()<Activation::tanh>();
    case Activation::sigmoid: return f.template operator()<Activation::sigmoid>();
  }
}

template <class T>
void forward(Activation activation, const T* x, T* y, size_t n) {
  with_activation(activation, [&]<Activation A>() {
    const F32 d;
    map(x, y, n, [d](Vec v) HWY_ATTR { return value<A>(d, v); });
  });
}
void forward_f32(Activation activation, const float* x, float* y, size_t n) { forward(activation, x, y, n); }
void forward_bf16(Activation activation, const bfloat16* x, bfloat16* y, size_t n) { forward(activation, x, y, n); }

template <class T>
void from_input(Activation activation, const T* x, const T* dy, T* dx, size_t n) {
  with_activation(activation, [&]<Activation A>() {
    const F32 d;
    map2(x, dy, dx, n, [d](Vec vx, Vec vdy) HWY_ATTR { return hn::Mul(vdy, slope_from_input<A>(d, vx)); });
  });
}
void from_input_f32(Activation activation, const float* x, const float* dy, float* dx, size_t n) {
  from_input(activation, x, dy, dx, n);
}
void from_input_bf16(Activation activation, const bfloat16* x, const bfloat16* dy, bfloat16* dx, size_t n) {
  from_input(activation, x, dy, dx, n);
}

// One row at a time; a row shorter than a vector is spread over a repeated bias instead (see bias_period below).
template <class X, class Y>
void bias_rows(Activation activation, const X* x, const float* bias, size_t period, Y* y, size_t n) {
  with_activation(activation, [&]<Activation A>() {
    const F32 d;
    for (size_t begin = 0; begin < n; begin += period) {
      const size_t count = HWY_MIN(period, n - begin);
      map2(x + begin, bias, y + begin, count, [d](Vec v, Vec b) HWY_ATTR { return value<A>(d, hn::Add(v, b)); });
    }
  });
}
void bias_f32_f32(Activation a, const float* x, const float* b, size_t p, float* y, size_t n) {
  bias_rows(a, x, b, p, y, n);
}
void bias_f32_bf16(Activation a, const float* x, const float* b, size_t p, bfloat16* y, size_t n) {
  bias_rows(a, x, b, p, y, n);
}
void bias_bf16_f32(Activation a, const bfloat16* x, const float* b, size_t p, float* y, size_t n) {
  bias_rows(a, x, b, p, y, n);
}
void bias_bf16_bf16(Activation a, const bfloat16* x, const float* b, size_t p, bfloat16* y, size_t n) {
  bias_rows(a, x, b, p, y, n);
}

// Elements of f32 or bf16 arrays, told apart at run time: a branch that is always the same costs less than eight copies
// of every loop.
HWY_INLINE Vec load_any(F32 d, const void* from, bool is_bf16, size_t at, size_t count) {
  const bool whole = count == hn::Lanes(d);
  if (is_bf16) {
    const auto* p = static_cast<const bfloat16*>(from) + at;
    return whole ? load(d, p) : load_some(d, p, count);
  }
  const auto* p = static_cast<const float*>(from) + at;
  return whole ? load(d, p) : load_some(d, p, count);
}
HWY_INLINE void store_any(F32 d, Vec v, void* to, bool is_bf16, size_t at, size_t count) {
  const bool whole = count == hn::Lanes(d);
  if (is_bf16) {
    auto* p = static_cast<bfloat16*>(to) + at;
    whole ? store(d, v, p) : store_some(d, v, p, count);
  } else {
    auto* p = static_cast<float*>(to) + at;
    whole ? store(d, v, p) : store_some(d, v, p, count);
  }
}

// dpre = dy * slope(y) for `count` elements at `at`: stored where wanted, and returned for the sum.
template <Activation A>
HWY_INLINE Vec pre_gradient(F32 d, const TileArrays& a, size_t at, size_t count) {
  Vec g = load_any(d, a.dy, a.dy_bf16, at, count);
  if constexpr (A != Activation::none) g = hn::Mul(g, slope_from_result<A>(d, load_any(d, a.y, a.y_bf16, at, count)));
  if (a.dpre != nullptr) store_any(d, g, a.dpre, a.dpre_bf16, at, count);
  return g;
}

// Columns [begin, end) of rows [first, last), and their sums into partial[begin ... end).
template <Activation A>
void tile_rows(const TileArrays& a, const Tile& t, float* partial) {
  const F32 d;
  const size_t lanes = hn::Lanes(d);
  for (size_t c = t.begin; c < t.end; c += lanes) {
    const size_t count = HWY_MIN(lanes, t.end - c);
    Vec total = hn::Zero(d);
    for (size_t r = t.first; r < t.last; ++r) total = hn::Add(total, pre_gradient<A>(d, a, r * t.cols + c, count));
    store_some(d, total, partial + c, count);
  }
}

// Rows [first, last) whose columns are fewer than a vector: `cols` vectors at a time hold whole rows, and lane k of
// them belongs to column k % cols.
template <Activation A>
void tile_narrow(const TileArrays& a, const Tile& t, float* partial) {
  const F32 d;
  const size_t lanes = hn::Lanes(d);
  constexpr size_t kMaxLanes = HWY_MAX_BYTES / sizeof(float);
  alignas(64) float sums[kMaxLanes * kMaxLanes] = {};
  const size_t end = t.last * t.cols;
  for (size_t i = t.first * t.cols; i < end; i += t.cols * lanes) {
    for (size_t v = 0; v < t.cols && i + v * lanes < end; ++v) {
      const size_t at = i + v * lanes;
      const Vec g = pre_gradient<A>(d, a, at, HWY_MIN(lanes, end - at));
      hn::StoreU(hn::Add(hn::LoadU(d, sums + v * lanes), g), d, sums + v * lanes);
    }
  }
  for (size_t c = 0; c < t.cols; ++c) partial[c] = 0.0f;
  for (size_t k = 0; k < t.cols * lanes; ++k) partial[k % t.cols] += sums[k];
}

void backward_tile(Activation activation, const TileArrays& arrays, const Tile& tile, float* partial) {
  with_activation(activation, [&]<Activation A>() {
    if constexpr (derivative_from_result(A)) {
      if (tile.cols < hn::Lanes(F32())) {
        tile_narrow<A>(arrays, tile, partial);
      } else {
        tile_rows<A>(arrays, tile, partial);
      }
    }
  });
}

void to_bf16(const float* source, bfloat16* target, size_t n) {
  map(source, target, n, [](Vec v) HWY_ATTR { return v; });
}
void to_f32(const bfloat16* source, float* target, size_t n) {
  map(source, target, n, [](Vec v) HWY_ATTR { return v; });
}

}  // namespace latent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace latent::kernels {

HWY_EXPORT(forward_f32);
HWY_EXPORT(forward_bf16);
HWY_EXPORT(from_input_f32);
HWY_EXPORT(from_input_bf16);
HWY_EXPORT(bias_f32_f32);
HWY_EXPORT(bias_f32_bf16);
HWY_EXPORT(bias_bf16_f32);
HWY_EXPORT(bias_bf16_bf16);
HWY_EXPORT(backward_tile);
HWY_EXPORT(to_bf16);
HWY_EXPORT(to_f32);

namespace {
// Elements below which a second thread costs more to wake than it saves.
constexpr int64_t kGrain = int64_t{16} * 1024;

// The plain version, in double.
void backward_plain(const BiasGradient& shape, const double* dy, const double* y, double* dpre, double* dbias) {
  if (dbias != nullptr) std::fill_n(dbias, shape.cols, 0.0);
  for (int64_t r = 0; r < shape.rows; ++r) {
    for (int64_t c = 0; c < shape.cols; ++c) {
      const int64_t at = r * shape.cols + c;
      const double slope = y == nullptr ? 1.0 : activation_slope_from_result(shape.activation, y[at]);
      if (dbias != nullptr) dbias[c] += dy[at] * slope;
      if (dpre != nullptr) dpre[at] = dy[at] * slope;
    }
  }
}
}  // namespace

void activation_forward(Activation activation, const void* x, void* y, int64_t n, DType type) {
  parallel_for(n, kGrain, [&](int64_t begin, int64_t end) {
    const auto count = static_cast<size_t>(end - begin);
    if (type == DType::f32) {
      HWY_DYNAMIC_DISPATCH(forward_f32)
      (activation, static_cast<const float*>(x) + begin, static_cast<float*>(y) + begin, count);
    } else if (type == DType::bf16) {
      HWY_DYNAMIC_DISPATCH(forward_bf16)
      (activation, static_cast<const bfloat16*>(x) + begin, static_cast<bfloat16*>(y) + begin, count);
    } else {
      for (int64_t i = begin; i < end; ++i) {
        static_cast<double*>(y)[i] = activation_value(activation, static_cast<const double*>(x)[i]);
      }
    }
  });
}

void activation_backward_from_input(Activation activation, const void* x, const void* dy, void* dx, int64_t n,
                                    DType type) {
  parallel_for(n, kGrain, [&](int64_t begin, int64_t end) {
    const auto count = static_cast<size_t>(end - begin);
    const auto part = [&]<class T>(T*, auto kernel) {
      kernel(activation, static_cast<const T*>(x) + begin, static_cast<const T*>(dy) + begin,
             static_cast<T*>(dx) + begin, count);
    };
    if (type == DType::f32) {
      part(static_cast<float*>(nullptr), HWY_DYNAMIC_DISPATCH(from_input_f32));
    } else if (type == DType::bf16) {
      part(static_cast<bfloat16*>(nullptr), HWY_DYNAMIC_DISPATCH(from_input_bf16));
    } else {
      part(static_cast<double*>(nullptr), [](Activation a, const double* vx, const double* vdy, double* vdx, size_t m) {
        for (size_t i = 0; i < m; ++i) vdx[i] = vdy[i] * activation_slope_from_input(a, vx[i]);
      });
    }
  });
}

void bias_activation(Activation activation, const void* x, DType x_type, const void* bias, void* y, DType y_type,
                     int64_t rows, int64_t cols) {
  if (rows == 0 || cols == 0) return;
  if (x_type == DType::f64) {
    const auto* b = static_cast<const double*>(bias);
    for (int64_t i = 0; i < rows * cols; ++i) {
      const double value = static_cast<const double*>(x)[i] + (b == nullptr ? 0.0 : b[i % cols]);
      static_cast<double*>(y)[i] = activation_value(activation, value);
    }
    return;
  }
  // Narrow rows are joined: the bias is repeated until it is long enough for vectors.
  constexpr int64_t kPeriod = 256;
  const int64_t repeats = std::max<int64_t>(1, kPeriod / cols);
  const auto period = static_cast<size_t>(repeats * cols);
  std::vector<float> repeated(period, 0.0f);
  if (bias != nullptr) {
    for (int64_t k = 0; k < repeats; ++k)
      std::copy_n(static_cast<const float*>(bias), cols, repeated.begin() + k * cols);
  }
  const int64_t joined_rows = (rows + repeats - 1) / repeats;
  parallel_for(joined_rows, std::max<int64_t>(1, kGrain / static_cast<int64_t>(period)),
               [&](int64_t begin, int64_t end) {
                 const int64_t from = begin * repeats * cols;
                 const int64_t to = std::min(end * repeats, rows) * cols;
                 const auto n = static_cast<size_t>(to - from);
                 const auto run = [&]<class X, class Y>(const X* vx, Y* vy, auto kernel) {
                   kernel(activation, vx + from, repeated.data(), period, vy + from, n);
                 };
                 const auto* x32 = static_cast<const float*>(x);
                 const auto* x16 = static_cast<const bfloat16*>(x);
                 auto* y32 = static_cast<float*>(y);
                 auto* y16 = static_cast<bfloat16*>(y);
                 if (x_type == DType::f32 && y_type == DType::f32) run(x32, y32, HWY_DYNAMIC_DISPATCH(bias_f32_f32));
                 if (x_type == DType::f32 && y_type == DType::bf16) run(x32, y16, HWY_DYNAMIC_DISPATCH(bias_f32_bf16));
                 if (x_type == DType::bf16 && y_type == DType::f32) run(x16, y32, HWY_DYNAMIC_DISPATCH(bias_bf16_f32));
                 if (x_type == DType::bf16 && y_type == DType::bf16)
                   run(x16, y16, HWY_DYNAMIC_DISPATCH(bias_bf16_bf16));
               });
}

void activation_backward_bias(const BiasGradient& shape, const void* dy, const void* y, void* dpre, void* dbias) {
  assert(shape.activation == Activation::none || derivative_from_result(shape.activation));
  if (shape.dy == DType::f64) {
    return backward_plain(shape, static_cast<const double*>(dy), static_cast<const double*>(y),
                          static_cast<double*>(dpre), static_cast<double*>(dbias));
  }
  // Tiles depend on the shape alone, so that sums are the same with any number of threads; one fits the first cache,
  // because it is swept once for each vector of its columns. Narrow matrices are swept once only.
  constexpr int64_t kTileCols = 64;
  const int64_t tile_rows = std::clamp<int64_t>(2048 / std::max<int64_t>(1, shape.cols), 64, 1024);
  const int64_t row_tiles = std::max<int64_t>(1, (shape.rows + tile_rows - 1) / tile_rows);
  const int64_t col_tiles = std::max<int64_t>(1, (shape.cols + kTileCols - 1) / kTileCols);
  std::vector<float> partial(static_cast<size_t>(row_tiles * shape.cols));
  const TileArrays arrays{dy, y, dpre, shape.dy == DType::bf16, shape.y == DType::bf16, shape.dpre == DType::bf16};
  const int64_t tile_elements = std::min(shape.rows, tile_rows) * std::min(shape.cols, kTileCols);
  const int64_t grain = std::max<int64_t>(1, kGrain / std::max<int64_t>(1, tile_elements));
  parallel_for(row_tiles * col_tiles, grain, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      const int64_t row = t / col_tiles, col = t % col_tiles;
      const Tile tile{static_cast<size_t>(shape.cols), static_cast<size_t>(col * kTileCols),
                      static_cast<size_t>(std::min((col + 1) * kTileCols, shape.cols)),
                      static_cast<size_t>(row * tile_rows),
                      static_cast<size_t>(std::min((row + 1) * tile_rows, shape.rows))};
      HWY_DYNAMIC_DISPATCH(backward_tile)(shape.activation, arrays, tile, partial.data() + row * shape.cols);
    }
  });
  if (dbias == nullptr) return;
  auto* sums = static_cast<float*>(dbias);
  std::copy_n(partial.begin(), shape.cols, sums);
  for (int64_t row = 1; row < row_tiles; ++row) {
    for (int64_t c = 0; c < shape.cols; ++c) sums[c] += partial[static_cast<size_t>(row * shape.cols + c)];
  }
}

void convert(const void* source, DType from, void* target, DType to, int64_t n) {
  assert(from != to && from != DType::f64 && to != DType::f64);
  static_cast<void>(from);
  parallel_for(n, 2 * kGrain, [&](int64_t begin, int64_t end) {
    const auto count = static_cast<size_t>(end - begin);
    if (to == DType::bf16) {
      HWY_DYNAMIC_DISPATCH(to_bf16)
      (static_cast<const float*>(source) + begin, static_cast<bfloat16*>(target) + begin, count);
    } else {
      HWY_DYNAMIC_DISPATCH(to_f32)
      (static_cast<const bfloat16*>(source) + begin, static_cast<float*>(target) + begin, count);
    }
  });
}

}  // namespace latent::kernels
#endif
