#include <latent/kernels/likelihood.hpp>

#include <latent/core/threads.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latent/kernels/cpu/likelihood.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <latent/kernels/cpu/vectors-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace latent::kernels::HWY_NAMESPACE {

// Each family gives, for vectors of parameters and data, the varying part of -log p and its derivative.
struct Pair {
  Vec nll, slope;
};

struct BernoulliFamily {
  HWY_INLINE Pair operator()(F32 d, Vec logit, Vec x) const {
    const Vec zero = hn::Zero(d), one = hn::Set(d, 1.0f);
    const Vec e = hn::Exp(d, hn::Neg(hn::Abs(logit)));
    // softplus(l) - x l = max(l, 0) + log(1 + e^-|l|) - x l
    const Vec nll = hn::Sub(hn::Add(hn::Max(logit, zero), hn::Log1p(d, e)), hn::Mul(x, logit));
    const Vec p = hn::Div(hn::IfThenElse(hn::Lt(logit, zero), e, one), hn::Add(one, e));
    return {nll, hn::Sub(p, x)};
  }
};
struct GaussianFamily {
  float precision;  // 1 / scale^2
  HWY_INLINE Pair operator()(F32 d, Vec mu, Vec x) const {
    const Vec difference = hn::Sub(mu, x);
    const Vec slope = hn::Mul(difference, hn::Set(d, precision));
    return {hn::Mul(hn::Mul(slope, difference), hn::Set(d, 0.5f)), slope};
  }
};
struct LaplaceFamily {
  float inverse_scale;
  HWY_INLINE Pair operator()(F32 d, Vec mu, Vec x) const {
    const Vec difference = hn::Sub(mu, x), inverse = hn::Set(d, inverse_scale), zero = hn::Zero(d);
    const Vec signed_inverse = hn::CopySign(inverse, difference);
    return {hn::Mul(hn::Abs(difference), inverse), hn::IfThenElse(hn::Eq(difference, zero), zero, signed_inverse)};
  }
};

// One sample: the sum of -log p, and dparams = grad * slope where wanted. Sums of at most kBlock values are taken in
// float lanes, sums of blocks in double, so that large images lose no digits.
template <class Family>
HWY_INLINE double sample_pass(const Family& family, const float* params, const float* x, size_t n, float grad,
                              float* dparams) {
  constexpr size_t kBlock = 4096;
  const F32 d;
  const size_t lanes = hn::Lanes(d);
  const Vec g = hn::Set(d, grad);
  double total = 0.0;
  for (size_t block = 0; block < n; block += kBlock) {
    const size_t end = HWY_MIN(n, block + kBlock);
    Vec sum = hn::Zero(d);
    size_t i = block;
    for (; i + lanes <= end; i += lanes) {
      const Pair pair = family(d, hn::LoadU(d, params + i), hn::LoadU(d, x + i));
      sum = hn::Add(sum, pair.nll);
      if (dparams != nullptr) hn::StoreU(hn::Mul(pair.slope, g), d, dparams + i);
    }
    if (i < end) {
      const size_t count = end - i;
      const Pair pair = family(d, load_some(d, params + i, count), load_some(d, x + i, count));
      alignas(64) float terms[HWY_MAX_BYTES / sizeof(float)] = {};
      hn::Store(pair.nll, d, terms);
      for (size_t k = 0; k < count; ++k) total += terms[k];
      if (dparams != nullptr) store_some(d, hn::Mul(pair.slope, g), dparams + i, count);
    }
    total += hn::GetLane(hn::SumOfLanes(d, sum));
  }
  return total;
}

double sample(const NllPass& pass, const float* params, const float* x, float grad, float* dparams) {
  const auto n = static_cast<size_t>(pass.cols);
  switch (pass.kind) {
    case Nll::bernoulli: return sample_pass(BernoulliFamily{}, params, x, n, grad, dparams);
    case Nll::gaussian:
      return sample_pass(GaussianFamily{static_cast<float>(1.0 / (pass.scale * pass.scale))}, params, x, n, grad,
                         dparams);
    case Nll::laplace:
      return sample_pass(LaplaceFamily{static_cast<float>(1.0 / pass.scale)}, params, x, n, grad, dparams);
  }
  return 0.0;
}

}  // namespace latent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace latent::kernels {

HWY_EXPORT(sample);

namespace {

// The part of -log p that does not depend on data or parameters, per value.
double constant_per_value(const NllPass& pass) {
  switch (pass.kind) {
    case Nll::bernoulli: return 0.0;
    case Nll::gaussian: return 0.5 * std::log(2.0 * std::numbers::pi) + std::log(pass.scale);
    case Nll::laplace: return std::log(2.0 * pass.scale);
  }
  return 0.0;
}

struct PlainPair {
  double nll, slope;
};
PlainPair plain(const NllPass& pass, double param, double x) {
  const double difference = param - x;
  switch (pass.kind) {
    case Nll::bernoulli:
      return {std::max(param, 0.0) + std::log1p(std::exp(-std::abs(param))) - x * param,
              1.0 / (1.0 + std::exp(-param)) - x};
    case Nll::gaussian: {
      const double precision = 1.0 / (pass.scale * pass.scale);
      return {0.5 * difference * difference * precision, difference * precision};
    }
    case Nll::laplace: {
      const double sign = difference > 0.0 ? 1.0 : (difference < 0.0 ? -1.0 : 0.0);
      return {std::abs(difference) / pass.scale, sign / pass.scale};
    }
  }
  return {0.0, 0.0};
}

}  // namespace

void nll_pass(const NllPass& pass, const float* params, const float* x, const float* grad, float* nll, float* dparams) {
  const double constant = constant_per_value(pass) * static_cast<double>(pass.cols);
  constexpr int64_t kGrain = int64_t{4} * 1024;  // values; each costs an exponential and a logarithm
  parallel_for(
      pass.rows, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, pass.cols)), [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
          const int64_t at = r * pass.cols;
          const float g = grad == nullptr ? static_cast<float>(pass.grad_all) : grad[r];
          const double sum =
              HWY_DYNAMIC_DISPATCH(sample)(pass, params + at, x + at, g, dparams == nullptr ? nullptr : dparams + at);
          if (nll != nullptr) nll[r] = static_cast<float>(sum + constant);
        }
      });
}

void nll_pass(const NllPass& pass, const double* params, const double* x, const double* grad, double* nll,
              double* dparams) {
  const double constant = constant_per_value(pass) * static_cast<double>(pass.cols);
  for (int64_t r = 0; r < pass.rows; ++r) {
    double sum = constant;
    const double g = grad == nullptr ? pass.grad_all : grad[r];
    for (int64_t i = r * pass.cols; i < (r + 1) * pass.cols; ++i) {
      const PlainPair pair = plain(pass, params[i], x[i]);
      sum += pair.nll;
      if (dparams != nullptr) dparams[i] = g * pair.slope;
    }
    if (nll != nullptr) nll[r] = sum;
  }
}

}  // namespace latent::kernels
#endif
