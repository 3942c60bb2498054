#include <latent/training/doctor.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/data/column_kinds.hpp>
#include <latent/training/batch_reader.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

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

std::optional<Diagnosis> outside_unit_interval(const Range& range, const std::string& who, std::string_view advice) {
  const float low = *std::min_element(range.low.begin(), range.low.end());
  const float high = *std::max_element(range.high.begin(), range.high.end());
  if (low >= 0.0f && high <= 1.0f) return std::nullopt;
  return Diagnosis{Severity::error, "outside-unit-interval",
                   fmt::format("values lie in [{:.4g}, {:.4g}], but {} them in [0, 1]", low, high, who),
                   std::string(advice)};
}

std::string likelihood_of(const LatentModel& model) {
  const nlohmann::json config = *model.config();
  const nlohmann::json::json_pointer name("/likelihood/name");
  return config.contains(name) ? fmt::format("likelihood '{}'", config.at(name).get<std::string>()) : "the model";
}

// Where bytes were meant to be black and white, the model sees next to nothing.
std::optional<Diagnosis> ones_of_255(const Range& range, const data::Dataset& data) {
  constexpr float kOne = 1.0f / 255.0f;
  if (data.stored_dtype() != DType::u8 || !data.kind().has_one_scale) return std::nullopt;
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
  const bool has_columns = data.kind().has_columns;
  const size_t total = range.low.size();
  std::vector<size_t> constant;
  for (size_t c = 0; c < total; ++c) {
    if (range.low[c] == range.high[c]) constant.push_back(c);
  }
  if (constant.empty() || (!has_columns && constant.size() < total)) return std::nullopt;
  if (range.samples < data.size()) {  // what some samples suggest, all must show
    const std::vector<std::vector<float>> values = data::distinct_values(data, 2);
    std::erase_if(constant, [&](size_t c) { return values[c].size() > 1; });
  }
  if (constant.size() == total) {
    return Diagnosis{Severity::warning, "constant-inputs",
                     fmt::format("all {} samples are equal: there is nothing to learn", data.size()),
                     "check the data, and how it was read (latent data info)"};
  }
  if (constant.empty() || !has_columns) return std::nullopt;
  const auto names = data.column_names();
  return Diagnosis{Severity::note, "constant-inputs",
                   fmt::format("{} of {} columns are constant{}", constant.size(), total,
                               some_names(constant, names.size() == total ? names : std::span<const std::string>{})),
                   "they say nothing and may be dropped; the one scale of --likelihood gaussian:learned is an average "
                   "that they take "
                   "part in"};
}

// A likelihood of fixed scale takes errors below it for noise, and pays nothing to a code that would explain them.
std::string scale_advice(const Course& course) {
  if (!course.scale) return "";
  const std::string smaller = fmt::format("a scale below {:g} (--likelihood {}:X), ", *course.scale, course.likelihood);
  return course.likelihood == "gaussian" ? smaller + "a learned one (--likelihood gaussian:learned), " : smaller;
}

double value_in(const Metrics& metrics, const char* name) {
  const auto found = metrics.find(name);
  return found == metrics.end() ? std::numeric_limits<double>::quiet_NaN() : found->second;
}

// The bound itself: a loss has weights in it (beta, the KL's warm-up) that may change from epoch to epoch.
double loss_in(const Metrics& metrics) {
  return metrics.contains("elbo") ? -value_in(metrics, "elbo") : value_in(metrics, "loss");
}
double held_out_loss(const EpochReport& report) { return loss_in(report.held_out); }
double train_loss(const EpochReport& report) { return loss_in(report.train); }

int64_t epochs_for(int64_t steps, const Course& course) {
  const int64_t per_epoch = std::max<int64_t>(course.steps_per_epoch, 1);
  return (steps + per_epoch - 1) / per_epoch;
}

// The last `count` epochs, where there are so many after the warm-up; or else none.
std::span<const EpochReport> window_of(std::span<const EpochReport> history, int64_t count, const Course& course) {
  if (static_cast<int64_t>(history.size()) < count) return {};
  const auto window = history.last(static_cast<size_t>(count));
  return static_cast<double>(window.front().epoch) > course.warmup_epochs ? window : std::span<const EpochReport>{};
}

constexpr double kCollapsed = 0.01;  // nats

size_t collapsed_in(const EpochReport& report) {
  const auto& kl = report.kl_per_dim;
  return static_cast<size_t>(std::count_if(kl.begin(), kl.end(), [](double d) { return d < kCollapsed; }));
}
bool is_collapsed(const EpochReport& report) {
  return !report.kl_per_dim.empty() && 2 * collapsed_in(report) >= report.kl_per_dim.size();
}
double total_kl(const EpochReport& report) {
  return std::accumulate(report.kl_per_dim.begin(), report.kl_per_dim.end(), 0.0);
}

