#include <latent/compression/detail/value_coder.hpp>

#include <latent/compression/detail/mixture_coders.hpp>
#include <latent/core/detail/json_fields.hpp>
#include <latent/probability/bernoulli_likelihood.hpp>

namespace latent::compression {

namespace exact = kernels::exact;

namespace {

uint8_t level_of(float value) {
  const float scaled = value * 255.0f + 0.5f;
  return !(scaled > 0.0f) ? uint8_t{0} : (scaled < 255.0f ? static_cast<uint8_t>(scaled) : uint8_t{255});
}

// Values of 0 and 255.
class BernoulliCoder : public ValueCoder {
 public:
  explicit BernoulliCoder(int64_t numel) : numel_(numel) {}
  std::unique_ptr<Buffers> make_buffers() const override { return std::make_unique<Shares>(); }
  bool is_binary() const override { return true; }

  void push(const float* params, const uint8_t* levels, const LaneStacks& stacks, Buffers& buffers) const override {
    const std::vector<int32_t>& ones = shares(params, buffers);
    for (int64_t i = numel_; i-- > 0;) {
      for (size_t lane = 0; lane < stacks.size(); ++lane) {
        if (stacks[lane] == nullptr) continue;
        const size_t at = static_cast<size_t>(i) * stacks.size() + lane;
        stacks[lane]->push(interval(ones[at], levels[at] != 0), exact::kProbabilityBits);
      }
    }
  }
  void pop(const float* params, const LaneStacks& stacks, uint8_t* levels, Buffers& buffers) const override {
    const std::vector<int32_t>& ones = shares(params, buffers);
    for (int64_t i = 0; i < numel_; ++i) {
      for (size_t lane = 0; lane < stacks.size(); ++lane) {
        if (stacks[lane] == nullptr) continue;
        const size_t at = static_cast<size_t>(i) * stacks.size() + lane;
        const bool one = stacks[lane]->peek(exact::kProbabilityBits) < static_cast<uint32_t>(ones[at]);
        stacks[lane]->pop(interval(ones[at], one), exact::kProbabilityBits);
        levels[at] = one ? 255 : 0;
      }
    }
  }
  void median(const float* params, uint8_t* levels, Buffers& buffers) const override {
    const std::vector<int32_t>& ones = shares(params, buffers);
    constexpr float kAll = 1 << exact::kProbabilityBits;
    for (size_t i = 0; i < ones.size(); ++i) levels[i] = level_of(static_cast<float>(ones[i]) / kAll);
  }

 private:
  struct Shares : Buffers {
    std::vector<int32_t> ones;
  };
  const std::vector<int32_t>& shares(const float* logits, Buffers& buffers) const {
    auto& ones = dynamic_cast<Shares&>(buffers).ones;
    ones.resize(static_cast<size_t>(numel_ * exact::kLanes));
    exact::bernoulli_shares(logits, numel_, ones.data());
    return ones;
  }
  static Interval interval(int32_t ones, bool one) {
    const auto share = static_cast<uint32_t>(ones);
    return one ? Interval{0, share} : Interval{share, (uint32_t{1} << exact::kProbabilityBits) - share};
  }

  int64_t numel_;
};

// Densities over real numbers: their means can be shown, but they give no probability to a level.
class MeanCoder : public ValueCoder {
 public:
  explicit MeanCoder(int64_t numel) : numel_(numel) {}
  std::unique_ptr<Buffers> make_buffers() const override { return std::make_unique<Buffers>(); }
  bool is_lossless() const override { return false; }
  void push(const float*, const uint8_t*, const LaneStacks&, Buffers&) const override {}
  void pop(const float*, const LaneStacks&, uint8_t*, Buffers&) const override {}
  void median(const float* params, uint8_t* levels, Buffers&) const override {
    for (int64_t i = 0; i < numel_ * exact::kLanes; ++i) levels[i] = level_of(params[i]);
  }

 private:
  int64_t numel_;
};

}  // namespace

std::unique_ptr<ValueCoder> make_value_coder(const Likelihood& likelihood, const Shape& data_shape) {
  if (dynamic_cast<const BernoulliLikelihood*>(&likelihood) != nullptr) {
    return std::make_unique<BernoulliCoder>(data_shape.numel());
  }
  if (const auto* mixture = dynamic_cast<const LogisticMixtureLikelihood*>(&likelihood)) {
    return std::make_unique<MixtureCoder>(*mixture, data_shape);
  }
  if (const auto* causal = dynamic_cast<const CausalMixtureLikelihood*>(&likelihood)) {
    return std::make_unique<CausalMixtureCoder>(*causal, data_shape);
  }
  LATENT_CHECK(likelihood.takes_means(), "[compress] a likelihood '{}' cannot be coded; train with preset vae-lossless",
               name_in("likelihood", *likelihood.config()));
  return std::make_unique<MeanCoder>(data_shape.numel());
}

}  // namespace latent::compression
