#include <latent/training/doctor.hpp>

#include <latent/data/column_kinds.hpp>
#include <latent/training/batch_reader.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace latent::doctor {

namespace {

using Severity = Diagnosis::Severity;

struct Range {
  std::vector<float> low, high;  // per column
  int64_t samples = 0;
};

Range ranges_of_columns(const data::Dataset& data) {
  constexpr int64_t kMostSamples = 10'000, kMostValues = int64_t{1} << 26, kBatch = 256;
  const int64_t columns = data.sample_shape().numel();
  const int64_t limit = std::clamp<int64_t>(kMostValues / std::max<int64_t>(columns, 1), 2, kMostSamples);
  Range range;
  range.samples = std::min(data.size(), limit);
  range.low.assign(static_cast<size_t>(columns), std::numeric_limits<float>::infinity());
  range.high.assign(static_cast<size_t>(columns), -std::numeric_limits<float>::infinity());
  BatchReader reader(data, std::min(kBatch, range.samples));
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < range.samples; ++i) {
    indices.push_back(static_cast<int64_t>(static_cast<double>(i) * static_cast<double>(data.size()) /
                                           static_cast<double>(range.samples)));
    if (static_cast<int64_t>(indices.size()) < kBatch && i + 1 < range.samples) continue;
    const std::span<const float> values = std::as_const(reader.read(indices).x).span<float>();
    for (size_t row = 0; row < indices.size(); ++row) {
      const float* sample = values.data() + row * static_cast<size_t>(columns);
      for (size_t c = 0; c < range.low.size(); ++c) {
        range.low[c] = std::min(range.low[c], sample[c]);
        range.high[c] = std::max(range.high[c], sample[c]);
      }
    }
    indices.clear();
  }
  return range;
}

std::optional<Diagnosis> outside_unit_interval(const Range& range, const std::string& who, const char* advice) {
  const float low = *std::min_element(range.low.begin(), range.low.end());
  const float high = *std::max_element(range.high.begin(), range.high.end());
  if (low >= 0.0f && high <= 1.0f) return std::nullopt;
  return Diagnosis{Severity::error, "outside-unit-interval",
                   fmt::format("values lie in [{:.4g}, {:.4g}], but {} them in [0, 1]", low, high, who), advice};
}

std::string likelihood_of(const LatentModel& model) {
  const nlohmann::json config = model.config();
  const nlohmann::json::json_pointer name("/likelihood/name");
  return config.contains(name) ? fmt::format("likelihood '{}'", config.at(name).get<std::string>()) : "the model";
}

const char* advice_for_unit_interval(const data::Dataset& data) {
  if (data.kind() == data::Kind::images && !data.is_standardised())
    return "use --likelihood gaussian, or scale the data to [0, 1]";
  return "values are standardised, so that scaling them changes nothing: use --likelihood gaussian; values of 8 bits "
         "become [0, 1] if they are saved as a u8 .npy";
}

// Of bytes that were meant to be black and white, the model sees next to nothing.
std::optional<Diagnosis> ones_of_255(const Range& range, const data::Dataset& data) {
  constexpr float kOne = 1.0f / 255.0f;
  if (data.stored_dtype() != DType::u8 || data.kind() == data::Kind::table) return std::nullopt;
  const float low = *std::min_element(range.low.begin(), range.low.end());
  const float high = *std::max_element(range.high.begin(), range.high.end());
  if (low != 0.0f || high <= 0.0f || high > 1.5f * kOne) return std::nullopt;
  return Diagnosis{Severity::warning, "ones-of-255",
                   fmt::format("no value of the {} samples looked at is above 1 of 255: the model sees 0 to {:.4f}",
                               range.samples, high),
                   "save values of 0 and 1 as bool, or multiply them by 255"};
}

// "'age', 'height' and 3 more", or nothing for data without names.
std::string some_names(const std::vector<size_t>& columns, std::span<const std::string> names) {
  if (names.empty()) return "";
  constexpr size_t kShown = 3;
  std::string text;
  for (size_t i = 0; i < std::min(columns.size(), kShown); ++i) {
    text += fmt::format("{}'{}'", i == 0 ? ": " : ", ", names[columns[i]]);
  }
  if (columns.size() > kShown) text += fmt::format(" and {} more", columns.size() - kShown);
  return text;
}

std::optional<Diagnosis> constant_columns(const Range& range, const data::Dataset& data) {
  if (range.samples < 2) return std::nullopt;
  const bool images = data.kind() == data::Kind::images;
  const size_t total = range.low.size();
  std::vector<size_t> constant;
  for (size_t c = 0; c < total; ++c) {
    if (range.low[c] == range.high[c]) constant.push_back(c);
  }
  if (constant.empty() || (images && constant.size() < total)) return std::nullopt;
  if (range.samples < data.size()) {  // what some samples suggest, all must show
    const std::vector<std::vector<float>> values = data::distinct_values(data, 2);
    std::erase_if(constant, [&](size_t c) { return values[c].size() > 1; });
  }
  if (constant.size() == total) {
    return Diagnosis{Severity::warning, "constant-inputs",
                     fmt::format("all {} samples are equal: there is nothing to learn", data.size()),
                     "check the data, and how it was read (latent data info)"};
  }
  if (constant.empty() || images) return std::nullopt;
  const auto names = data.column_names();
  return Diagnosis{
      Severity::note, "constant-inputs",
      fmt::format("{} of {} columns are constant{}", constant.size(), total,
                  some_names(constant, names.size() == total ? names : std::span<const std::string>{})),
      "they say nothing and may be dropped; with --likelihood gaussian:learned their scale shrinks without end"};
}

