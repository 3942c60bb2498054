// Winograd's minimal filtering F(4x4, 3x3): a tile of 4x4 results takes 36 products where the definition takes 144.
// Tiles of 6x6 inputs, weights and tiles of results are transformed by small constant matrices; in between stand 36
// matrix products over channels. Sources: Lavin & Gray 2015, arXiv:1509.09308 (matrices B, G and A for the points 0, 1,
// -1, 2, -2); the weight gradient is the transpose of the same bilinear form.

#include <latent/kernels/cpu/winograd.hpp>

#include <latent/core/allocator.hpp>
#include <latent/core/threads.hpp>
#include <latent/kernels/activation.hpp>

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latent/kernels/cpu/winograd.cpp"
#include <hwy/foreach_target.h>

#include <latent/kernels/cpu/vectors-inl.hpp>

// What both the vector code and its callers know.
#ifndef LATENT_KERNELS_CPU_WINOGRAD_TILES
#define LATENT_KERNELS_CPU_WINOGRAD_TILES
namespace latent::kernels::winograd {

constexpr size_t kTile = 4, kSpan = 6, kKernel = 3;  // sides of a tile of results, of what it sees, and of weights
constexpr size_t kPoints = kSpan * kSpan, kTaps = kKernel * kKernel;
constexpr size_t kRows = 8;       // tiles are multiplied so many at a time, and stand in blocks of a multiple of it
constexpr size_t kChannels = 16;  // channels are a multiple of it: whole vectors

/// Floats from one of the 36 points to the next: not a multiple of 4 KB, at which addresses share few places in a
/// cache.
constexpr size_t point_stride(size_t size) { return size + kChannels; }

/// Images (N, H, W, channels), and the tiles that cover them, row by row.
struct Tiles {
  size_t N, H, W, channels;
  size_t down() const { return (H + kTile - 1) / kTile; }
  size_t across() const { return (W + kTile - 1) / kTile; }
  size_t count() const { return N * down() * across(); }
};

/// A product of `rows` rows: c[r, n] = sum_k a[r, k] b[k, n], or added to it.
struct Product {
  size_t rows, K, N;
  size_t a_row, a_k;  ///< distances in a
  /// b: plain (K, N), or for each panel of two vectors of columns, and each one that is left, (K, columns of the
  /// panel).
  bool b_in_panels;
  bool add;
};

/// Weights (F, C, 3, 3) as forward products take them (K = C, N = F), or as those of the gradient of x do (K = F, N =
/// C), turned by half a turn.
struct Weights {
  size_t F, C;
  bool turned;
  size_t K() const { return turned ? F : C; }
  size_t N() const { return turned ? C : F; }
};

}  // namespace latent::kernels::winograd
#endif