Diagnosis collapse(const EpochReport& report, const Course& course) {
  return {Severity::warning, kPosteriorCollapse,
          fmt::format("KL of {} of {} dimensions is under {} nats: they carry no information (posterior collapse)",
                      collapsed_in(report), report.kl_per_dim.size(), kCollapsed),
          fmt::format("try {}a lower --beta, --kl-warmup, --free-bits, or fewer dimensions (--latent-dim)",
                      scale_advice(course))};
}

double mean_of(std::span<const EpochReport> window, double (*loss)(const EpochReport&)) {
  double mean = 0.0;
  for (const EpochReport& report : window) mean += loss(report) / static_cast<double>(window.size());
  return mean;
}

// The least-squares line through values at 0, 1, 2, ...: its slope, and the standard error of that.
struct Trend {
  double slope = 0.0, error = 0.0;
};
Trend trend_of(std::span<const EpochReport> window, double (*loss)(const EpochReport&)) {
  const auto n = static_cast<double>(window.size());
  const double middle = (n - 1.0) / 2.0, mean = mean_of(window, loss);
  double products = 0.0, squares = 0.0;
  for (size_t i = 0; i < window.size(); ++i) {
    const double x = static_cast<double>(i) - middle;
    products += x * (loss(window[i]) - mean);
    squares += x * x;
  }
  Trend trend{products / squares, 0.0};
  double residuals = 0.0;
  for (size_t i = 0; i < window.size(); ++i) {
    const double x = static_cast<double>(i) - middle, residual = loss(window[i]) - mean - trend.slope * x;
    residuals += residual * residual;
  }
  trend.error = std::sqrt(residuals / (n - 2.0) / squares);
  return trend;
}

// The standard deviation of noise that is independent from epoch to epoch, by the differences of neighbours.
double noise_of(std::span<const EpochReport> window, double (*loss)(const EpochReport&)) {
  const auto n = static_cast<double>(window.size() - 1);
  double sum = 0.0, squares = 0.0;
  for (size_t i = 1; i < window.size(); ++i) {
    const double step = loss(window[i]) - loss(window[i - 1]);
    sum += step;
    squares += step * step;
  }
  return std::sqrt(std::max(0.0, squares / n - sum / n * (sum / n)) / 2.0);
}

const EpochReport& best_epoch(std::span<const EpochReport> history) {
  const auto loss = [](const EpochReport& report) {
    const double value = held_out_loss(report);
    return std::isfinite(value) ? value : std::numeric_limits<double>::infinity();
  };
  return *std::min_element(history.begin(), history.end(),
                           [&](const EpochReport& a, const EpochReport& b) { return loss(a) < loss(b); });
}

}  // namespace

std::vector<Diagnosis> examine_data(const LatentModel& model, const data::Dataset& data,
                                    const data::Corruption& corruption) {
  std::vector<Diagnosis> found;
  // What is looked at below is said of numbers, not of ids and symbols.
  if (data.size() == 0 || data.sample_shape().numel() == 0 || data.value_dtype() != DType::f32) return found;
  const Range range = ranges_of_columns(data);
  std::optional<Diagnosis> outside;
  if (model.needs_unit_interval()) {
    outside = outside_unit_interval(range, likelihood_of(model) + " needs", data.kind().unit_interval_advice);
  } else if (!corruption.empty() && data.kind().are_pixels) {
    outside = outside_unit_interval(range, "damaged images are clipped to have", "scale the data to [0, 1]");
  }
  if (outside) found.push_back(*outside);
  if (auto diagnosis = ones_of_255(range, data)) found.push_back(*diagnosis);
  if (auto diagnosis = constant_columns(range, data)) found.push_back(*diagnosis);
  return found;
}

std::optional<Diagnosis> find_collapse(std::span<const EpochReport> history, const Course& course) {
  constexpr int64_t kLeastEpochs = 3, kLeastSteps = 1000;
  constexpr double kGrowth = 1.1, kTimes = 2.0;
  const auto window = window_of(history, std::max(kLeastEpochs, epochs_for(kLeastSteps, course)), course);
  if (window.empty() || !std::all_of(window.begin(), window.end(), is_collapsed)) return std::nullopt;
  const EpochReport &first = window.front(), &last = window.back();
  const bool wakes = collapsed_in(last) < collapsed_in(first);
  // What noise makes of nothing is no growth, unless it doubles.
  const double kl_that_carries = kCollapsed * static_cast<double>(last.kl_per_dim.size());
  const bool grows = total_kl(last) > std::max(kGrowth * total_kl(first), kl_that_carries) ||
                     total_kl(last) > kTimes * total_kl(first);
  if (wakes || grows) return std::nullopt;
  return collapse(last, course);
}

