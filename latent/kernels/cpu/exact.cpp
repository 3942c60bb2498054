#include <latent/kernels/exact.hpp>

#include <latent/kernels/mixture.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latent/kernels/cpu/exact.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <latent/kernels/cpu/exact-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace latent::kernels::exact::HWY_NAMESPACE {

// Outputs [o, o + kOutputs) of a product for kVectors vectors of lanes: as many sums as registers can hold.
template <size_t kOutputs, size_t kVectors>
HWY_INLINE void product_block(const Product& p, size_t o, size_t lane, const float* x, float* y) {
  const F32 d;
  constexpr size_t kWidth = hn::MaxLanes(F32());
  const auto outputs = static_cast<size_t>(p.outputs);
  Vec sums[kOutputs][kVectors];
  for (size_t c = 0; c < kOutputs; ++c) {
    for (size_t v = 0; v < kVectors; ++v) {
      sums[c][v] =
          p.bias != nullptr ? hn::Set(d, p.bias[o + c]) : hn::LoadU(d, y + (o + c) * kRowLanes + lane + v * kWidth);
    }
  }
  for (const Tap& tap : p.taps) {
    const float* w = p.weight + static_cast<size_t>(tap.weight) * outputs + o;
    const float* row = x + static_cast<size_t>(tap.row) * kRowLanes + lane;
    for (int64_t i = 0; i < tap.count; ++i, w += outputs, row += kRowLanes) {
      Vec xs[kVectors];
      for (size_t v = 0; v < kVectors; ++v) xs[v] = hn::LoadU(d, row + v * kWidth);
      for (size_t c = 0; c < kOutputs; ++c) {
        const Vec weight = hn::Set(d, w[c]);
        for (size_t v = 0; v < kVectors; ++v) sums[c][v] = hn::Add(sums[c][v], hn::Mul(weight, xs[v]));
      }
    }
  }
  for (size_t c = 0; c < kOutputs; ++c) {
    for (size_t v = 0; v < kVectors; ++v) {
      hn::StoreU(sums[c][v], d, y + (o + c) * kRowLanes + lane + v * kWidth);
    }
  }
}

template <size_t kOutputs, size_t kVectors>
HWY_INLINE size_t product_blocks(const Product& p, size_t o, size_t lane, const float* x, float* y) {
  for (; o + kOutputs <= static_cast<size_t>(p.outputs); o += kOutputs) {
    product_block<kOutputs, kVectors>(p, o, lane, x, y);
  }
  return o;
}

void product_rows(const Product& p, const float* x, float* y) {
  constexpr size_t kWidth = hn::MaxLanes(F32());
  constexpr size_t kVectors = kWidth == 8 ? 2 : 1;  // 16 registers hold 6 x 2 sums, 32 hold 16 x 1
  constexpr size_t kMost = kWidth == 8 ? 6 : 16;
  for (size_t lane = 0; lane < kRowLanes; lane += kVectors * kWidth) {
    size_t o = product_blocks<kMost, kVectors>(p, 0, lane, x, y);
    o = product_blocks<4, kVectors>(p, o, lane, x, y);
    product_blocks<1, kVectors>(p, o, lane, x, y);
  }
}

void activate_rows(Activation activation, float* y, size_t n) {
  const F32 d;
  const Vec zero = hn::Zero(d), one = hn::Set(d, 1.0f);
  for (size_t i = 0; i < n; i += hn::MaxLanes(F32())) {
    const Vec x = hn::LoadU(d, y + i);
    Vec result = x;
    switch (activation) {
      case Activation::none: break;
      case Activation::relu: result = hn::IfThenElse(hn::Gt(x, zero), x, zero); break;
      case Activation::leaky_relu:
        result = hn::IfThenElse(hn::Gt(x, zero), x, hn::Mul(x, hn::Set(d, static_cast<float>(kLeakyReluSlope))));
        break;
      case Activation::elu: result = hn::IfThenElse(hn::Gt(x, zero), x, hn::Sub(exp(d, hn::Min(x, zero)), one)); break;
      case Activation::gelu: result = hn::Mul(x, normal_cdf(d, x)); break;
      case Activation::silu: result = hn::Mul(x, sigmoid(d, x)); break;
      case Activation::tanh: result = hn::Sub(hn::Mul(hn::Set(d, 2.0f), sigmoid(d, hn::Add(x, x))), one); break;
      case Activation::sigmoid: result = sigmoid(d, x); break;
    }
    hn::StoreU(result, d, y + i);
  }
}

void scale_shift_rows(const float* scale, const float* shift, size_t channels, float* y, size_t rows) {
  const F32 d;
  for (size_t r = 0; r < rows; ++r) {
    const Vec a = hn::Set(d, scale[r % channels]), b = hn::Set(d, shift[r % channels]);
    for (size_t i = r * kRowLanes; i < (r + 1) * kRowLanes; i += hn::MaxLanes(F32())) {
      hn::StoreU(hn::Add(hn::Mul(hn::LoadU(d, y + i), a), b), d, y + i);
    }
  }
}

