#include <latent/training/doctor.hpp>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace latent::doctor {

namespace {

using Severity = Diagnosis::Severity;
using History = std::span<const EpochReport>;

constexpr const char* kSpread = "generator.spread";
constexpr const char* kRanked = "critic.ranked";

double figure(const EpochReport& report, const char* name) { return report.train.at(name); }

// The last epochs, as many as make so many steps and so many epochs; or none.
History last_epochs(History history, int64_t epochs, int64_t steps, const Course& course) {
  const int64_t per_epoch = std::max<int64_t>(course.steps_per_epoch, 1);
  const int64_t count = std::max(epochs, (steps + per_epoch - 1) / per_epoch);
  return static_cast<int64_t>(history.size()) < count ? History{} : history.last(static_cast<size_t>(count));
}

std::optional<Diagnosis> mode_collapse(History history, const Course& course) {
  constexpr double kLeast = 1.0 / 3.0;
  const History window = last_epochs(history, 2, 500, course);
  const auto is_low = [&](const EpochReport& report) { return figure(report, kSpread) < kLeast; };
  if (window.empty() || !std::ranges::all_of(window, is_low)) return std::nullopt;
  return Diagnosis{
      Severity::warning, kModeCollapse,
      fmt::format("generated samples vary {:.0f}% as much as the data: they are much alike (mode collapse)",
                  100.0 * figure(window.back(), kSpread)),
      "try --adversarial relativistic, a lower --lr, a larger --batch, or another weight of the critic's "
      "penalty (--adversarial relativistic:X)"};
}

std::optional<Diagnosis> critic_wins(History history, const Course& course) {
  constexpr double kSure = 0.98;
  const History window = last_epochs(history, 3, 1000, course);
  const auto is_sure = [&](const EpochReport& report) { return figure(report, kRanked) > kSure; };
  if (window.empty() || !std::ranges::all_of(window, is_sure)) return std::nullopt;
  const double now = figure(window.back(), kRanked);
  if (now < figure(window.front(), kRanked)) return std::nullopt;
  return Diagnosis{
      Severity::warning, kCriticWins,
      fmt::format("the critic tells {:.1f}% of generated samples from data: the generator has lost touch", 100.0 * now),
      "try a larger weight of its penalty (--adversarial relativistic:X), a lower --lr, or fewer --critic-steps"};
}

std::optional<Diagnosis> critic_stalls(History history, const Course& course) {
  constexpr double kChance = 0.01, kLow = 2.0 / 3.0, kHigh = 1.5;
  const History window = last_epochs(history, 3, 1000, course);
  const auto is_blind = [&](const EpochReport& report) {
    const double spread = figure(report, kSpread);
    return std::abs(figure(report, kRanked) - 0.5) < kChance && (spread < kLow || spread > kHigh);
  };
  if (window.empty() || !std::ranges::all_of(window, is_blind)) return std::nullopt;
  return Diagnosis{Severity::warning, kCriticStalls,
                   fmt::format("the critic tells nothing apart, although generated samples vary {:.0f}% as much as the "
                               "data: the generator has nothing to learn from",
                               100.0 * figure(window.back(), kSpread)),
                   "try a smaller weight of its penalty (--adversarial relativistic:X), a wider network, or a larger "
                   "--lr"};
}

std::optional<Diagnosis> oscillation(History history, const Course& course) {
  constexpr double kSwing = 1.0 / 3.0;
  const History window = last_epochs(history, 6, 600, course);
  if (window.empty()) return std::nullopt;
  double sum = 0.0, squares = 0.0;
  int turns = 0;
  double last_change = 0.0;
  for (size_t i = 0; i < window.size(); ++i) {
    const double value = figure(window[i], kSpread);
    sum += value;
    squares += value * value;
    if (i == 0) continue;
    const double change = value - figure(window[i - 1], kSpread);
    if (change * last_change < 0.0) ++turns;
    last_change = change;
  }
  const auto n = static_cast<double>(window.size());
  const double mean = sum / n, deviation = std::sqrt(std::max(0.0, squares / n - mean * mean));
  constexpr int kTurns = 2;
  if (turns < kTurns || deviation < kSwing * mean) return std::nullopt;
  return Diagnosis{Severity::warning, kOscillation,
                   "the variety of generated samples goes up and down from epoch to epoch: critic and generator chase "
                   "each other",
                   "try a lower --lr, --ema 0.999, or a larger weight of the critic's penalty (--adversarial "
                   "relativistic:X)"};
}

}  // namespace

std::optional<Diagnosis> find_gan_trouble(const char* code, History history, const Course& course) {
  const auto has_figures = [](const EpochReport& report) {
    return report.train.contains(kSpread) && report.train.contains(kRanked);
  };
  if (history.empty() || !std::ranges::all_of(history, has_figures)) return std::nullopt;
  const std::string_view asked = code;
  if (asked == kModeCollapse) return mode_collapse(history, course);
  if (asked == kCriticWins) return critic_wins(history, course);
  if (asked == kCriticStalls) return critic_stalls(history, course);
  return asked == kOscillation ? oscillation(history, course) : std::nullopt;
}

std::vector<Diagnosis> find_troubles(History history, const Course& course,
                                     const std::function<bool(const char* code)>& is_told) {
  std::vector<Diagnosis> found;
  const auto look = [&](const char* code, const auto& find) {
    if (is_told(code)) return;
    if (const std::optional<Diagnosis> diagnosis = find()) found.push_back(*diagnosis);
  };
  look(kPosteriorCollapse, [&] { return find_collapse(history, course); });
  look(kCodebookCollapse, [&] { return find_codebook_collapse(history, course); });
  look(kOverfitting, [&] { return find_overfitting(history, course); });
  look(kHeldOutNotFinite, [&] { return find_held_out_not_finite(history); });
  for (const char* code : {kModeCollapse, kCriticWins, kCriticStalls, kOscillation}) {
    look(code, [&] { return find_gan_trouble(code, history, course); });
  }
  return found;
}

}  // namespace latent::doctor
