// Exponential and its relatives as fixed sequences of additions and multiplications: the same bits at every vector
// width. Compiled once for each instruction set by Highway: include it after hwy/foreach_target.h and hwy/highway.h,
// inside no namespace, in sources that are compiled with -ffp-contract=off.

#if defined(LATENT_KERNELS_CPU_EXACT_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef LATENT_KERNELS_CPU_EXACT_INL_HPP
#undef LATENT_KERNELS_CPU_EXACT_INL_HPP
#else
#define LATENT_KERNELS_CPU_EXACT_INL_HPP
#endif

#include <hwy/highway.h>

#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace latent::kernels::exact::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Lanes of a row: kLanes as an index. No vector is wider.
constexpr size_t kRowLanes = 16;
using F32 = hn::CappedTag<float, kRowLanes>;
using I32 = hn::RebindToSigned<F32>;
using Vec = hn::Vec<F32>;
using Ints = hn::Vec<I32>;

/// `x` limited to [low, high]; a NaN becomes `low`.
HWY_INLINE Vec clamp(F32 /*d*/, Vec x, Vec low, Vec high) {
  const Vec raised = hn::IfThenElse(hn::Gt(x, low), x, low);
  return hn::IfThenElse(hn::Lt(raised, high), raised, high);
}

/// e^x for x limited to [-87, 88]; relative error about 2^-22. Polynomial of Cephes (Moshier), function expf.
HWY_INLINE Vec exp(F32 d, Vec x) {
  const I32 di;
  const Vec limited = clamp(d, x, hn::Set(d, -87.0f), hn::Set(d, 88.0f));
  const Vec n = hn::Floor(hn::Add(hn::Mul(limited, hn::Set(d, 1.44269504088896341f)), hn::Set(d, 0.5f)));
  // The logarithm of 2 in two parts, the first of which is exact in few bits.
  Vec r = hn::Sub(limited, hn::Mul(n, hn::Set(d, 0.693359375f)));
  r = hn::Sub(r, hn::Mul(n, hn::Set(d, -2.12194440e-4f)));
  Vec y = hn::Set(d, 1.9875691500e-4f);
  for (const float c : {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f}) {
    y = hn::Add(hn::Mul(y, r), hn::Set(d, c));
  }
  y = hn::Add(hn::Add(hn::Mul(y, hn::Mul(r, r)), r), hn::Set(d, 1.0f));
  const Ints power = hn::ShiftLeft<23>(hn::Add(hn::ConvertTo(di, n), hn::Set(di, 127)));
  return hn::Mul(y, hn::BitCast(d, power));
}

/// 1 / (1 + e^-x)
HWY_INLINE Vec sigmoid(F32 d, Vec x) {
  const Vec one = hn::Set(d, 1.0f);
  const Vec e = exp(d, hn::Neg(hn::Abs(x)));
  return hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one), hn::Add(one, e));
}

/// The distribution function of N(0, 1), absolute error below 2e-7: Abramowitz & Stegun 7.1.26.
HWY_INLINE Vec normal_cdf(F32 d, Vec x) {
  const Vec one = hn::Set(d, 1.0f);
  const Vec a = hn::Mul(hn::Abs(x), hn::Set(d, 0.70710678118654752f));
  const Vec t = hn::Div(one, hn::Add(one, hn::Mul(hn::Set(d, 0.3275911f), a)));
  Vec p = hn::Set(d, 1.061405429f);
  for (const float c : {-1.453152027f, 1.421413741f, -0.284496736f, 0.254829592f}) {
    p = hn::Add(hn::Mul(p, t), hn::Set(d, c));
  }
  const Vec tail = hn::Mul(hn::Set(d, 0.5f), hn::Mul(hn::Mul(p, t), exp(d, hn::Neg(hn::Mul(a, a)))));
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), tail, hn::Sub(one, tail));
}

}  // namespace latent::kernels::exact::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
