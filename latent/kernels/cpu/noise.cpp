#include <latent/core/threads.hpp>
#include <latent/kernels/noise.hpp>

#include <algorithm>
#include <array>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latent/kernels/cpu/noise.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <latent/kernels/cpu/vectors-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace latent::kernels::HWY_NAMESPACE {

using U32 = hn::Repartition<uint32_t, F32>;
using VecU32 = hn::Vec<U32>;

// The words of consecutive blocks, one block in each lane: word j of block i is lane i of the j-th vector.
struct Words {
  VecU32 w0, w1, w2, w3;
};

#if HWY_TARGET == HWY_SCALAR

HWY_INLINE Words words_from(const Rng::State& tape, uint64_t block) {
  const U32 d;
  const auto words = philox(tape.seed, tape.stream, block);
  return {hn::Set(d, words[0]), hn::Set(d, words[1]), hn::Set(d, words[2]), hn::Set(d, words[3])};
}

#else

using U64 = hn::Repartition<uint64_t, F32>;
using VecU64 = hn::Vec<U64>;

// Philox 4x32-10 on 64-bit lanes, of which the lower halves count: the products of 32-bit words need the room, and what
// is left in the upper halves is never looked at.
struct Counter {
  VecU64 c0, c1, c2, c3;
};

HWY_INLINE Counter philox_rounds(Counter c, uint64_t seed) {
  constexpr int kRounds = 10;
  const U64 d;
  const U32 d32;
  const auto m0 = hn::BitCast(d32, hn::Set(d, uint64_t{0xD2511F53})), m1 = hn::BitCast(d32, hn::Set(d, 0xCD9E8D57));
  auto k0 = static_cast<uint32_t>(seed), k1 = static_cast<uint32_t>(seed >> 32);
  for (int round = 0; round < kRounds; ++round) {
    const VecU64 p0 = hn::MulEven(hn::BitCast(d32, c.c0), m0), p1 = hn::MulEven(hn::BitCast(d32, c.c2), m1);
    c = {hn::Xor(hn::Xor(hn::ShiftRight<32>(p1), c.c1), hn::Set(d, uint64_t{k0})), p1,
         hn::Xor(hn::Xor(hn::ShiftRight<32>(p0), c.c3), hn::Set(d, uint64_t{k1})), p0};
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return c;
}

HWY_INLINE Words words_from(const Rng::State& tape, uint64_t block) {
  const U64 d;
  const U32 d32;
  const VecU64 stream = hn::Set(d, tape.stream), stream_high = hn::Set(d, tape.stream >> 32);
  const VecU64 even = hn::Add(hn::Set(d, block), hn::ShiftLeft<1>(hn::Iota(d, 0)));
  const VecU64 odd = hn::Add(even, hn::Set(d, uint64_t{1}));
  const Counter a = philox_rounds({even, hn::ShiftRight<32>(even), stream, stream_high}, tape.seed);
  const Counter b = philox_rounds({odd, hn::ShiftRight<32>(odd), stream, stream_high}, tape.seed);
  const auto both = [d32](VecU64 of_even, VecU64 of_odd) {
    return hn::OddEven(hn::BitCast(d32, hn::ShiftLeft<32>(of_odd)), hn::BitCast(d32, of_even));
  };
  return {both(a.c0, b.c0), both(a.c1, b.c1), both(a.c2, b.c2), both(a.c3, b.c3)};
}

#endif

// 24 random bits on [0, 2^24), exactly.
HWY_INLINE Vec bits24(VecU32 words) {
  const hn::Repartition<int32_t, F32> di;
  return hn::ConvertTo(F32(), hn::BitCast(di, hn::ShiftRight<8>(words)));
}

// Pairs of normals from pairs of words, as Rng::normal() makes them.
// Source: Box & Muller 1958. The polynomials are those of Cephes' sinf and cosf on [-pi/4, pi/4].
HWY_INLINE void box_muller(VecU32 a, VecU32 b, Vec& cosine, Vec& sine) {
  const F32 d;
  const hn::Repartition<int32_t, F32> di;
  const auto set = [d](double value) { return hn::Set(d, static_cast<float>(value)); };
  const Vec u1 = hn::Mul(hn::Add(bits24(a), set(0.5)), set(0x1p-24));
  const Vec radius = hn::Sqrt(hn::Mul(set(-2.0), hn::Log(d, u1)));
  // The angle in quarter turns is split, without rounding, into the nearest whole number and the rest.
  const Vec turns = hn::Mul(bits24(b), set(0x1p-22));
  const auto quarter = hn::ConvertTo(di, hn::Add(turns, set(0.5)));
  const Vec t = hn::Mul(hn::Sub(turns, hn::ConvertTo(d, quarter)), set(1.57079632679489662));
  const Vec t2 = hn::Mul(t, t);
  const Vec s = hn::MulAdd(hn::MulAdd(set(-1.9515295891e-4), t2, set(8.3321608736e-3)), t2, set(-1.6666654611e-1));
  const Vec c =
      hn::MulAdd(hn::MulAdd(set(2.443315711809948e-5), t2, set(-1.388731625493765e-3)), t2, set(4.166664568298827e-2));
  const Vec sin_t = hn::MulAdd(hn::Mul(s, t2), t, t);
  const Vec cos_t = hn::MulAdd(hn::Mul(c, t2), t2, hn::MulAdd(set(-0.5), t2, set(1.0)));
  // Odd quarters swap the two; the second bit of the quarter (of the next one, for the cosine) is the sign.
  const auto one = hn::Set(di, 1), two = hn::Set(di, 2);
  const auto is_odd = hn::RebindMask(d, hn::TestBit(quarter, one));
  const auto sign = [&](auto q) { return hn::BitCast(d, hn::ShiftLeft<30>(hn::And(q, two))); };
  cosine = hn::Mul(radius, hn::Xor(hn::IfThenElse(is_odd, sin_t, cos_t), sign(hn::Add(quarter, one))));
  sine = hn::Mul(radius, hn::Xor(hn::IfThenElse(is_odd, cos_t, sin_t), sign(quarter)));
}

// The numbers of whole blocks in the order of the tape: draws[4 i + j] is number j of block i.
HWY_INLINE void store_blocks(Vec n0, Vec n1, Vec n2, Vec n3, float* draws) {
  const F32 d;
#if HWY_TARGET == HWY_SCALAR
  for (const Vec n : {n0, n1, n2, n3}) hn::StoreU(n, d, draws++);
#else
  hn::StoreInterleaved4(n0, n1, n2, n3, d, draws);
#endif
}

// Calls use(draws, x, count) for the numbers that draw() makes of the tape, and the values they belong to, in turn.
template <class Draw, class Use>
HWY_INLINE void for_draws(const Rng::State& tape, float* x, size_t n, const Draw& draw, const Use& use) {
  const size_t step = 4 * hn::Lanes(F32());
  alignas(64) float draws[4 * HWY_MAX_BYTES / sizeof(float)];
  for (size_t i = 0; i < n; i += step) {
    draw(words_from(tape, tape.block + i / 4), draws);
    use(draws, x + i, HWY_MIN(step, n - i));
  }
}

void add_normal_to(const Rng::State& tape, float sigma, float low, float high, float* x, size_t n) {
  const F32 d;
  const Vec scale = hn::Set(d, sigma), lowest = hn::Set(d, low), highest = hn::Set(d, high);
  const auto draw = [](const Words& words, float* draws) {
    Vec n0, n1, n2, n3;
    box_muller(words.w0, words.w1, n0, n1);
    box_muller(words.w2, words.w3, n2, n3);
    store_blocks(n0, n1, n2, n3, draws);
  };
  for_draws(tape, x, n, draw, [&](const float* draws, float* values, size_t count) {
    map2(draws, values, values, count,
         [&](Vec noise, Vec v) { return hn::Min(hn::Max(hn::MulAdd(noise, scale, v), lowest), highest); });
  });
}

// The numbers of whole blocks as Rng::uniform() makes them.
HWY_INLINE void draw_uniform(const Words& words, float* draws) {
  const Vec scale = hn::Set(F32(), 0x1p-24f);
  const auto uniform = [scale](VecU32 w) { return hn::Mul(bits24(w), scale); };
  store_blocks(uniform(words.w0), uniform(words.w1), uniform(words.w2), uniform(words.w3), draws);
}

void uniform_values(const Rng::State& tape, float* u, size_t n) {
  for_draws(tape, u, n, draw_uniform,
            [](const float* draws, float* values, size_t count) { std::copy(draws, draws + count, values); });
}

void strike_values(const Rng::State& tape, float zeros, float ones, float* x, size_t n) {
  const F32 d;
  const Vec to_zero = hn::Set(d, zeros), to_one = hn::Set(d, zeros + ones);
  for_draws(tape, x, n, draw_uniform, [&](const float* draws, float* values, size_t count) {
    map2(draws, values, values, count, [&](Vec u, Vec v) {
      const Vec struck = hn::IfThenElse(hn::Lt(u, to_one), hn::Set(d, 1.0f), v);
      return hn::IfThenElse(hn::Lt(u, to_zero), hn::Zero(d), struck);
    });
  });
}

}  // namespace latent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace latent::kernels {

