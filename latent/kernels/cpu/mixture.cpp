#include <latent/kernels/mixture.hpp>

#include <latent/core/threads.hpp>

#include <algorithm>
#include <array>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latent/kernels/cpu/mixture.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <latent/kernels/cpu/vectors-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace latent::kernels::HWY_NAMESPACE {

// As many values at once as a vector has lanes: parameters by number, then value.
constexpr size_t kTileLanes = HWY_MAX_BYTES / sizeof(float);
struct Tile {
  alignas(64) float params[3 * kMaxComponents * kTileLanes];
  // log pi_k + log P_k up to the mixture's own constant, and d log P_k by mean and by the logarithm of the scale.
  alignas(64) float joint[kMaxComponents * kTileLanes], dmean[kMaxComponents * kTileLanes],
      dscale[kMaxComponents * kTileLanes];
};

struct Edges {
  Vec x;
  hn::Mask<F32> above_first, below_last, inside;  // levels above 0, below 255, both
};

// softplus(x) and sigmoid(x)
struct SoftPlus {
  Vec value, slope;
};
HWY_INLINE SoftPlus softplus(F32 d, Vec x) {
  const Vec one = hn::Set(d, 1.0f), zero = hn::Zero(d);
  const Vec e = hn::Exp(d, hn::Neg(hn::Abs(x)));
  const Vec slope = hn::Div(hn::IfThenElse(hn::Lt(x, zero), e, one), hn::Add(one, e));
  return {hn::Add(hn::Max(x, zero), hn::Log1p(d, e)), slope};
}

// With a and b the standardised upper and lower edges of the level and w = a - b:
//   log(sigmoid(a) - sigmoid(b)) = -softplus(-a) - softplus(b) + log(1 - e^-w), which never cancels.
HWY_INLINE void component(F32 d, const Edges& edges, size_t K, size_t k, Tile& tile) {
  const size_t at = k * hn::Lanes(d);
  const float* params = tile.params + at;
  const size_t stride = K * hn::Lanes(d);
  const Vec one = hn::Set(d, 1.0f);
  const float anchor = mixture_anchor(static_cast<int64_t>(k), static_cast<int64_t>(K));
  const Vec mean = hn::Add(hn::Load(d, params + stride), hn::Set(d, anchor));
  const Vec raw = hn::Add(hn::Load(d, params + 2 * stride), hn::Set(d, kLogScaleOffset));
  const Vec low = hn::Set(d, kLogScaleLow), high = hn::Set(d, kLogScaleHigh);
  const Vec inverse = hn::Exp(d, hn::Neg(hn::Min(hn::Max(raw, low), high)));
  const Vec centred = hn::Sub(edges.x, mean), half = hn::Set(d, 0.5f / kLevels);
  const Vec a = hn::Mul(hn::Add(centred, half), inverse), b = hn::Mul(hn::Sub(centred, half), inverse);
  const Vec w = hn::Mul(inverse, hn::Set(d, 1.0f / kLevels));
  const SoftPlus above = softplus(d, hn::Neg(a)), below = softplus(d, b);
  const Vec gone = hn::Neg(hn::Expm1(d, hn::Neg(w)));  // 1 - e^-w

  Vec log_p = hn::IfThenElseZero(edges.inside, hn::Log(d, gone));
  log_p = hn::Sub(log_p, hn::IfThenElseZero(edges.below_last, above.value));
  log_p = hn::Sub(log_p, hn::IfThenElseZero(edges.above_first, below.value));
  hn::Store(hn::Add(hn::Load(d, params), log_p), d, tile.joint + at);

  const Vec from_above = hn::IfThenElseZero(edges.below_last, above.slope);
  const Vec from_below = hn::IfThenElseZero(edges.above_first, below.slope);
  hn::Store(hn::Mul(inverse, hn::Sub(from_below, from_above)), d, tile.dmean + at);
  const Vec narrow = hn::Div(hn::Mul(w, hn::Sub(one, gone)), gone);  // w / (e^w - 1)
  Vec dscale = hn::Sub(hn::Mul(from_below, b), hn::Mul(from_above, a));
  dscale = hn::Sub(dscale, hn::IfThenElseZero(edges.inside, narrow));
  const auto is_free = hn::And(hn::Gt(raw, low), hn::Lt(raw, high));
  hn::Store(hn::IfThenElseZero(is_free, dscale), d, tile.dscale + at);
}

