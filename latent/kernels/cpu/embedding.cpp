#include <latent/kernels/embedding.hpp>

#include <latent/kernels/cpu/embedding_plain.hpp>

#include <hwy/cache_control.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latent/kernels/cpu/embedding.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <latent/kernels/cpu/vectors-inl.hpp>

// Rows are whole vectors (kEmbeddingUnit), so no loop has a ragged end. Four rows go side by side: they share the loads
// of h, and their sums over lanes are taken together.

HWY_BEFORE_NAMESPACE();
namespace latent::kernels::HWY_NAMESPACE {

// At most 16 lanes, so that a row is a whole number of vectors whatever the processor has.
using Row = hn::CappedTag<float, kEmbeddingUnit>;
using RowVec = hn::Vec<Row>;

constexpr size_t kRowsTogether = 4;

// to[r] = sum of the lanes of v[r].
HWY_INLINE void sums_of_lanes(Row d, const RowVec* v, float* to) {
#if HWY_TARGET == HWY_SCALAR
  for (size_t r = 0; r < kRowsTogether; ++r) to[r] = hn::GetLane(hn::SumOfLanes(d, v[r]));
#else
  const hn::Repartition<double, Row> pairs;
  const RowVec ab = hn::Add(hn::InterleaveLower(d, v[0], v[1]), hn::InterleaveUpper(d, v[0], v[1]));
  const RowVec cd = hn::Add(hn::InterleaveLower(d, v[2], v[3]), hn::InterleaveUpper(d, v[2], v[3]));
  const auto ab2 = hn::BitCast(pairs, ab), cd2 = hn::BitCast(pairs, cd);
  const RowVec abcd = hn::Add(hn::BitCast(d, hn::InterleaveLower(pairs, ab2, cd2)),
                              hn::BitCast(d, hn::InterleaveUpper(pairs, ab2, cd2)));  // in each block of four lanes
  HWY_ALIGN float blocks[kEmbeddingUnit];
  hn::Store(abcd, d, blocks);
  const hn::FixedTag<float, kRowsTogether> four;
  auto sum = hn::Load(four, blocks);
  for (size_t i = kRowsTogether; i < hn::Lanes(d); i += kRowsTogether) sum = hn::Add(sum, hn::Load(four, blocks + i));
  hn::StoreU(sum, four, to);
#endif
}

HWY_INLINE void four_products(size_t stride, const float* h, float* const* rows, float* to) {
  const Row d;
  RowVec sum[kRowsTogether];
  for (size_t r = 0; r < kRowsTogether; ++r) sum[r] = hn::Zero(d);
  for (size_t i = 0; i < stride; i += hn::Lanes(d)) {
    const RowVec hidden = hn::Load(d, h + i);
    for (size_t r = 0; r < kRowsTogether; ++r) sum[r] = hn::MulAdd(hidden, hn::Load(d, rows[r] + i), sum[r]);
  }
  sums_of_lanes(d, sum, to);
}

// rows[r] += slope[r] h; a row that is there twice is updated twice.
template <size_t kRows>
HWY_INLINE void add_to_rows(size_t stride, const float* h, const float* slope, float* const* rows) {
  const Row d;
  RowVec factor[kRows];
  for (size_t r = 0; r < kRows; ++r) factor[r] = hn::Set(d, slope[r]);
  for (size_t i = 0; i < stride; i += hn::Lanes(d)) {
    const RowVec hidden = hn::Load(d, h + i);
    for (size_t r = 0; r < kRows; ++r) {
      hn::Store(hn::MulAdd(factor[r], hidden, hn::Load(d, rows[r] + i)), d, rows[r] + i);
    }
  }
}

template <class D>
HWY_INLINE hn::Vec<D> sigmoid_of(D d, hn::Vec<D> x) {
  const auto one = hn::Set(d, 1.0f);
  const auto bounded = hn::Max(x, hn::Set(d, -80.0f));  // e^80 is still a number
  return hn::Div(one, hn::Add(one, hn::Exp(d, hn::Neg(bounded))));
}

// The outputs of a window that are a share's own, at most kOutputsTogether of them.
struct Own {
  size_t count = 0;
  int64_t at[kOutputsTogether];
  float* row[kOutputsTogether + kRowsTogether];
  HWY_ALIGN float f[kOutputsTogether + kRowsTogether];
  HWY_ALIGN float positive[kOutputsTogether];
  HWY_ALIGN float weight[kOutputsTogether];
  HWY_ALIGN float slope[kOutputsTogether];
};

template <class Lists>
HWY_INLINE void choose(const Lists& windows, int64_t begin, int64_t end, RowShare share, float* outputs, Own& own) {
  size_t count = 0;
  for (int64_t i = begin; i < end; ++i) {
    const int32_t row = windows.output[i];
    own.at[count] = i;
    own.row[count] = outputs + row * windows.stride;
    own.positive[count] = windows.positive[i];
    own.weight[count] = windows.weight[i];
    count += share.owns(row) ? 1 : 0;
  }
  own.count = count;
  for (size_t r = 0; r < kRowsTogether; ++r) own.row[count + r] = count > 0 ? own.row[count - 1] : outputs;
}

HWY_INLINE double loss_of(const Own& own) {
  double loss = 0.0;
  for (size_t k = 0; k < own.count; ++k) loss += loss_plain<double>(own.f[k], own.positive[k], own.weight[k]);
  return loss;
}

// f = <h, o> - shift and slope = lr (positive - weight sigmoid(f)) of the outputs chosen.
HWY_INLINE void compute_slopes(size_t stride, const float* h, float shift, float lr, Own& own) {
  const Row d;
  for (size_t k = 0; k < own.count; k += kRowsTogether) four_products(stride, h, own.row + k, own.f + k);
  for (size_t k = 0; k < own.count; k += hn::Lanes(d)) {
    const RowVec f = hn::Sub(hn::Load(d, own.f + k), hn::Set(d, shift));
    hn::Store(f, d, own.f + k);
    const RowVec sigmoid = sigmoid_of(d, f);
    const RowVec error = hn::NegMulAdd(hn::Load(d, own.weight + k), sigmoid, hn::Load(d, own.positive + k));
    hn::Store(hn::Mul(hn::Set(d, lr), error), d, own.slope + k);
  }
}

HWY_INLINE void update_own(size_t stride, const float* h, const Own& own) {
  size_t k = 0;
  for (; k + kRowsTogether <= own.count; k += kRowsTogether) {
    add_to_rows<kRowsTogether>(stride, h, own.slope + k, own.row + k);
  }
  for (; k < own.count; ++k) add_to_rows<1>(stride, h, own.slope + k, own.row + k);
}

// Rows of the window after next are asked for while this one is computed.
HWY_INLINE void fetch_rows(const EmbeddingWindows& windows, int64_t w, RowShare share, const float* outputs) {
  constexpr int64_t kLine = 16;
  if (w >= windows.count) return;
  for (int64_t i = windows.first_output[w]; i < windows.first_output[w + 1]; ++i) {
    if (!share.owns(windows.output[i])) continue;
    const float* row = outputs + windows.output[i] * windows.stride;
    for (int64_t k = 0; k < windows.stride; k += kLine) hwy::Prefetch(row + k);
  }
}

double update(const EmbeddingWindows& windows, HiddenRows<const float> hidden, float lr, RowShare share, float* outputs,
              float* slopes) {
  constexpr int64_t kAhead = 2;
  const auto stride = static_cast<size_t>(windows.stride);
  double loss = 0.0;
  Own own = {};
  for (int64_t w = 0; w < windows.count; ++w) {
    fetch_rows(windows, w + kAhead, share, outputs);
    const float* h = hidden.table + hidden.at(w) * windows.stride;
    const int64_t last = windows.first_output[w + 1];
    for (int64_t begin = windows.first_output[w]; begin < last; begin += kOutputsTogether) {
      choose(windows, begin, HWY_MIN(begin + kOutputsTogether, last), share, outputs, own);
      compute_slopes(stride, h, windows.shift, lr, own);
      if (w % kLossEvery == 0) loss += loss_of(own);
      update_own(stride, h, own);
      for (size_t k = 0; k < own.count; ++k) slopes[own.at[k]] = own.slope[k];
    }
  }
  return loss;
}

// to = decay h + sum of slope o over outputs begin ... end-1, for kVectors vectors that begin at `offset`.
template <size_t kVectors>
HWY_INLINE void gather(const EmbeddingWindows& windows, int64_t begin, int64_t end, size_t offset, const float* outputs,
                       const float* slopes, const float* h, float decay, float* to) {
  const Row d;
  const size_t lanes = hn::Lanes(d);
  RowVec sum[kVectors];
  for (size_t v = 0; v < kVectors; ++v) sum[v] = hn::Mul(hn::Set(d, decay), hn::Load(d, h + offset + v * lanes));
  for (int64_t i = begin; i < end; ++i) {
    const RowVec slope = hn::Set(d, slopes[i - begin]);
    const float* row = outputs + windows.output[i] * windows.stride + offset;
    for (size_t v = 0; v < kVectors; ++v) sum[v] = hn::MulAdd(slope, hn::Load(d, row + v * lanes), sum[v]);
  }
  for (size_t v = 0; v < kVectors; ++v) hn::Store(sum[v], d, to + offset + v * lanes);
}

// slopes: those of outputs begin ... end-1. `to` may be h.
HWY_INLINE void gather_row(const EmbeddingWindows& windows, int64_t begin, int64_t end, const float* outputs,
                           const float* slopes, const float* h, float decay, float* to) {
  const size_t lanes = hn::Lanes(Row()), stride = static_cast<size_t>(windows.stride);
  size_t offset = 0;
  for (; offset + 8 * lanes <= stride; offset += 8 * lanes) {
    gather<8>(windows, begin, end, offset, outputs, slopes, h, decay, to);
  }
  switch ((stride - offset) / lanes) {
    case 7: return gather<7>(windows, begin, end, offset, outputs, slopes, h, decay, to);
    case 6: return gather<6>(windows, begin, end, offset, outputs, slopes, h, decay, to);
    case 5: return gather<5>(windows, begin, end, offset, outputs, slopes, h, decay, to);
    case 4: return gather<4>(windows, begin, end, offset, outputs, slopes, h, decay, to);
    case 3: return gather<3>(windows, begin, end, offset, outputs, slopes, h, decay, to);
    case 2: return gather<2>(windows, begin, end, offset, outputs, slopes, h, decay, to);
    case 1: return gather<1>(windows, begin, end, offset, outputs, slopes, h, decay, to);
    default: return;
  }
}

HWY_INLINE float sum_of_squares(const float* values, int64_t count) {
  float sum = 0.0f;
  for (int64_t i = 0; i < count; ++i) sum += values[i] * values[i];
  return sum;
}

void gather_all(const EmbeddingWindows& windows, const float* outputs, const float* slopes, const float* hidden,
                float* gradients) {
  for (int64_t w = 0; w < windows.count; ++w) {
    const int64_t begin = windows.first_output[w], end = windows.first_output[w + 1];
    const float own = sum_of_squares(slopes + begin, end - begin);
    gather_row(windows, begin, end, outputs, slopes + begin, hidden + w * windows.stride, -own,
               gradients + w * windows.stride);
  }
}

HWY_INLINE void fetch_row(const float* row, int64_t stride) {
  constexpr int64_t kLine = 16;
  for (int64_t k = 0; k < stride; k += kLine) hwy::Prefetch(row + k);
}

// One step of h with outputs i ... i + kRows - 1; f receives the products.
template <size_t kRows>
HWY_INLINE void step(const EmbeddingSteps& steps, int64_t i, float lr, float* h, float* outputs, float* f) {
  const Row d;
  const auto stride = static_cast<size_t>(steps.stride);
  float* rows[kRows];
  for (size_t r = 0; r < kRows; ++r) rows[r] = outputs + steps.output[i + static_cast<int64_t>(r)] * steps.stride;
  RowVec sum[kRowsTogether];
  for (size_t r = 0; r < kRowsTogether; ++r) sum[r] = hn::Zero(d);
  for (size_t k = 0; k < stride; k += hn::Lanes(d)) {
    const RowVec hidden = hn::Load(d, h + k);
    for (size_t r = 0; r < kRows; ++r) sum[r] = hn::MulAdd(hidden, hn::Load(d, rows[r] + k), sum[r]);
  }
  sums_of_lanes(d, sum, f);

  const hn::CappedTag<float, kRowsTogether> few;
  HWY_ALIGN float slopes[kRowsTogether];
  for (size_t r = 0; r < kRows; r += hn::Lanes(few)) {
    const auto some = hn::FirstN(few, kRows - r);
    const auto positive = hn::MaskedLoad(some, few, steps.positive + i + r);
    const auto weight = hn::MaskedLoad(some, few, steps.weight + i + r);
    const auto shifted = hn::Sub(hn::Load(few, f + r), hn::Set(few, steps.shift));
    hn::Store(shifted, few, f + r);
    const auto error = hn::NegMulAdd(weight, sigmoid_of(few, shifted), positive);
    hn::Store(hn::Mul(hn::Set(few, lr), error), few, slopes + r);
  }

  RowVec slope[kRows];
  for (size_t r = 0; r < kRows; ++r) slope[r] = hn::Set(d, slopes[r]);
  for (size_t k = 0; k < stride; k += hn::Lanes(d)) {
    const RowVec hidden = hn::Load(d, h + k);
    RowVec changed = hidden;
    for (size_t r = 0; r < kRows; ++r) {
      const RowVec row = hn::Load(d, rows[r] + k);
      changed = hn::MulAdd(slope[r], row, changed);
      hn::Store(hn::MulAdd(slope[r], hidden, row), d, rows[r] + k);
    }
    hn::Store(changed, d, h + k);
  }
}

double take_steps(const EmbeddingSteps& steps, float lr, float* hidden, float* outputs) {
  constexpr int64_t kAhead = 3;
  double loss = 0.0;
  HWY_ALIGN float f[kRowsTogether];
  for (int64_t s = 0; s < steps.count; ++s) {
    if (s + kAhead < steps.count) {
      for (int64_t i = steps.begin(s + kAhead); i < steps.end(s + kAhead); ++i) {
        fetch_row(outputs + steps.output[i] * steps.stride, steps.stride);
      }
      fetch_row(hidden + steps.hidden[steps.window[s + kAhead]] * steps.stride, steps.stride);
    }
    float* h = hidden + steps.hidden[steps.window[s]] * steps.stride;
    const int64_t end = steps.end(s);
    for (int64_t i = steps.begin(s); i < end; i += kOutputsOfStep) {
      const int64_t rows = HWY_MIN(end - i, kOutputsOfStep);
      switch (rows) {
        case 4: step<4>(steps, i, lr, h, outputs, f); break;
        case 3: step<3>(steps, i, lr, h, outputs, f); break;
        case 2: step<2>(steps, i, lr, h, outputs, f); break;
        default: step<1>(steps, i, lr, h, outputs, f); break;
      }
      if (steps.window[s] % kLossEvery != 0) continue;
      for (int64_t r = 0; r < rows; ++r) loss += loss_plain<double>(f[r], steps.positive[i + r], steps.weight[i + r]);
    }
  }
  return loss;
}

void mean(const EmbeddingInputs& windows, const float* inputs, float* hidden) {
  const Row d;
  const auto stride = static_cast<size_t>(windows.stride);
  for (int64_t w = 0; w < windows.count; ++w) {
    const int64_t begin = windows.first_input[w], end = windows.first_input[w + 1];
    float* h = hidden + w * windows.stride;
    const RowVec share = hn::Set(d, 1.0f / static_cast<float>(HWY_MAX(int64_t{1}, end - begin)));
    for (size_t offset = 0; offset < stride; offset += hn::Lanes(d)) {
      RowVec sum = hn::Zero(d);
      for (int64_t i = begin; i < end; ++i) {
        sum = hn::Add(sum, hn::Load(d, inputs + windows.input[i] * windows.stride + offset));
      }
      hn::Store(hn::Mul(sum, share), d, h + offset);
    }
  }
}

void scatter(const EmbeddingInputs& windows, const float* gradients, RowShare share, float* inputs) {
  const Row d;
  const auto stride = static_cast<size_t>(windows.stride);
  for (int64_t w = 0; w < windows.count; ++w) {
    const float* gradient = gradients + w * windows.stride;
    for (int64_t i = windows.first_input[w]; i < windows.first_input[w + 1]; ++i) {
      if (!share.owns(windows.input[i])) continue;
      float* row = inputs + windows.input[i] * windows.stride;
      for (size_t k = 0; k < stride; k += hn::Lanes(d)) {
        hn::Store(hn::Add(hn::Load(d, row + k), hn::Load(d, gradient + k)), d, row + k);
      }
    }
  }
}

}  // namespace latent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace latent::kernels {

