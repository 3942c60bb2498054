// Loads and stores shared by the vector kernels. Compiled once for each instruction set by Highway: include it after
// hwy/foreach_target.h and hwy/highway.h, inside no namespace.

#if defined(LATENT_KERNELS_CPU_VECTORS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef LATENT_KERNELS_CPU_VECTORS_INL_HPP
#undef LATENT_KERNELS_CPU_VECTORS_INL_HPP
#else
#define LATENT_KERNELS_CPU_VECTORS_INL_HPP
#endif

#include <latent/core/dtype.hpp>

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace latent::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using F32 = hn::ScalableTag<float>;
using Vec = hn::Vec<F32>;

/// Whole vectors of floats from float or bf16 memory of any alignment.
HWY_INLINE Vec load(F32 d, const float* from) { return hn::LoadU(d, from); }
HWY_INLINE Vec load(F32 d, const bfloat16* from) {
  const hn::Rebind<uint16_t, F32> d16;
  const hn::RebindToUnsigned<F32> d32;
  const auto bits = hn::PromoteTo(d32, hn::LoadU(d16, &from->bits));
  return hn::BitCast(d, hn::ShiftLeft<16>(bits));
}

HWY_INLINE void store(F32 d, Vec v, float* to) { hn::StoreU(v, d, to); }
/// Rounds to nearest even; a NaN stays one.
HWY_INLINE void store(F32 /*d*/, Vec v, bfloat16* to) {
  const hn::Rebind<uint16_t, F32> d16;
  const hn::RebindToUnsigned<F32> d32;
  const hn::RebindToSigned<F32> di32;
  const auto bits = hn::BitCast(d32, v);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(d32, 1u));
  const auto rounded = hn::ShiftRight<16>(hn::Add(bits, hn::Add(odd, hn::Set(d32, 0x7fffu))));
  const auto is_nan = hn::RebindMask(d32, hn::IsNaN(v));
  const auto kept = hn::IfThenElse(is_nan, hn::Set(d32, 0x7fc0u), rounded);
  hn::StoreU(hn::DemoteTo(d16, hn::BitCast(di32, kept)), d16, &to->bits);
}

/// The first `count` < lanes elements; the rest of the vector is zero.
template <class T>
HWY_INLINE Vec load_some(F32 d, const T* from, size_t count) {
  T buffer[HWY_MAX_BYTES / sizeof(float)] = {};
  for (size_t i = 0; i < count; ++i) buffer[i] = from[i];
  return load(d, buffer);
}
template <class T>
HWY_INLINE void store_some(F32 d, Vec v, T* to, size_t count) {
  T buffer[HWY_MAX_BYTES / sizeof(float)] = {};
  store(d, v, buffer);
  for (size_t i = 0; i < count; ++i) to[i] = buffer[i];
}

/// y[i] = f(x[i]) for n elements.
template <class X, class Y, class F>
HWY_INLINE void map(const X* x, Y* y, size_t n, const F& f) {
  const F32 d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) store(d, f(load(d, x + i)), y + i);
  if (i < n) store_some(d, f(load_some(d, x + i, n - i)), y + i, n - i);
}

/// y[i] = f(a[i], b[i]) for n elements.
template <class A, class B, class Y, class F>
HWY_INLINE void map2(const A* a, const B* b, Y* y, size_t n, const F& f) {
  const F32 d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) store(d, f(load(d, a + i), load(d, b + i)), y + i);
  if (i < n) store_some(d, f(load_some(d, a + i, n - i), load_some(d, b + i, n - i)), y + i, n - i);
}

/// 1 / (1 + e^-x), without overflow.
HWY_INLINE Vec sigmoid(F32 d, Vec x) {
  const Vec one = hn::Set(d, 1.0f);
  const Vec e = hn::Exp(d, hn::Neg(hn::Abs(x)));
  const Vec numerator = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one);
  return hn::Div(numerator, hn::Add(one, e));
}

}  // namespace latent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