HWY_BEFORE_NAMESPACE();
namespace latent::kernels::HWY_NAMESPACE {

namespace tiles = latent::kernels::winograd;

// v <- M v along lines of a square of vectors, first down its columns, then along its rows.
template <size_t From, size_t To, class Line>
HWY_INLINE void transform(const Vec (&in)[From][From], Vec (&out)[To][To], const Line& line) {
  Vec half[To][From];
  for (size_t j = 0; j < From; ++j) {
    Vec from[From], to[To];
    for (size_t i = 0; i < From; ++i) from[i] = in[i][j];
    line(from, to);
    for (size_t i = 0; i < To; ++i) half[i][j] = to[i];
  }
  for (size_t i = 0; i < To; ++i) line(half[i], out[i]);
}

// B^T
struct InputLine {
  HWY_INLINE void operator()(const Vec (&d)[6], Vec (&v)[6]) const {
    const F32 f;
    const Vec two = hn::Set(f, 2.0f), four = hn::Set(f, 4.0f), five = hn::Set(f, 5.0f);
    v[0] = hn::NegMulAdd(five, d[2], hn::MulAdd(four, d[0], d[4]));
    const Vec even = hn::NegMulAdd(four, d[2], d[4]), odd = hn::NegMulAdd(four, d[1], d[3]);
    v[1] = hn::Add(even, odd);
    v[2] = hn::Sub(even, odd);
    const Vec even2 = hn::Sub(d[4], d[2]), odd2 = hn::Mul(two, hn::Sub(d[3], d[1]));
    v[3] = hn::Add(even2, odd2);
    v[4] = hn::Sub(even2, odd2);
    v[5] = hn::NegMulAdd(five, d[3], hn::MulAdd(four, d[1], d[5]));
  }
};

// A^T
struct OutputLine {
  HWY_INLINE void operator()(const Vec (&m)[6], Vec (&y)[4]) const {
    const F32 f;
    const Vec sum1 = hn::Add(m[1], m[2]), sum2 = hn::Add(m[3], m[4]);
    const Vec difference1 = hn::Sub(m[1], m[2]), difference2 = hn::Sub(m[3], m[4]);
    y[0] = hn::Add(m[0], hn::Add(sum1, sum2));
    y[1] = hn::MulAdd(hn::Set(f, 2.0f), difference2, difference1);
    y[2] = hn::MulAdd(hn::Set(f, 4.0f), sum2, sum1);
    y[3] = hn::Add(hn::MulAdd(hn::Set(f, 8.0f), difference2, difference1), m[5]);
  }
};

// A
struct OutputGradientLine {
  HWY_INLINE void operator()(const Vec (&y)[4], Vec (&p)[6]) const {
    const F32 f;
    const Vec two = hn::Set(f, 2.0f), four = hn::Set(f, 4.0f);
    const Vec even = hn::Add(y[0], y[2]), odd = hn::Add(y[1], y[3]);
    const Vec even4 = hn::MulAdd(four, y[2], y[0]), odd4 = hn::Mul(two, hn::MulAdd(four, y[3], y[1]));
    p[0] = y[0];
    p[1] = hn::Add(even, odd);
    p[2] = hn::Sub(even, odd);
    p[3] = hn::Add(even4, odd4);
    p[4] = hn::Sub(even4, odd4);
    p[5] = y[3];
  }
};

// G
struct WeightLine {
  HWY_INLINE void operator()(const Vec (&g)[3], Vec (&u)[6]) const {
    const F32 f;
    const Vec sixth = hn::Set(f, 1.0f / 6.0f), twelfth = hn::Set(f, 1.0f / 12.0f);
    const Vec outer = hn::Add(g[0], g[2]);
    const Vec even = hn::MulAdd(hn::Set(f, 1.0f / 24.0f), g[0], hn::Mul(sixth, g[2])), odd = hn::Mul(twelfth, g[1]);
    u[0] = hn::Mul(hn::Set(f, 0.25f), g[0]);
    u[1] = hn::Neg(hn::Mul(sixth, hn::Add(outer, g[1])));
    u[2] = hn::Neg(hn::Mul(sixth, hn::Sub(outer, g[1])));
    u[3] = hn::Add(even, odd);
    u[4] = hn::Sub(even, odd);
    u[5] = g[2];
  }
};

// G^T
struct WeightGradientLine {
  HWY_INLINE void operator()(const Vec (&u)[6], Vec (&g)[3]) const {
    const F32 f;
    const Vec sixth = hn::Set(f, 1.0f / 6.0f);
    const Vec sum1 = hn::Mul(sixth, hn::Add(u[1], u[2])), sum2 = hn::Add(u[3], u[4]);
    const Vec difference1 = hn::Mul(sixth, hn::Sub(u[2], u[1])), difference2 = hn::Sub(u[3], u[4]);
    g[0] = hn::MulAdd(hn::Set(f, 0.25f), u[0], hn::NegMulAdd(hn::Set(f, -1.0f / 24.0f), sum2, hn::Neg(sum1)));
    g[1] = hn::MulAdd(hn::Set(f, 1.0f / 12.0f), difference2, difference1);
    g[2] = hn::Add(hn::MulAdd(sixth, sum2, hn::Neg(sum1)), u[5]);
  }
};

// Calls f(t, row, column, image) for tiles [first, first + count): the pixel at which tile `first + t` begins.
template <class F>
HWY_INLINE void for_tiles(const tiles::Tiles& of, size_t first, size_t count, const F& f) {
  const size_t across = of.across(), per_image = of.down() * across;
  for (size_t t = 0; t < count; ++t) {
    const size_t tile = first + t, place = tile % per_image;
    f(t, static_cast<std::ptrdiff_t>(place / across * tiles::kTile),
      static_cast<std::ptrdiff_t>(place % across * tiles::kTile), tile / per_image * of.H * of.W * of.channels);
  }
}

// Side x Side pixels from (row, column) on, zero outside of the image; channels [c, c + lanes).
template <size_t Side>
HWY_INLINE void load_pixels(const tiles::Tiles& of, const float* image, std::ptrdiff_t row, std::ptrdiff_t column,
                            size_t c, Vec (&pixels)[Side][Side]) {
  const F32 d;
  const auto H = static_cast<std::ptrdiff_t>(of.H), W = static_cast<std::ptrdiff_t>(of.W);
  const auto channels = static_cast<std::ptrdiff_t>(of.channels);
  for (size_t i = 0; i < Side; ++i) {
    const std::ptrdiff_t h = row + static_cast<std::ptrdiff_t>(i);
    for (size_t j = 0; j < Side; ++j) {
      const std::ptrdiff_t w = column + static_cast<std::ptrdiff_t>(j);
      const bool inside = 0 <= h && h < H && 0 <= w && w < W;
      pixels[i][j] =
          inside ? hn::LoadU(d, image + (h * W + w) * channels + static_cast<std::ptrdiff_t>(c)) : hn::Zero(d);
    }
  }
}

// Tiles [first, first + count) as (36, count, channels), `stride` apart from point to point.
template <size_t Side, class Line>
HWY_INLINE void transform_tiles(const tiles::Tiles& of, const float* x, std::ptrdiff_t margin, size_t first,
                                size_t count, size_t stride, float* out) {
  const F32 d;
  const size_t lanes = hn::Lanes(d), channels = of.channels;
  for_tiles(of, first, count, [&](size_t t, std::ptrdiff_t row, std::ptrdiff_t column, size_t image) {
    for (size_t c = 0; c < channels; c += lanes) {
      Vec pixels[Side][Side], points[6][6];
      load_pixels(of, x + image, row - margin, column - margin, c, pixels);
      transform(pixels, points, Line());
      float* to = out + t * channels + c;
      for (size_t p = 0; p < tiles::kPoints; ++p, to += stride) hn::StoreU(points[p / 6][p % 6], d, to);
    }
  });
}

void winograd_inputs(const tiles::Tiles& of, const float* x, size_t first, size_t count, size_t stride, float* out) {
  transform_tiles<tiles::kSpan, InputLine>(of, x, 1, first, count, stride, out);
}
void winograd_gradients(const tiles::Tiles& of, const float* dy, size_t first, size_t count, size_t stride,
                        float* out) {
  transform_tiles<tiles::kTile, OutputGradientLine>(of, dy, 0, first, count, stride, out);
}

// y of tiles [first, first + count) from m (36, count, channels), `stride` apart from point to point.
void winograd_outputs(const tiles::Tiles& of, const float* m, const float* bias, float slope, size_t first,
                      size_t count, size_t stride, float* y) {
  const F32 d;
  const size_t lanes = hn::Lanes(d), channels = of.channels;
  const Vec below = hn::Set(d, slope);
  for_tiles(of, first, count, [&](size_t t, std::ptrdiff_t row, std::ptrdiff_t column, size_t image) {
    const auto h = static_cast<size_t>(row), w = static_cast<size_t>(column);
    const size_t down = std::min(tiles::kTile, of.H - h), across = std::min(tiles::kTile, of.W - w);
    for (size_t c = 0; c < channels; c += lanes) {
      Vec points[6][6], pixels[4][4];
      const float* from = m + t * channels + c;
      for (size_t p = 0; p < tiles::kPoints; ++p, from += stride) points[p / 6][p % 6] = hn::LoadU(d, from);
      transform(points, pixels, OutputLine());
      const Vec offset = bias != nullptr ? hn::LoadU(d, bias + c) : hn::Zero(d);
      for (size_t i = 0; i < down; ++i) {
        float* to = y + image + ((h + i) * of.W + w) * channels + c;
        for (size_t j = 0; j < across; ++j, to += channels) {
          const Vec value = hn::Add(pixels[i][j], offset);
          hn::StoreU(hn::IfThenElse(hn::Lt(value, hn::Zero(d)), hn::Mul(value, below), value), d, to);
        }
      }
    }
  });
}

// Rows x Vectors results at once, which stay in registers.
template <size_t Rows, size_t Vectors>
HWY_INLINE void product_piece(const tiles::Product& s, const float* HWY_RESTRICT a, const float* HWY_RESTRICT b,
                              size_t b_k, float* HWY_RESTRICT c) {
  const F32 d;
  const size_t lanes = hn::Lanes(d);
  Vec sums[Rows][Vectors];
  for (size_t r = 0; r < Rows; ++r) {
    for (size_t v = 0; v < Vectors; ++v) sums[r][v] = s.add ? hn::LoadU(d, c + r * s.N + v * lanes) : hn::Zero(d);
  }
  for (size_t k = 0; k < s.K; ++k, a += s.a_k, b += b_k) {
    Vec columns[Vectors];
    for (size_t v = 0; v < Vectors; ++v) columns[v] = hn::LoadU(d, b + v * lanes);
    for (size_t r = 0; r < Rows; ++r) {
      const Vec value = hn::Set(d, a[r * s.a_row]);
      for (size_t v = 0; v < Vectors; ++v) sums[r][v] = hn::MulAdd(value, columns[v], sums[r][v]);
    }
  }
  for (size_t r = 0; r < Rows; ++r) {
    for (size_t v = 0; v < Vectors; ++v) hn::StoreU(sums[r][v], d, c + r * s.N + v * lanes);
  }
}

template <size_t Vectors>
HWY_INLINE void product_panel(const tiles::Product& s, const float* a, const float* b, size_t b_k, float* c) {
  constexpr size_t kAtOnce = HWY_MAX_BYTES >= 64 ? tiles::kRows : tiles::kRows / 2;  // as registers allow
  for (size_t r = 0; r < s.rows; r += kAtOnce) {
    product_piece<kAtOnce, Vectors>(s, a + r * s.a_row, b, b_k, c + r * s.N);
  }
}

void winograd_product(const tiles::Product& s, const float* a, const float* b, float* c) {
  const size_t lanes = hn::Lanes(F32());
  size_t n = 0;
  for (; n + 2 * lanes <= s.N; n += 2 * lanes) {
    product_panel<2>(s, a, b + (s.b_in_panels ? n * s.K : n), s.b_in_panels ? 2 * lanes : s.N, c + n);
  }
  for (; n < s.N; n += lanes) {
    product_panel<1>(s, a, b + (s.b_in_panels ? n * s.K : n), s.b_in_panels ? lanes : s.N, c + n);
  }
}

// Row k of weights into u (36, panels of (K, columns)), point_stride(K * N) apart from point to point.
void winograd_weights(const tiles::Weights& s, const float* weight, size_t k, float* u) {
  const F32 d;
  const size_t lanes = hn::Lanes(d), K = s.K(), N = s.N(), width = 2 * lanes, whole = N / width * width;
  float taps[tiles::kTaps][HWY_MAX_BYTES / sizeof(float)];
  for (size_t n = 0; n < N; n += lanes) {
    for (size_t i = 0; i < lanes; ++i) {
      const float* from = weight + (s.turned ? k * s.C + n + i : (n + i) * s.C + k) * tiles::kTaps;
      for (size_t j = 0; j < tiles::kTaps; ++j) taps[s.turned ? tiles::kTaps - 1 - j : j][i] = from[j];
    }
    Vec in[3][3], out[6][6];
    for (size_t j = 0; j < tiles::kTaps; ++j) in[j / 3][j % 3] = hn::LoadU(d, taps[j]);
    transform(in, out, WeightLine());
    const bool in_pair = n < whole;
    float* to = u + (in_pair ? n / width * width * K + k * width + n % width : n * K + k * lanes);
    for (size_t p = 0; p < tiles::kPoints; ++p, to += tiles::point_stride(K * N)) hn::StoreU(out[p / 6][p % 6], d, to);
  }
}

// Channel c of dweight (F, C, 3, 3) from the sum of du (shares, 36, C, F), point_stride(C * F) apart from point to
// point.
void winograd_weight_gradient(size_t F, size_t C, size_t c, size_t shares, const float* du, float* dweight) {
  const F32 d;
  const size_t lanes = hn::Lanes(d);
  float taps[tiles::kTaps][HWY_MAX_BYTES / sizeof(float)];
  for (size_t f = 0; f < F; f += lanes) {
    Vec in[6][6], out[3][3];
    const float* from = du + c * F + f;
    const size_t stride = tiles::point_stride(C * F);
    for (size_t p = 0; p < tiles::kPoints; ++p) in[p / 6][p % 6] = hn::LoadU(d, from + p * stride);
    for (size_t share = 1; share < shares; ++share) {
      from += tiles::kPoints * stride;
      for (size_t p = 0; p < tiles::kPoints; ++p)
        in[p / 6][p % 6] = hn::Add(in[p / 6][p % 6], hn::LoadU(d, from + p * stride));
    }
    transform(in, out, WeightGradientLine());
    for (size_t j = 0; j < tiles::kTaps; ++j) hn::StoreU(out[j / 3][j % 3], d, taps[j]);
    for (size_t i = 0; i < lanes; ++i) {
      float* to = dweight + ((f + i) * C + c) * tiles::kTaps;
      for (size_t j = 0; j < tiles::kTaps; ++j) to[j] = taps[j][i];
    }
  }
}

}  // namespace latent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace latent::kernels {

