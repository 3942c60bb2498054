#include <latent/data/corrupt.hpp>

#include <latent/core/choice.hpp>
#include <latent/core/names.hpp>
#include <latent/core/threads.hpp>
#include <latent/data/detail/dataset_over.hpp>
#include <latent/kernels/blur.hpp>
#include <latent/kernels/noise.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace latent::data {

namespace {

// The stream of corrupted(); the trainer's and the evaluation's are their own.
constexpr uint64_t kCorruptedStream = 0x636f7272757074;

struct Strength {
  Damage kind;
  const char* meaning;
  double most;
  bool most_is_allowed;
};
constexpr auto kDamages = std::to_array<Choice<Strength>>({
    {"gaussian", {Damage::gaussian, "a standard deviation", 1000.0, true}},
    {"salt-pepper", {Damage::salt_pepper, "a probability", 1.0, false}},
    {"mask", {Damage::mask, "a probability", 1.0, false}},
    {"blur", {Damage::blur, "a standard deviation in pixels", 100.0, true}},
});

std::string_view name_of(Damage kind) {
  for (const auto& choice : kDamages) {
    if (choice.value.kind == kind) return choice.name;
  }
  return "?";
}

// The number at the front of `text`, which loses it; nullopt if there is none.
std::optional<double> take_number(std::string_view& text) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return value;
}

// "0.3" or "0.2-0.6"; nullopt for anything else.
std::optional<std::pair<double, double>> range_from(std::string_view text) {
  const std::optional<double> low = take_number(text);
  if (!low) return std::nullopt;
  if (text.empty()) return std::pair{*low, *low};
  if (text.front() != '-') return std::nullopt;
  text.remove_prefix(1);
  const std::optional<double> high = take_number(text);
  if (!high || !text.empty()) return std::nullopt;
  return std::pair{*low, *high};
}

DamageStep step_from(std::string_view text) {
  const size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const Strength& strength = choose("damage", name, kDamages);
  const std::string_view value = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  const auto range = range_from(value);
  LATENT_CHECK(range.has_value(), "{} needs {}, such as {}:0.3, or a range, such as {}:0.2-0.6, got '{}'", name,
               strength.meaning, name, name, printable(value));
  const auto [low, high] = *range;
  const bool is_range = low != high;
  const bool low_fits = is_range ? low >= 0.0 && low < high : low > 0.0;
  const bool high_fits = strength.most_is_allowed ? high <= strength.most : high < strength.most;
  LATENT_CHECK(low_fits && high_fits, "{} takes {} in (0, {:g}{}, or a range of them in rising order, got '{}'", name,
               strength.meaning, strength.most, strength.most_is_allowed ? "]" : ")", printable(value));
  return {strength.kind, low, high};
}

bool is_unit_interval(const Dataset& data) {
  return (data.kind().are_pixels || data.stored_dtype() == DType::u8) && !data.is_standardised();
}

}  // namespace

Corruption Corruption::from_text(std::string_view text) {
  constexpr size_t kMostSteps = 16;
  Corruption corruption;
  if (text == "none") return corruption;
  while (true) {
    const size_t comma = text.find(',');
    corruption.steps_.push_back(step_from(text.substr(0, comma)));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  LATENT_CHECK(corruption.steps_.size() <= kMostSteps, "at most {} steps of damage, got {}", kMostSteps,
               corruption.steps_.size());
  return corruption;
}

std::string Corruption::str() const {
  if (empty()) return "none";
  std::string text;
  for (const DamageStep& step : steps_) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : ",", name_of(step.kind), step.low);
    if (step.high != step.low) text += fmt::format("-{}", step.high);
  }
  return text;
}

Corruptor::Corruptor(Corruption corruption, const Dataset& like)
    : corruption_(std::move(corruption)), shape_(like.sample_shape()) {
  const bool unit_interval = is_unit_interval(like);
  low_ = unit_interval ? 0.0f : -std::numeric_limits<float>::infinity();
  high_ = unit_interval ? 1.0f : std::numeric_limits<float>::infinity();
  for (const DamageStep& step : corruption_.steps()) {
    LATENT_CHECK(step.kind != Damage::salt_pepper || unit_interval,
                 "[corrupt] salt-pepper makes values 0 or 1, which means nothing in {}: use gaussian or mask",
                 like.kind().described());
    LATENT_CHECK(step.kind != Damage::blur || like.kind().is_spatial,
                 "[corrupt] blur needs images, but the data is {}: use gaussian or mask", like.kind().described());
  }
}

void Corruptor::apply(std::span<const int64_t> numbers, const Rng& tape, std::span<const float> x,
                      std::span<float> damaged) const {
  constexpr int64_t kValuesPerThread = 1 << 13;
  const int64_t numel = shape_.numel();
  const auto count = static_cast<int64_t>(numbers.size());
  LATENT_CHECK(static_cast<int64_t>(x.size()) == count * numel && damaged.size() == x.size(),
               "[corrupt] {} samples of {} values, got {} floats for {}", count, numel, x.size(), damaged.size());
  parallel_for(count, std::max<int64_t>(1, kValuesPerThread / numel), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      float* sample = damaged.data() + i * numel;
      if (sample != x.data() + i * numel) std::copy_n(x.data() + i * numel, numel, sample);
      damage(tape.fork(static_cast<uint64_t>(numbers[static_cast<size_t>(i)])), sample);
    }
  });
}

void Corruptor::damage(const Rng& tape, float* sample) const {
  for (size_t i = 0; i < corruption_.steps().size(); ++i) {
    const DamageStep& step = corruption_.steps()[i];
    Rng rng = tape.fork(i);
    const double strength = step.low + (step.high - step.low) * rng.uniform();
    const auto amount = static_cast<float>(strength);
    switch (step.kind) {
      case Damage::gaussian: kernels::add_normal(rng.state(), amount, low_, high_, sample, shape_.numel()); break;
      case Damage::salt_pepper:
        kernels::strike(rng.state(), 0.5f * amount, 0.5f * amount, sample, shape_.numel());
        break;
      case Damage::mask: kernels::strike(rng.state(), amount, 0.0f, sample, shape_.numel()); break;
      case Damage::blur: {
        if (strength == 0.0) break;
        const std::vector<float> window = kernels::gaussian_window(strength);
        for (int64_t c = 0; c < shape_[0]; ++c) {
          kernels::blur_plane(window, shape_[1], shape_[2], sample + c * shape_[1] * shape_[2]);
        }
      }
    }
  }
}

namespace {

class Corrupted final : public DatasetOver {
 public:
  Corrupted(std::shared_ptr<const Dataset> base, const Corruption& corruption, uint64_t seed)
      : DatasetOver(std::move(base)), corruptor_(corruption, this->base()), tape_(Rng(seed).fork(kCorruptedStream)) {}

  void gather(std::span<const int64_t> indices, std::span<float> out) const override {
    base().gather(indices, out);
    corruptor_.apply(indices, tape_, out, out);
  }

 private:
  Corruptor corruptor_;
  Rng tape_;
};

}  // namespace

std::shared_ptr<const Dataset> corrupted(std::shared_ptr<const Dataset> base, const Corruption& corruption,
                                         uint64_t seed) {
  LATENT_CHECK(base != nullptr, "[corrupted] no set to damage");
  if (corruption.empty()) return base;
  return std::make_shared<Corrupted>(std::move(base), corruption, seed);
}

}  // namespace latent::data
