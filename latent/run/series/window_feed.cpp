#include <latent/run/series/window_feed.hpp>

#include <latent/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace latent {

WindowFeed::WindowFeed(FeedOptions options)
    : options_(std::move(options)),
      grid_(options_.step_seconds, options_.max_gap),
      last_(static_cast<size_t>(options_.channels),
            std::vector<double>(static_cast<size_t>(options_.window), std::numeric_limits<double>::quiet_NaN())),
      missing_(static_cast<size_t>(options_.channels), 0) {
  LATENT_CHECK(options_.channels >= 1 && options_.window >= 1,
               "[WindowFeed] channels and steps expected, got {} and {}", options_.channels, options_.window);
  LATENT_CHECK(static_cast<int64_t>(options_.transform.shift.size()) == options_.channels,
               "[WindowFeed] a standardisation of {} channels for {}", options_.transform.shift.size(),
               options_.channels);
}

void WindowFeed::push(std::span<const double> values) {
  for (size_t c = 0; c < last_.size(); ++c) {
    std::vector<double>& steps = last_[c];
    std::shift_left(steps.begin(), steps.end(), 1);
    steps.back() = values.empty() ? std::numeric_limits<double>::quiet_NaN() : values[c];
    missing_[c] = std::isnan(steps.back()) ? missing_[c] + 1 : 0;
  }
  ++steps_;
  if (std::ranges::max(missing_) > options_.max_gap) steps_ = 0;
}

bool WindowFeed::add(std::optional<double> seconds, std::span<const double> values, std::span<float> window) {
  LATENT_CHECK(static_cast<int64_t>(values.size()) == options_.channels, "[WindowFeed] {} values for {} channels",
               values.size(), options_.channels);
  if (seconds && options_.step_seconds > 0.0) {
    const data::TimeGrid::Place place = grid_.next(*seconds);
    if (place.new_part) {
      steps_ = 0;
      std::ranges::fill(missing_, 0);
    }
    for (int64_t i = 0; i < place.missing; ++i) push({});
  }
  push(values);
  if (steps_ < options_.window) return false;
  const auto L = static_cast<size_t>(options_.window);
  for (int64_t c = 0; c < options_.channels; ++c) {
    if (!fill(c, window.subspan(static_cast<size_t>(c) * L, L))) return false;
  }
  return true;
}

bool WindowFeed::fill(int64_t channel, std::span<float> out) const {
  const std::vector<double>& steps = last_[static_cast<size_t>(channel)];
  const double shift = options_.transform.shift[static_cast<size_t>(channel)];
  const double scale = options_.transform.scale[static_cast<size_t>(channel)];
  const auto model_value = [&](double value) {
    return static_cast<float>(std::clamp((value - shift) * scale, -kFarthest, kFarthest));
  };
  const size_t L = steps.size();
  for (size_t t = 0; t < L; ++t) {
    if (!std::isnan(steps[t])) {
      out[t] = model_value(steps[t]);
      continue;
    }
    const size_t first = t;
    while (t < L && std::isnan(steps[t])) ++t;
    if (first == 0 && t == L) return false;
    const double before = first > 0 ? steps[first - 1] : steps[t], after = t < L ? steps[t] : before;
    const auto run = static_cast<double>(t - first + 1);
    for (size_t i = first; i < t; ++i) {
      out[i] = model_value(before + static_cast<double>(i - first + 1) / run * (after - before));
    }
    --t;
  }
  return true;
}

}  // namespace latent