std::optional<Diagnosis> find_final_collapse(std::span<const EpochReport> history, const Course& course) {
  constexpr int64_t kManySteps = 1000;
  if (history.empty() || !is_collapsed(history.back())) return std::nullopt;
  const EpochReport& last = history.back();
  if (last.epoch < 2 && course.steps_per_epoch < kManySteps) return std::nullopt;
  if (static_cast<double>(last.epoch) <= course.warmup_epochs) return std::nullopt;
  if (const auto lasting = find_collapse(history, course)) return lasting;
  Diagnosis found = collapse(last, course);
  found.severity = Severity::note;
  found.what = fmt::format(
      "KL of {} of {} dimensions is under {} nats so far: they carry no information yet, or never "
      "will (posterior collapse)",
      collapsed_in(last), last.kl_per_dim.size(), kCollapsed);
  found.advice = "see whether more epochs change that, or " + found.advice;
  return found;
}

namespace {

// Whether less than a tenth of the entries is in use.
bool is_hardly_used(const EpochReport& report, const Course& course) {
  constexpr double kLeastShare = 0.1;
  return value_in(report.train, "perplexity") < kLeastShare * static_cast<double>(course.codebook_size);
}

}  // namespace

std::optional<Diagnosis> find_codebook_collapse(std::span<const EpochReport> history, const Course& course) {
  constexpr int64_t kLeastEpochs = 3, kLeastSteps = 1000;
  const auto window = window_of(history, std::max(kLeastEpochs, epochs_for(kLeastSteps, course)), course);
  const auto hardly = [&](const EpochReport& report) { return is_hardly_used(report, course); };
  if (window.empty() || !std::ranges::all_of(window, hardly)) return std::nullopt;
  const double now = value_in(window.back().train, "perplexity");
  if (now > value_in(window.front().train, "perplexity")) return std::nullopt;
  return Diagnosis{Severity::warning, kCodebookCollapse,
                   fmt::format("the codebooks are hardly used: a perplexity of {:.1f} where {} entries could all serve",
                               now, course.codebook_size),
                   "try fewer entries (--posterior vq:N), a lower --lr, or more dimensions (--latent-dim)"};
}

std::optional<Diagnosis> find_overfitting(std::span<const EpochReport> history, const Course& course) {
  constexpr int64_t kLeastEpochs = 6, kLeastSteps = 200, kPart = 5;
  constexpr double kSure = 4.0, kShare = 0.25;
  const int64_t least = std::max(kLeastEpochs, epochs_for(kLeastSteps, course));
  const auto rises = [](std::span<const EpochReport> window) {
    const Trend held_out = trend_of(window, held_out_loss), train = trend_of(window, train_loss);
    return train.slope < 0.0 && held_out.slope > kSure * held_out.error && held_out.slope > 0.0;
  };
  // The cheap question comes first: it is asked after each of thousands of epochs.
  const auto recent = window_of(history, least, course);
  if (recent.empty() || !rises(recent)) return std::nullopt;

  const EpochReport& best = best_epoch(history);
  const auto window = window_of(history, std::max(least, best.epoch / kPart), course);
  if (window.empty() || best.epoch >= window.front().epoch || !rises(window)) return std::nullopt;
  const auto place = static_cast<size_t>(&best - history.data());
  const auto around_best = history.subspan(place - std::min<size_t>(place, 2), 3), latest = history.last(3);
  const double rise = mean_of(latest, held_out_loss) - held_out_loss(best);
  const double fall = mean_of(around_best, train_loss) - mean_of(latest, train_loss);
  if (!(rise > kSure * noise_of(window, held_out_loss) && rise > kShare * fall)) return std::nullopt;
  return Diagnosis{
      Severity::warning, kOverfitting,
      fmt::format("the held-out loss has been rising (now {:.2f}, best {:.2f} in epoch {}) while the training loss "
                  "falls: the model overfits",
                  held_out_loss(window.back()), held_out_loss(best), best.epoch),
      "keep the best weights with --patience, or try fewer epochs, a smaller network, --weight-decay or more data"};
}

std::optional<Diagnosis> find_held_out_not_finite(std::span<const EpochReport> history) {
  if (history.empty() || history.back().held_out.empty()) return std::nullopt;
  const Metrics& held_out = history.back().held_out;
  if (std::isfinite(loss_in(held_out)) && std::isfinite(value_in(held_out, "loss"))) return std::nullopt;
  return Diagnosis{Severity::warning, kHeldOutNotFinite, "the held-out loss is not finite, although training goes on",
                   "look for extreme values in the held-out data, or lower --lr"};
}