// Whether each of the last `count` epochs has a value of `loss` that `compare`s with the one before.
template <class Loss, class Compare>
bool all_of_last(std::span<const EpochReport> history, size_t count, const Loss& loss, const Compare& compare) {
  if (history.size() < count + 1) return false;
  for (size_t i = history.size() - count; i < history.size(); ++i) {
    if (!compare(loss(history[i]), loss(history[i - 1]))) return false;
  }
  return true;
}

// A likelihood of fixed scale takes errors below it for noise, and pays nothing to a code that would explain them.
std::string scale_advice(const Pressure& pressure) {
  if (!pressure.scale) return "";
  const std::string smaller =
      fmt::format("a scale below {:g} (--likelihood {}:X), ", *pressure.scale, pressure.likelihood);
  return pressure.likelihood == "gaussian" ? smaller + "a learned one (--likelihood gaussian:learned), " : smaller;
}

double loss_in(const Metrics& metrics) {
  const auto found = metrics.find("loss");
  return found == metrics.end() ? std::numeric_limits<double>::quiet_NaN() : found->second;
}

}  // namespace

std::vector<Diagnosis> examine_data(const LatentModel& model, const data::Dataset& data,
                                    const data::Corruption& corruption) {
  std::vector<Diagnosis> found;
  if (data.size() == 0 || data.sample_shape().numel() == 0) return found;
  const Range range = ranges_of_columns(data);
  std::optional<Diagnosis> outside;
  if (model.needs_unit_interval()) {
    outside = outside_unit_interval(range, likelihood_of(model) + " needs", advice_for_unit_interval(data));
  } else if (!corruption.empty() && data.kind() == data::Kind::images && !data.is_standardised()) {
    outside = outside_unit_interval(range, "damaged images are clipped to have", "scale the data to [0, 1]");
  }
  if (outside) found.push_back(*outside);
  if (auto diagnosis = ones_of_255(range, data)) found.push_back(*diagnosis);
  if (auto diagnosis = constant_columns(range, data)) found.push_back(*diagnosis);
  return found;
}

std::optional<Diagnosis> find_collapse(std::span<const EpochReport> history, const Pressure& pressure) {
  constexpr double kCollapsed = 0.01;  // nats
  if (history.empty() || history.back().kl_per_dim.empty()) return std::nullopt;
  // The first epoch's mean holds the first steps, in which KL has not yet risen from the initial weights.
  const EpochReport& last = history.back();
  if (last.epoch < 2 || static_cast<double>(last.epoch) <= pressure.warmup_epochs) return std::nullopt;
  const auto& kl = last.kl_per_dim;
  const auto collapsed =
      static_cast<size_t>(std::count_if(kl.begin(), kl.end(), [](double d) { return d < kCollapsed; }));
  if (2 * collapsed < kl.size()) return std::nullopt;
  return Diagnosis{
      Severity::warning, kPosteriorCollapse,
      fmt::format("KL of {} of {} dimensions is under {} nats: they carry no information (posterior collapse)",
                  collapsed, kl.size(), kCollapsed),
      fmt::format("try {}a lower --beta, --kl-warmup, --free-bits, or fewer dimensions (--latent-dim)",
                  scale_advice(pressure))};
}

std::optional<Diagnosis> find_overfitting(std::span<const EpochReport> history) {
  constexpr size_t kInARow = 3;
  const auto held_out = [](const EpochReport& r) { return loss_in(r.held_out); };
  const auto train = [](const EpochReport& r) { return loss_in(r.train); };
  const bool worse = all_of_last(history, kInARow, held_out, std::greater<>());
  if (!worse || !all_of_last(history, kInARow, train, std::less<>())) return std::nullopt;
  const auto best = std::min_element(history.begin(), history.end(), [&](const EpochReport& a, const EpochReport& b) {
    return held_out(a) < held_out(b);
  });
  return Diagnosis{
      Severity::warning, kOverfitting,
      fmt::format("held-out loss got worse {} epochs in a row (now {:.2f}, best {:.2f} in epoch {}) while the "
                  "training loss improved: the model overfits",
                  kInARow, held_out(history.back()), held_out(*best), best->epoch),
      "keep the best weights with --patience, or try fewer epochs, a smaller network, --weight-decay or more data"};
}

std::optional<Diagnosis> find_held_out_not_finite(std::span<const EpochReport> history) {
  if (history.empty() || history.back().held_out.empty() || std::isfinite(loss_in(history.back().held_out))) {
    return std::nullopt;
  }
  return Diagnosis{Severity::warning, kHeldOutNotFinite, "the held-out loss is not finite, although training goes on",
                   "look for extreme values in the held-out data, or lower --lr"};
}

Diagnosis non_finite(const char* what, int64_t epoch, int64_t step, double lr, double next_lr) {
  return {
      Severity::warning, "non-finite",
      fmt::format("the {} was not finite in step {} of epoch {} (lr {:.3g}); went back to the last good state, and on "
                  "with lr {:.3g}",
                  what, step, epoch, lr, next_lr),
      "if it comes back, start with a lower --lr or limit gradients with --clip 1"};
}

}  // namespace latent::doctor