HWY_EXPORT(winograd_inputs);
HWY_EXPORT(winograd_gradients);
HWY_EXPORT(winograd_outputs);
HWY_EXPORT(winograd_product);
HWY_EXPORT(winograd_weights);
HWY_EXPORT(winograd_weight_gradient);

namespace winograd {

namespace {

constexpr int64_t kUnit = 16;  // parallel_for splits at its multiples

// Calls body(i) for i in [0, n), each on one thread.
template <class Body>
void for_each(size_t n, const Body& body) {
  parallel_for(static_cast<int64_t>(n) * kUnit, kUnit, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin / kUnit; i < end / kUnit; ++i) body(static_cast<size_t>(i));
  });
}

struct Floats {
  std::shared_ptr<std::byte> memory;
  explicit Floats(size_t count) : memory(allocate(count * sizeof(float))) {}
  float* data() const { return reinterpret_cast<float*>(memory.get()); }
};

// Tiles whose values of all channels stay in a core's own cache.
size_t tiles_in(size_t bytes, size_t channels) {
  const size_t fit = bytes / (kPoints * channels * sizeof(float));
  return std::max(kRows, fit / kRows * kRows);
}

// Tiles in blocks, and blocks in a share for each thread. Memory of all shares is taken before they begin: a thread may
// not throw.
struct Blocks {
  size_t count, rows, all, shares;