HWY_EXPORT(update);
HWY_EXPORT(gather_all);
HWY_EXPORT(take_steps);
HWY_EXPORT(mean);
HWY_EXPORT(scatter);

double update_outputs(const EmbeddingWindows& windows, HiddenRows<const float> hidden, float lr, RowShare share,
                      float* outputs, float* slopes) {
  return HWY_DYNAMIC_DISPATCH(update)(windows, hidden, lr, share, outputs, slopes);
}

void gather_gradients(const EmbeddingWindows& windows, const float* outputs, const float* slopes, const float* hidden,
                      float* gradients) {
  HWY_DYNAMIC_DISPATCH(gather_all)(windows, outputs, slopes, hidden, gradients);
}

double embedding_steps(const EmbeddingSteps& steps, float lr, float* hidden, float* outputs) {
  return HWY_DYNAMIC_DISPATCH(take_steps)(steps, lr, hidden, outputs);
}

void mean_inputs(const EmbeddingInputs& windows, const float* inputs, float* hidden) {
  HWY_DYNAMIC_DISPATCH(mean)(windows, inputs, hidden);
}

void scatter_gradients(const EmbeddingInputs& windows, const float* gradients, RowShare share, float* inputs) {
  HWY_DYNAMIC_DISPATCH(scatter)(windows, gradients, share, inputs);
}

}  // namespace latent::kernels
#endif