HWY_EXPORT(add_normal_to);
HWY_EXPORT(strike_values);
HWY_EXPORT(uniform_values);

void add_normal(const Rng::State& tape, float sigma, float low, float high, float* x, int64_t n) {
  HWY_DYNAMIC_DISPATCH(add_normal_to)(tape, sigma, low, high, x, static_cast<size_t>(n));
}

void strike(const Rng::State& tape, float zeros, float ones, float* x, int64_t n) {
  HWY_DYNAMIC_DISPATCH(strike_values)(tape, zeros, ones, x, static_cast<size_t>(n));
}

template <class T>
void dropout(const Rng::State& tape, double p, const T* x, T* y, int64_t n) {
  constexpr int64_t kPiece = 1024;  // draws that stay in the nearest cache; whole blocks of the tape
  const auto threshold = static_cast<float>(p);
  using Number = std::conditional_t<std::is_same_v<T, double>, double, float>;
  const auto scale = static_cast<Number>(1.0 / (1.0 - p));
  parallel_for((n + kPiece - 1) / kPiece, 8, [=](int64_t begin, int64_t end) {
    std::array<float, kPiece> u;
    for (int64_t first = begin * kPiece; first < std::min(end * kPiece, n); first += kPiece) {
      const int64_t count = std::min(kPiece, n - first);
      const Rng::State here{tape.seed, tape.stream, tape.block + static_cast<uint64_t>(first / 4)};
      HWY_DYNAMIC_DISPATCH(uniform_values)(here, u.data(), static_cast<size_t>(count));
      for (int64_t i = 0; i < count; ++i) {
        const auto value = static_cast<Number>(x[first + i]) * scale;
        y[first + i] = u[static_cast<size_t>(i)] < threshold ? T(Number(0)) : T(value);
      }
    }
  });
}

template void dropout(const Rng::State&, double, const float*, float*, int64_t);
template void dropout(const Rng::State&, double, const double*, double*, int64_t);
template void dropout(const Rng::State&, double, const bfloat16*, bfloat16*, int64_t);

}  // namespace latent::kernels
#endif