  Blocks(size_t tiles, size_t at_once)
      : count(tiles),
        rows(std::min(at_once, (tiles + kRows - 1) / kRows * kRows)),
        all((tiles + rows - 1) / rows),
        shares(std::min<size_t>(static_cast<size_t>(num_threads()), all)) {}
  size_t begin(size_t share) const { return all * share / shares; }
  size_t tiles(size_t block) const { return std::min(rows, count - block * rows); }
};

// What values below zero are multiplied by: 1 leaves them as they are. Other activations come afterwards.
float slope_of(Activation activation) {
  if (activation == Activation::relu) return 0.0F;
  return activation == Activation::leaky_relu ? static_cast<float>(kLeakyReluSlope) : 1.0F;
}

// y (N, H, W, weights.N()) from x (N, H, W, weights.K()).
void convolve(const Conv& conv, const Weights& weights, const float* x, const float* weight, const float* bias,
              Activation activation, float* y) {
  constexpr size_t kBytes = size_t{640} << 10;
  const size_t K = weights.K(), N = weights.N();
  const Tiles in{static_cast<size_t>(conv.N), static_cast<size_t>(conv.H), static_cast<size_t>(conv.W), K};
  const Tiles out{in.N, in.H, in.W, N};
  const size_t u_stride = point_stride(K * N);
  const Floats u(kPoints * u_stride);
  for_each(K, [&](size_t k) { HWY_DYNAMIC_DISPATCH(winograd_weights)(weights, weight, k, u.data()); });
  const Blocks blocks(in.count(), tiles_in(kBytes, K + N));
  const size_t v_stride = point_stride(blocks.rows * K), m_stride = point_stride(blocks.rows * N);
  const Floats all_v(blocks.shares * kPoints * v_stride), all_m(blocks.shares * kPoints * m_stride);
  for_each(blocks.shares, [&](size_t share) {
    float* const v = all_v.data() + share * kPoints * v_stride;
    float* const m = all_m.data() + share * kPoints * m_stride;
    for (size_t block = blocks.begin(share); block < blocks.begin(share + 1); ++block) {
      const size_t first = block * blocks.rows, here = blocks.tiles(block);
      HWY_DYNAMIC_DISPATCH(winograd_inputs)(in, x, first, here, v_stride, v);
      const Product product{(here + kRows - 1) / kRows * kRows, K, N, K, 1, true, false};
      for (size_t p = 0; p < kPoints; ++p) {
        std::memset(v + p * v_stride + here * K, 0, (product.rows - here) * K * sizeof(float));
        HWY_DYNAMIC_DISPATCH(winograd_product)(product, v + p * v_stride, u.data() + p * u_stride, m + p * m_stride);
      }
      HWY_DYNAMIC_DISPATCH(winograd_outputs)(out, m, bias, slope_of(activation), first, here, m_stride, y);
    }
  });
  const bool is_done = activation == Activation::none || slope_of(activation) != 1.0F;
  if (!is_done) activation_forward(activation, y, y, conv.N * conv.H * conv.W * static_cast<int64_t>(N), DType::f32);
}

}  // namespace