void add_rows(const float* b, float* a, size_t n) {
  const F32 d;
  for (size_t i = 0; i < n; i += hn::MaxLanes(F32())) {
    hn::StoreU(hn::Add(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, a + i);
  }
}

// Mean and variance over the rows whose channel belongs to `group`, one pass for each, in the order of the rows.
HWY_INLINE void normalize_group(const GroupNormalization& g, size_t group, size_t lane, float* y, size_t rows) {
  const F32 d;
  const auto channels = static_cast<size_t>(g.channels);
  const size_t width = channels / static_cast<size_t>(g.groups), begin = group * width, end = begin + width;
  const size_t values_per_group = rows / channels * width;
  const Vec count = hn::Set(d, static_cast<float>(values_per_group));
  const auto for_rows = [&](auto&& use) HWY_ATTR {
    for (size_t pixel = 0; pixel < rows; pixel += channels) {
      for (size_t c = begin; c < end; ++c) use(y + (pixel + c) * kRowLanes + lane, c);
    }
  };
  Vec sum = hn::Zero(d), squares = hn::Zero(d);
  for_rows([&](const float* row, size_t) HWY_ATTR { sum = hn::Add(sum, hn::LoadU(d, row)); });
  const Vec mean = hn::Div(sum, count);
  for_rows([&](const float* row, size_t) HWY_ATTR {
    const Vec difference = hn::Sub(hn::LoadU(d, row), mean);
    squares = hn::Add(squares, hn::Mul(difference, difference));
  });
  const Vec variance = hn::Add(hn::Div(squares, count), hn::Set(d, g.eps));
  const Vec inverse = hn::Div(hn::Set(d, 1.0f), hn::Sqrt(variance));
  for_rows([&](float* row, size_t c) HWY_ATTR {
    const Vec normal = hn::Mul(hn::Sub(hn::LoadU(d, row), mean), inverse);
    hn::StoreU(hn::Add(hn::Mul(normal, hn::Set(d, g.weight[c])), hn::Set(d, g.bias[c])), d, row);
  });
}

void normalize_rows(const GroupNormalization& g, float* y, size_t rows) {
  for (size_t group = 0; group < static_cast<size_t>(g.groups); ++group) {
    for (size_t lane = 0; lane < kRowLanes; lane += hn::MaxLanes(F32())) normalize_group(g, group, lane, y, rows);
  }
}

void bernoulli_rows(const float* logits, size_t n, int32_t* ones) {
  const F32 d;
  const I32 di;
  const Vec parts = hn::Set(d, static_cast<float>((1 << kProbabilityBits) - 2));
  for (size_t i = 0; i < n; i += hn::MaxLanes(F32())) {
    const Vec share = hn::Mul(sigmoid(d, hn::LoadU(d, logits + i)), parts);
    hn::StoreU(hn::Add(hn::ConvertTo(di, share), hn::Set(di, 1)), di, ones + i);
  }
}

}  // namespace latent::kernels::exact::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace latent::kernels::exact {

HWY_EXPORT(product_rows);
HWY_EXPORT(activate_rows);
HWY_EXPORT(scale_shift_rows);
HWY_EXPORT(add_rows);
HWY_EXPORT(normalize_rows);
HWY_EXPORT(bernoulli_rows);

void product(const Product& p, const float* x, float* y) { HWY_DYNAMIC_DISPATCH(product_rows)(p, x, y); }

void activate(Activation activation, float* y, int64_t rows) {
  if (activation == Activation::none) return;
  HWY_DYNAMIC_DISPATCH(activate_rows)(activation, y, static_cast<size_t>(rows * kLanes));
}

void scale_shift(const float* scale, const float* shift, int64_t channels, float* y, int64_t rows) {
  HWY_DYNAMIC_DISPATCH(scale_shift_rows)(scale, shift, static_cast<size_t>(channels), y, static_cast<size_t>(rows));
}

void add(const float* b, float* a, int64_t rows) {
  HWY_DYNAMIC_DISPATCH(add_rows)(b, a, static_cast<size_t>(rows * kLanes));
}

void normalize_groups(const GroupNormalization& g, float* y, int64_t rows) {
  HWY_DYNAMIC_DISPATCH(normalize_rows)(g, y, static_cast<size_t>(rows));
}

void bernoulli_shares(const float* logits, int64_t rows, int32_t* ones) {
  HWY_DYNAMIC_DISPATCH(bernoulli_rows)(logits, static_cast<size_t>(rows * kLanes), ones);
}

}  // namespace latent::kernels::exact
#endif