// log sum_k exp(values[k]), K vectors.
HWY_INLINE Vec logsumexp(F32 d, const float* values, size_t K) {
  Vec highest = hn::Load(d, values);
  for (size_t k = 1; k < K; ++k) highest = hn::Max(highest, hn::Load(d, values + k * hn::Lanes(d)));
  Vec sum = hn::Zero(d);
  for (size_t k = 0; k < K; ++k) {
    sum = hn::Add(sum, hn::Exp(d, hn::Sub(hn::Load(d, values + k * hn::Lanes(d)), highest)));
  }
  return hn::Add(highest, hn::Log(d, sum));
}

// -log P of the tile's values; the gradients take the place of the parameters.
HWY_INLINE Vec tile_nll(F32 d, Vec x, size_t K, float grad, Tile& tile) {
  Edges edges;
  edges.x = x;
  edges.above_first = hn::Gt(x, hn::Set(d, 0.5f / kLevels));
  edges.below_last = hn::Lt(x, hn::Set(d, 1.0f - 0.5f / kLevels));
  edges.inside = hn::And(edges.above_first, edges.below_last);
  for (size_t k = 0; k < K; ++k) component(d, edges, K, k, tile);
  const Vec joint = logsumexp(d, tile.joint, K), prior = logsumexp(d, tile.params, K);
  const Vec g = hn::Set(d, grad);
  const size_t stride = K * hn::Lanes(d);
  for (size_t k = 0; k < K; ++k) {
    const size_t at = k * hn::Lanes(d);
    float* params = tile.params + at;
    const Vec share = hn::Exp(d, hn::Sub(hn::Load(d, tile.joint + at), joint));  // of component k in P
    const Vec weight = hn::Exp(d, hn::Sub(hn::Load(d, params), prior));
    const Vec scaled = hn::Neg(hn::Mul(g, share));
    hn::Store(hn::MulAdd(g, weight, scaled), d, params);
    hn::Store(hn::Mul(scaled, hn::Load(d, tile.dmean + at)), d, params + stride);
    hn::Store(hn::Mul(scaled, hn::Load(d, tile.dscale + at)), d, params + 2 * stride);
  }
  return hn::Sub(prior, joint);
}

// One sample of `values` values. Sums in double, in the order of the values.
double mixture_sample(const float* params, const float* x, size_t values, size_t K, float grad, float* dparams) {
  const F32 d;
  const size_t lanes = hn::Lanes(d), width = 3 * K;
  Tile tile{};
  alignas(64) float terms[kTileLanes], xs[kTileLanes];
  double total = 0.0;
  for (size_t begin = 0; begin < values; begin += lanes) {
    const size_t count = HWY_MIN(lanes, values - begin);
    for (size_t i = 0; i < lanes; ++i) {
      const size_t value = begin + HWY_MIN(i, count - 1);  // the last one again fills a ragged end
      xs[i] = x[value];
      for (size_t j = 0; j < width; ++j) tile.params[j * lanes + i] = params[value * width + j];
    }
    hn::Store(tile_nll(d, hn::Load(d, xs), K, grad, tile), d, terms);
    for (size_t i = 0; i < count; ++i) total += static_cast<double>(terms[i]);
    if (dparams == nullptr) continue;
    for (size_t i = 0; i < count; ++i) {
      for (size_t j = 0; j < width; ++j) dparams[(begin + i) * width + j] = tile.params[j * lanes + i];
    }
  }
  return total;
}

}  // namespace latent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace latent::kernels {

HWY_EXPORT(mixture_sample);

namespace {

double plain_softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }
double plain_sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