bool fits(const Conv& c) {
  constexpr int64_t kFewest = 32;
  if (c.compute != DType::f32 || c.kh != kKernel || c.kw != kKernel || c.stride != 1 || c.padding != 1) return false;
  const bool whole = c.C % kChannels == 0 && c.F % kChannels == 0;
  if (!whole || c.C < kFewest || c.F < kFewest || c.OH != c.H || c.OW != c.W) return false;
  constexpr int64_t kSide = kTile;
  const int64_t covered = (c.H + kSide - 1) / kSide * kSide * ((c.W + kSide - 1) / kSide * kSide);
  return 5 * c.H * c.W >= 3 * covered;
}

void forward(const Conv& c, const float* x, const float* weight, const float* bias, Activation activation, float* y) {
  convolve(c, {static_cast<size_t>(c.F), static_cast<size_t>(c.C), false}, x, weight, bias, activation, y);
}

void backward_data(const Conv& c, const float* dy, const float* weight, float* dx) {
  convolve(c, {static_cast<size_t>(c.F), static_cast<size_t>(c.C), true}, dy, weight, nullptr, Activation::none, dx);
}

// Each thread sums the products of its own tiles, some of them at a time; then the sums are added up in their order.
void backward_weight(const Conv& conv, const float* x, const float* dy, float* dweight) {
  constexpr size_t kBytes = size_t{512} << 10;
  const auto C = static_cast<size_t>(conv.C), F = static_cast<size_t>(conv.F);
  const Tiles in{static_cast<size_t>(conv.N), static_cast<size_t>(conv.H), static_cast<size_t>(conv.W), C};
  const Tiles out{in.N, in.H, in.W, F};
  constexpr size_t kFewest = 24;  // sums are read and written so seldom
  const Blocks blocks(in.count(), std::max(kFewest, tiles_in(kBytes, C + F)));
  const size_t v_stride = point_stride(blocks.rows * C), p_stride = point_stride(blocks.rows * F);
  const size_t du_stride = point_stride(C * F);
  const Floats all_v(blocks.shares * kPoints * v_stride), all_p(blocks.shares * kPoints * p_stride);
  const Floats sums(blocks.shares * kPoints * du_stride);
  for_each(blocks.shares, [&](size_t share) {
    float* const v = all_v.data() + share * kPoints * v_stride;
    float* const p = all_p.data() + share * kPoints * p_stride;
    float* const du = sums.data() + share * kPoints * du_stride;
    const size_t begin = blocks.begin(share), end = blocks.begin(share + 1);
    for (size_t block = begin; block < end; ++block) {
      const size_t first = block * blocks.rows, here = blocks.tiles(block);
      HWY_DYNAMIC_DISPATCH(winograd_inputs)(in, x, first, here, v_stride, v);
      HWY_DYNAMIC_DISPATCH(winograd_gradients)(out, dy, first, here, p_stride, p);
      const Product product{C, here, F, 1, C, false, block > begin};
      for (size_t point = 0; point < kPoints; ++point) {
        HWY_DYNAMIC_DISPATCH(winograd_product)
        (product, v + point * v_stride, p + point * p_stride, du + point * du_stride);
      }
    }
  });
  for_each(C, [&](size_t c) {
    HWY_DYNAMIC_DISPATCH(winograd_weight_gradient)(F, C, c, blocks.shares, sums.data(), dweight);
  });
}

}  // namespace winograd
}  // namespace latent::kernels
#endif
