#include <latent/kernels/glove.hpp>

#include <latent/kernels/cpu/glove_plain.hpp>

#include <hwy/cache_control.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latent/kernels/cpu/glove.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <latent/kernels/cpu/vectors-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace latent::kernels::HWY_NAMESPACE {

using GloveVec = hn::CappedTag<float, 16>;  // rows are whole vectors of it

// log x and the weight of pairs, so many at a time.
constexpr size_t kPairsTogether = 16;

HWY_INLINE void logs_and_weights(const GlovePair* pairs, size_t count, const GloveSettings& settings, float* logs,
                                 float* weights) {
  const GloveVec d;
  HWY_ALIGN float x[kPairsTogether];
  for (size_t k = 0; k < kPairsTogether; ++k) x[k] = k < count ? pairs[k].count : 1.0f;
  const auto log_x_max = hn::Log(d, hn::Set(d, settings.x_max));
  for (size_t k = 0; k < kPairsTogether; k += hn::Lanes(d)) {
    const auto log_x = hn::Log(d, hn::Load(d, x + k));
    const auto power = hn::Exp(d, hn::Mul(hn::Set(d, settings.alpha), hn::Sub(log_x, log_x_max)));
    hn::Store(log_x, d, logs + k);
    hn::Store(hn::Min(power, hn::Set(d, 1.0f)), d, weights + k);
  }
}

// 1 / sqrt(x) for x >= 1, to about 1 unit in the last place of 22 bits: an estimate and a step of Newton's.
HWY_INLINE hn::Vec<GloveVec> inverse_root(GloveVec d, hn::Vec<GloveVec> x) {
  const auto guess = hn::ApproximateReciprocalSqrt(x);
  const auto half = hn::Mul(hn::Mul(x, hn::Set(d, 0.5f)), guess);
  return hn::Mul(guess, hn::NegMulAdd(half, guess, hn::Set(d, 1.5f)));
}

HWY_INLINE float product(size_t stride, const float* a, const float* b) {
  const GloveVec d;
  auto sum0 = hn::Zero(d), sum1 = hn::Zero(d);
  size_t k = 0;
  for (; k + 2 * hn::Lanes(d) <= stride; k += 2 * hn::Lanes(d)) {
    sum0 = hn::MulAdd(hn::Load(d, a + k), hn::Load(d, b + k), sum0);
    sum1 = hn::MulAdd(hn::Load(d, a + k + hn::Lanes(d)), hn::Load(d, b + k + hn::Lanes(d)), sum1);
  }
  if (k < stride) sum0 = hn::MulAdd(hn::Load(d, a + k), hn::Load(d, b + k), sum0);
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(sum0, sum1)));
}

HWY_INLINE void step_vectors(size_t stride, float g, float* word, float* context) {
  const GloveVec d;
  const auto slope = hn::Set(d, g), most = hn::Set(d, static_cast<float>(kGloveCut)), least = hn::Neg(most);
  for (size_t k = 0; k < stride; k += hn::Lanes(d)) {
    const auto w = hn::Load(d, word + k), c = hn::Load(d, context + k);
    const auto square_w = hn::Load(d, word + stride + k), square_c = hn::Load(d, context + stride + k);
    const auto dw = hn::Min(hn::Max(hn::Mul(slope, c), least), most);
    const auto dc = hn::Min(hn::Max(hn::Mul(slope, w), least), most);
    hn::Store(hn::NegMulAdd(dw, inverse_root(d, square_w), w), d, word + k);
    hn::Store(hn::NegMulAdd(dc, inverse_root(d, square_c), c), d, context + k);
    hn::Store(hn::MulAdd(dw, dw, square_w), d, word + stride + k);
    hn::Store(hn::MulAdd(dc, dc, square_c), d, context + stride + k);
  }
}

HWY_INLINE void step_bias(float g, float* bias) {
  const float cut = HWY_MIN(HWY_MAX(g, static_cast<float>(-kGloveCut)), static_cast<float>(kGloveCut));
  bias[0] -= cut / std::sqrt(bias[1]);
  bias[1] += cut * cut;
}

double steps_of_pairs(const GlovePair* pairs, int64_t count, bool swapped, const GloveSettings& settings,
                      const GloveRows& rows) {
  constexpr int64_t kAhead = 2, kLine = 16;
  const auto word_of = [&](int64_t k) {
    return rows.words + (swapped ? pairs[k].second : pairs[k].first) * rows.row();
  };
  const auto context_of = [&](int64_t k) {
    return rows.contexts + (swapped ? pairs[k].first : pairs[k].second) * rows.row();
  };
  const auto stride = static_cast<size_t>(rows.stride);
  const int64_t bias = 2 * rows.stride;
  HWY_ALIGN float logs[kPairsTogether];
  HWY_ALIGN float weights[kPairsTogether];
  double loss = 0.0;
  for (int64_t k = 0; k < count; ++k) {
    const auto lane = static_cast<size_t>(k) % kPairsTogether;
    if (lane == 0) {
      const auto left = static_cast<size_t>(count - k);
      logs_and_weights(pairs + k, HWY_MIN(left, kPairsTogether), settings, logs, weights);
    }
    if (k + kAhead < count) {
      const float* next_word = word_of(k + kAhead);
      const float* next_context = context_of(k + kAhead);
      for (int64_t i = 0; i < rows.row(); i += kLine) {
        hwy::Prefetch(next_word + i);
        hwy::Prefetch(next_context + i);
      }
    }
    float* word = word_of(k);
    float* context = context_of(k);
    const float error = product(stride, word, context) + word[bias] + context[bias] - logs[lane];
    const double cost = 0.5 * double{weights[lane]} * double{error} * double{error};
    loss += std::nearbyint(cost / kGloveLossUnit) * kGloveLossUnit;
    const float g = settings.lr * weights[lane] * error;
    step_vectors(stride, g, word, context);
    step_bias(g, word + bias);
    step_bias(g, context + bias);
  }
  return loss;
}

}  // namespace latent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace latent::kernels {

HWY_EXPORT(steps_of_pairs);

double glove_steps(const GlovePair* pairs, int64_t count, bool swapped, const GloveSettings& settings,
                   const GloveRows& rows) {
  return HWY_DYNAMIC_DISPATCH(steps_of_pairs)(pairs, count, swapped, settings, rows);
}

}  // namespace latent::kernels
#endif
