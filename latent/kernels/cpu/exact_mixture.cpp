#include <latent/kernels/exact.hpp>

#include <latent/kernels/mixture.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latent/kernels/cpu/exact_mixture.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <latent/kernels/cpu/exact-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace latent::kernels::exact::HWY_NAMESPACE {

void prepare(size_t K, float* params) {
  const F32 d;
  for (size_t lane = 0; lane < kRowLanes; lane += hn::MaxLanes(F32())) {
    float* logits = params + lane;
    Vec highest = hn::LoadU(d, logits);
    for (size_t k = 1; k < K; ++k) {
      const Vec logit = hn::LoadU(d, logits + k * kRowLanes);
      highest = hn::IfThenElse(hn::Gt(logit, highest), logit, highest);
    }
    Vec sum = hn::Zero(d);
    for (size_t k = 0; k < K; ++k) {
      const Vec weight = exp(d, hn::Sub(hn::LoadU(d, logits + k * kRowLanes), highest));
      sum = hn::Add(sum, weight);
      hn::StoreU(weight, d, logits + k * kRowLanes);
    }
    for (size_t k = 0; k < K; ++k) {
      float* weight = logits + k * kRowLanes;
      float* mean = weight + K * kRowLanes;
      float* scale = mean + K * kRowLanes;
      hn::StoreU(hn::Div(hn::LoadU(d, weight), sum), d, weight);
      const float anchor = mixture_anchor(static_cast<int64_t>(k), static_cast<int64_t>(K));
      hn::StoreU(hn::Add(hn::LoadU(d, mean), hn::Set(d, anchor)), d, mean);
      const Vec raw = hn::Add(hn::LoadU(d, scale), hn::Set(d, kLogScaleOffset));
      const Vec log_scale = clamp(d, raw, hn::Set(d, kLogScaleLow), hn::Set(d, kLogScaleHigh));
      hn::StoreU(exp(d, hn::Neg(log_scale)), d, scale);
    }
  }
}

// What every level gets at least. Two neighbours' shares can come out in the wrong order by rounding, by fewer parts
// than this: each is a sum of K terms that are wrong by some 2^-22 of themselves.
constexpr int32_t kLeast = 8;

// The share below `level`, in [0, 256], for the lanes of one vector.
HWY_INLINE Ints cumulative(size_t K, const float* prepared, Ints level) {
  const F32 d;
  const I32 di;
  const Vec edge = hn::Mul(hn::Sub(hn::ConvertTo(d, level), hn::Set(d, 0.5f)), hn::Set(d, 1.0f / kLevels));
  Vec below = hn::Zero(d);
  for (size_t k = 0; k < K; ++k) {
    const float* weight = prepared + k * kRowLanes;
    const float* mean = weight + K * kRowLanes;
    const Vec position = hn::Mul(hn::Sub(edge, hn::LoadU(d, mean)), hn::LoadU(d, mean + K * kRowLanes));
    below = hn::Add(below, hn::Mul(hn::LoadU(d, weight), sigmoid(d, position)));
  }
  constexpr int32_t kAll = 1 << kProbabilityBits;
  below = clamp(d, below, hn::Zero(d), hn::Set(d, 1.0f));
  const Ints parts = hn::ConvertTo(di, hn::Mul(below, hn::Set(d, static_cast<float>(kAll - 256 * kLeast))));
  const Ints inside = hn::Add(parts, hn::Mul(level, hn::Set(di, kLeast)));
  const Ints from_first = hn::IfThenElse(hn::Gt(level, hn::Zero(di)), inside, hn::Zero(di));
  return hn::IfThenElse(hn::Lt(level, hn::Set(di, 256)), from_first, hn::Set(di, kAll));
}

void cumulative_rows(size_t K, const float* prepared, const int32_t* level, int32_t* result) {
  const I32 di;
  for (size_t lane = 0; lane < kRowLanes; lane += hn::MaxLanes(F32())) {
    hn::StoreU(cumulative(K, prepared + lane, hn::LoadU(di, level + lane)), di, result + lane);
  }
}

void find(size_t K, const float* prepared, const int32_t* slot, LevelIntervals& found) {
  const I32 di;
  for (size_t lane = 0; lane < kRowLanes; lane += hn::MaxLanes(F32())) {
    const Ints wanted = hn::LoadU(di, slot + lane);
    // Invariant: cumulative(low) = start <= wanted < end = cumulative(low + width).
    Ints low = hn::Zero(di), start = hn::Zero(di), end = hn::Set(di, 1 << kProbabilityBits);
    for (int32_t width = 128; width > 0; width /= 2) {
      const Ints middle = hn::Add(low, hn::Set(di, width));
      const Ints share = cumulative(K, prepared + lane, middle);
      const auto above = hn::Gt(share, wanted);
      low = hn::IfThenElse(above, low, middle);
      start = hn::IfThenElse(above, start, share);
      end = hn::IfThenElse(above, share, end);
    }
    hn::StoreU(low, di, found.level + lane);
    hn::StoreU(start, di, found.start + lane);
    hn::StoreU(end, di, found.end + lane);
  }
}

}  // namespace latent::kernels::exact::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace latent::kernels::exact {

HWY_EXPORT(prepare);
HWY_EXPORT(cumulative_rows);
HWY_EXPORT(find);

void mixture_prepare(int64_t K, float* params) { HWY_DYNAMIC_DISPATCH(prepare)(static_cast<size_t>(K), params); }

void mixture_cumulative(int64_t K, const float* prepared, const int32_t* level, int32_t* cumulative) {
  HWY_DYNAMIC_DISPATCH(cumulative_rows)(static_cast<size_t>(K), prepared, level, cumulative);
}

void mixture_find(int64_t K, const float* prepared, const int32_t* slot, LevelIntervals& found) {
  HWY_DYNAMIC_DISPATCH(find)(static_cast<size_t>(K), prepared, slot, found);
}

}  // namespace latent::kernels::exact
#endif
