#include <latent/compression/detail/mixture_coders.hpp>

#include <algorithm>

namespace latent::compression {

namespace exact = kernels::exact;

namespace {

constexpr auto kLanes = static_cast<size_t>(exact::kLanes);

// What the lanes' values of one place in the order of coding take of their stacks.
struct LaneIntervals {
  int32_t start[kLanes], end[kLanes];
};

LaneIntervals intervals_of(int64_t K, const float* mixture, const uint8_t* levels) {
  int32_t level[kLanes], next[kLanes];
  for (size_t lane = 0; lane < kLanes; ++lane) {
    level[lane] = levels[lane];
    next[lane] = levels[lane] + 1;
  }
  LaneIntervals intervals{};
  exact::mixture_cumulative(K, mixture, level, intervals.start);
  exact::mixture_cumulative(K, mixture, next, intervals.end);
  return intervals;
}

Interval interval(const int32_t* start, const int32_t* end, size_t lane) {
  return {static_cast<uint32_t>(start[lane]), static_cast<uint32_t>(end[lane] - start[lane])};
}

// Last in, first out: what is to be popped first is pushed last.
void push_reversed(const std::vector<LaneIntervals>& all, const LaneStacks& stacks) {
  for (size_t i = all.size(); i-- > 0;) {
    for (size_t lane = 0; lane < kLanes; ++lane) {
      if (stacks[lane] == nullptr) continue;
      stacks[lane]->push(interval(all[i].start, all[i].end, lane), exact::kProbabilityBits);
    }
  }
}

void pop_values(int64_t K, const float* mixture, const LaneStacks& stacks, uint8_t* levels) {
  int32_t slots[kLanes] = {};
  for (size_t lane = 0; lane < kLanes; ++lane) {
    if (stacks[lane] != nullptr) slots[lane] = static_cast<int32_t>(stacks[lane]->peek(exact::kProbabilityBits));
  }
  exact::LevelIntervals found{};
  exact::mixture_find(K, mixture, slots, found);
  for (size_t lane = 0; lane < kLanes; ++lane) {
    levels[lane] = 0;
    if (stacks[lane] == nullptr) continue;
    levels[lane] = static_cast<uint8_t>(found.level[lane]);
    stacks[lane]->pop(interval(found.start, found.end, lane), exact::kProbabilityBits);
  }
}

void median_values(int64_t K, const float* mixture, uint8_t* levels) {
  int32_t slots[kLanes];
  std::fill_n(slots, kLanes, 1 << (exact::kProbabilityBits - 1));
  exact::LevelIntervals found{};
  exact::mixture_find(K, mixture, slots, found);
  for (size_t lane = 0; lane < kLanes; ++lane) levels[lane] = static_cast<uint8_t>(found.level[lane]);
}

struct MixtureBuffers : ValueCoder::Buffers {
  Rows mixture;
  std::vector<LaneIntervals> intervals;
};

struct CausalBuffers : ValueCoder::Buffers {
  nn::CausalRunner::Buffers network;
  Rows features, x;  // channels last
  std::vector<LaneIntervals> intervals;
};

}  // namespace

MixtureCoder::MixtureCoder(const LogisticMixtureLikelihood& likelihood, const Shape& data_shape)
    : components_(likelihood.components()),
      numel_(data_shape.numel()),
      places_(data_shape.ndim() == 3 ? data_shape[1] * data_shape[2] : 1) {}

std::unique_ptr<ValueCoder::Buffers> MixtureCoder::make_buffers() const { return std::make_unique<MixtureBuffers>(); }

const float* MixtureCoder::mixture(int64_t i, const float* params, Buffers& buffers) const {
  Rows& mixture = dynamic_cast<MixtureBuffers&>(buffers).mixture;
  const int64_t width = 3 * components_, channel = i / places_, place = i % places_;
  mixture.resize(static_cast<size_t>(width * exact::kLanes));
  for (int64_t j = 0; j < width; ++j) {
    const float* row = params + ((channel * width + j) * places_ + place) * exact::kLanes;
    std::copy_n(row, exact::kLanes, mixture.data() + j * exact::kLanes);
  }
  exact::mixture_prepare(components_, mixture.data());
  return mixture.data();
}

void MixtureCoder::push(const float* params, const uint8_t* levels, const LaneStacks& stacks, Buffers& buffers) const {
  auto& intervals = dynamic_cast<MixtureBuffers&>(buffers).intervals;
  intervals.clear();
  for (int64_t i = 0; i < numel_; ++i) {
    intervals.push_back(intervals_of(components_, mixture(i, params, buffers), levels + i * exact::kLanes));
  }
  push_reversed(intervals, stacks);
}

void MixtureCoder::pop(const float* params, const LaneStacks& stacks, uint8_t* levels, Buffers& buffers) const {
  for (int64_t i = 0; i < numel_; ++i) {
    pop_values(components_, mixture(i, params, buffers), stacks, levels + i * exact::kLanes);
  }
}

void MixtureCoder::median(const float* params, uint8_t* levels, Buffers& buffers) const {
  for (int64_t i = 0; i < numel_; ++i) {
    median_values(components_, mixture(i, params, buffers), levels + i * exact::kLanes);
  }
}

CausalMixtureCoder::CausalMixtureCoder(const CausalMixtureLikelihood& likelihood, const Shape& data_shape)
    : runner_(likelihood.network(), data_shape[1], data_shape[2]),
      components_(likelihood.network().options().outputs_per_value / 3) {}

std::unique_ptr<ValueCoder::Buffers> CausalMixtureCoder::make_buffers() const {
  return std::make_unique<CausalBuffers>();
}

template <class Choose>
void CausalMixtureCoder::walk(const float* params, uint8_t* levels, Buffers& buffers, const Choose& choose) const {
  auto& b = dynamic_cast<CausalBuffers&>(buffers);
  const int64_t P = runner_.places(), C = runner_.options().channels, F = runner_.options().features;
  constexpr int64_t L = exact::kLanes;
  b.features.resize(static_cast<size_t>(P * F * L));
  b.x.resize(static_cast<size_t>(P * C * L));
  for (int64_t f = 0; f < F; ++f) {
    for (int64_t place = 0; place < P; ++place) {
      std::copy_n(params + (f * P + place) * L, L, b.features.data() + (place * F + f) * L);
    }
  }
  for (int64_t place = 0; place < P; ++place) {
    runner_.outputs(place, b.features.data(), b.x.data(), b.network);
    for (int64_t c = 0; c < C; ++c) {
      float* mixture = runner_.link(place, c, b.x.data(), b.network);
      exact::mixture_prepare(components_, mixture);
      uint8_t* row = levels + (c * P + place) * L;
      choose(mixture, row);
      float* x = b.x.data() + (place * C + c) * L;
      for (int64_t lane = 0; lane < L; ++lane) x[lane] = static_cast<float>(row[lane]) / 255.0f;
    }
  }
}

void CausalMixtureCoder::push(const float* params, const uint8_t* levels, const LaneStacks& stacks,
                              Buffers& buffers) const {
  auto& intervals = dynamic_cast<CausalBuffers&>(buffers).intervals;
  intervals.clear();
  std::vector<uint8_t> known(levels, levels + runner_.places() * runner_.options().channels * exact::kLanes);
  walk(params, known.data(), buffers,
       [&](const float* mixture, const uint8_t* row) { intervals.push_back(intervals_of(components_, mixture, row)); });
  push_reversed(intervals, stacks);
}

void CausalMixtureCoder::pop(const float* params, const LaneStacks& stacks, uint8_t* levels, Buffers& buffers) const {
  walk(params, levels, buffers,
       [&](const float* mixture, uint8_t* row) { pop_values(components_, mixture, stacks, row); });
}

void CausalMixtureCoder::median(const float* params, uint8_t* levels, Buffers& buffers) const {
  walk(params, levels, buffers, [&](const float* mixture, uint8_t* row) { median_values(components_, mixture, row); });
}

}  // namespace latent::compression
