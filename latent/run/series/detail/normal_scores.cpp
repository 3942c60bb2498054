#include <latent/run/series/detail/normal_scores.hpp>

#include <algorithm>
#include <cmath>

namespace latent {

namespace {

constexpr double kFewest = 20.0;
constexpr double kTail = 0.1, kLeastScale = 0.1;
constexpr double kSurest = 0.01;  // of what n scores can show by themselves: tails are seldom that exponential

}  // namespace

NormalScores::NormalScores(std::vector<ScoreAt> scores) : scores_(std::move(scores)) {
  std::ranges::sort(scores_, {}, &ScoreAt::score);
}

double NormalScores::p_value(double score, std::pair<int64_t, int64_t> left_out) const {
  const bool leaves_out = left_out.first < left_out.second;
  const auto counts = [&](const ScoreAt& one) { return one.step < left_out.first || one.step >= left_out.second; };
  const auto first_above = std::ranges::lower_bound(scores_, score, {}, &ScoreAt::score);
  const auto n = static_cast<double>(leaves_out ? std::ranges::count_if(scores_, counts) : std::ssize(scores_));
  const auto above =
      static_cast<double>(leaves_out ? std::count_if(first_above, scores_.end(), counts) : scores_.end() - first_above);
  const double counted = (1.0 + above) / (n + 1.0);
  if (n < kFewest) return counted;
  const auto in_tail = static_cast<int64_t>(n) - static_cast<int64_t>((1.0 - kTail) * n);
  double sum = 0.0, threshold = 0.0;
  int64_t found = 0;
  for (auto at = scores_.rbegin(); at != scores_.rend() && found < in_tail; ++at) {
    if (leaves_out && !counts(*at)) continue;
    threshold = at->score;
    sum += threshold;
    ++found;
  }
  if (score <= threshold) return counted;
  const double scale = std::max(kLeastScale, sum / static_cast<double>(found) - threshold);
  const double of_tail = std::max(kTail * std::exp(-(score - threshold) / scale), kSurest / (n + 1.0));
  return std::min(counted, of_tail);
}

}  // namespace latent