struct PlainComponent {
  double log_p, dmean, dscale;
};
PlainComponent plain_component(double mean_parameter, double scale_parameter, double anchor, double x) {
  const bool above_first = x > 0.5 / kLevels, below_last = x < 1.0 - 0.5 / kLevels;
  const double raw = scale_parameter + kLogScaleOffset, centred = x - (mean_parameter + anchor);
  const double inverse = std::exp(-std::clamp<double>(raw, kLogScaleLow, kLogScaleHigh));
  const double a = (centred + 0.5 / kLevels) * inverse, b = (centred - 0.5 / kLevels) * inverse;
  const double w = inverse / kLevels, gone = -std::expm1(-w);
  PlainComponent c{0.0, 0.0, 0.0};
  if (below_last) {
    c.log_p -= plain_softplus(-a);
    c.dmean -= inverse * plain_sigmoid(-a);
    c.dscale -= plain_sigmoid(-a) * a;
  }
  if (above_first) {
    c.log_p -= plain_softplus(b);
    c.dmean += inverse * plain_sigmoid(b);
    c.dscale += plain_sigmoid(b) * b;
  }
  if (above_first && below_last) {
    c.log_p += std::log(gone);
    c.dscale -= w * (1.0 - gone) / gone;
  }
  if (raw <= kLogScaleLow || raw >= kLogScaleHigh) c.dscale = 0.0;
  return c;
}

double plain_logsumexp(const double* values, int64_t K) {
  const double highest = *std::max_element(values, values + K);
  double sum = 0.0;
  for (int64_t k = 0; k < K; ++k) sum += std::exp(values[k] - highest);
  return highest + std::log(sum);
}

double plain_value(const double* params, double x, int64_t K, double grad, double* dparams) {
  std::array<double, kMaxComponents> joint{};
  std::array<PlainComponent, kMaxComponents> components{};
  for (int64_t k = 0; k < K; ++k) {
    const auto i = static_cast<size_t>(k);
    components[i] = plain_component(params[K + k], params[2 * K + k], mixture_anchor(k, K), x);
    joint[i] = params[k] + components[i].log_p;
  }
  const double sum = plain_logsumexp(joint.data(), K), prior = plain_logsumexp(params, K);
  for (int64_t k = 0; k < K && dparams != nullptr; ++k) {
    const auto i = static_cast<size_t>(k);
    const double share = std::exp(joint[i] - sum);
    dparams[k] = grad * (std::exp(params[k] - prior) - share);
    dparams[K + k] = -grad * share * components[i].dmean;
    dparams[2 * K + k] = -grad * share * components[i].dscale;
  }
  return prior - sum;
}

}  // namespace

void mixture_nll(const MixturePass& pass, const float* params, const float* x, const float* grad, float* nll,
                 float* dparams) {
  const auto values = static_cast<size_t>(pass.values), K = static_cast<size_t>(pass.components);
  parallel_for(pass.samples, 1, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      const int64_t at = n * pass.values, params_at = at * 3 * pass.components;
      const float g = grad == nullptr ? static_cast<float>(pass.grad_all) : grad[n];
      float* gradient = dparams == nullptr ? nullptr : dparams + params_at;
      const double sum = HWY_DYNAMIC_DISPATCH(mixture_sample)(params + params_at, x + at, values, K, g, gradient);
      if (nll != nullptr) nll[n] = static_cast<float>(sum);
    }
  });
}

void mixture_nll(const MixturePass& pass, const double* params, const double* x, const double* grad, double* nll,
                 double* dparams) {
  for (int64_t n = 0; n < pass.samples; ++n) {
    double sum = 0.0;
    const double g = grad == nullptr ? pass.grad_all : grad[n];
    for (int64_t i = n * pass.values; i < (n + 1) * pass.values; ++i) {
      const int64_t at = i * 3 * pass.components;
      sum += plain_value(params + at, x[i], pass.components, g, dparams == nullptr ? nullptr : dparams + at);
    }
    if (nll != nullptr) nll[n] = sum;
  }
}

}  // namespace latent::kernels
#endif