std::vector<Diagnosis> judge_fit(const ReconstructionFit& fit) {
  constexpr double kHardly = 0.01, kWorse = 1.02;
  if (fit.r2() < kHardly) {
    return {{Severity::warning, kWorseThanMean,
             fmt::format("reconstructions are {} the mean of the training data (R2 {:.3f}): the model has learned "
                         "{} of single samples",
                         fit.r2() < 0.0 ? "worse than" : "hardly better than", fit.r2(),
                         fit.r2() < 0.0 ? "nothing" : "next to nothing"),
             "try more epochs, another --lr, a lower --beta or a smaller scale of the likelihood"}};
  }
  if (fit.mse_of_pca && fit.mse > kWorse * *fit.mse_of_pca) {
    return {{Severity::note, kWorseThanPca,
             fmt::format("PCA with {} components reconstructs better: mean squared error {:.4g}, the model {:.4g}",
                         fit.pca_dims, *fit.mse_of_pca, fit.mse),
             "more epochs, a wider network or a smaller or learned scale may help"}};
  }
  return {};
}

std::optional<Diagnosis> take_back(const std::string& code, int64_t epoch, std::span<const EpochReport> history) {
  if (history.empty()) return std::nullopt;
  const EpochReport& last = history.back();
  const auto note = [&](std::string_view about, const std::string& now) {
    const std::string when = epoch > 0 ? fmt::format("of epoch {} ", epoch) : std::string();
    return Diagnosis{Severity::note, code, fmt::format("the warning {}about {} no longer holds: {}", when, about, now),
                     ""};
  };
  if (code == kPosteriorCollapse && !last.kl_per_dim.empty() && !is_collapsed(last)) {
    const size_t dims = last.kl_per_dim.size(), active = dims - collapsed_in(last);
    return note("posterior collapse", active == dims ? "all dimensions are active"
                                                     : fmt::format("{} of {} dimensions are active", active, dims));
  }
  if (code == kCodebookCollapse && last.train.contains("perplexity")) {
    // How large the codebooks are is not in the history: it has come back if it has grown by half since it was told.
    const auto told = std::ranges::find(history, epoch, &EpochReport::epoch);
    const double now = value_in(last.train, "perplexity");
    if (told != history.end() && now > 1.5 * value_in(told->train, "perplexity")) {
      return note("the codebooks", fmt::format("the perplexity has risen to {:.1f}", now));
    }
  }
  if (code == kOverfitting) {
    const EpochReport& best = best_epoch(history);
    if (best.epoch > epoch && std::isfinite(held_out_loss(best))) {
      return note("overfitting", fmt::format("the best epoch was {}", best.epoch));
    }
  }
  if (code == kModeCollapse && value_in(last.train, "generator.spread") > 2.0 / 3.0) {
    return note("mode collapse", "generated samples vary as the data does");
  }
  if (code == kCriticWins && value_in(last.train, "critic.ranked") < 0.95) {
    return note("the critic", "the generator has caught up");
  }
  if (code == kHeldOutNotFinite && std::isfinite(held_out_loss(last))) {
    return note("the held-out loss", "it is finite again");
  }
  return std::nullopt;
}

Diagnosis log_lost(const std::string& path, size_t left, int64_t epochs) {
  return {
      Severity::warning, kLogLost,
      fmt::format("{}: is not as the checkpoint left it; of {} epochs, the figures of {} are left", path, epochs, left),
      "training goes on all the same"};
}

Diagnosis non_finite(const char* what, int64_t epoch, int64_t step, double lr, double next_lr) {
  return {
      Severity::warning, "non-finite",
      fmt::format("the {} was not finite in step {} of epoch {} (lr {:.3g}); went back to the last good state, and on "
                  "with lr {:.3g}",
                  what, step, epoch, lr, next_lr),
      "if it comes back, start with a lower --lr or limit gradients with --clip 1"};
}

Course course_of(const LatentModel& model, int64_t steps_per_epoch) {
  const nlohmann::json config = *model.config();
  const auto number_at = [&](const char* pointer) -> std::optional<double> {
    const nlohmann::json::json_pointer at(pointer);
    if (!config.contains(at) || !config[at].is_number()) return std::nullopt;
    return config[at].get<double>();
  };
  Course course;
  course.steps_per_epoch = steps_per_epoch;
  course.codebook_size = model.codebook_size();
  course.warmup_epochs = number_at("/objective/kl_warmup_epochs").value_or(0.0);
  course.scale = number_at("/likelihood/scale");
  if (course.scale) course.likelihood = config.at("likelihood").value("name", "");
  return course;
}

}  // namespace latent::doctor
