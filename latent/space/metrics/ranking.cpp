#include <latent/space/metrics/ranking.hpp>

#include <latent/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace latent::space {

namespace {

void check_finite(const char* function, const char* what, std::span<const double> scores) {
  const auto found = std::find_if(scores.begin(), scores.end(), [](double score) { return !std::isfinite(score); });
  LATENT_CHECK(found == scores.end(), "[{}] {}: finite numbers expected, got {} at {}", function, what, *found,
               found - scores.begin());
}

// Samples with one score: how many of each class.
struct Tie {
  double positives = 0.0, negatives = 0.0;
};

// From the highest score to the lowest.
std::vector<Tie> ties(const char* function, std::span<const double> scores, std::span<const uint8_t> is_positive) {
  LATENT_CHECK(scores.size() == is_positive.size(), "[{}] {} scores, but {} classes", function, scores.size(),
               is_positive.size());
  check_finite(function, "scores", scores);
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  std::vector<Tie> found;
  double positives = 0.0;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || scores[order[i]] != scores[order[i - 1]]) found.emplace_back();
    (is_positive[order[i]] != 0 ? found.back().positives : found.back().negatives) += 1.0;
    positives += is_positive[order[i]] != 0 ? 1.0 : 0.0;
  }
  LATENT_CHECK(positives > 0.0 && positives < static_cast<double>(scores.size()),
               "[{}] samples of both classes expected, got {} of {} positive", function, positives, scores.size());
  return found;
}

}  // namespace

double auroc(std::span<const double> scores, std::span<const uint8_t> is_positive) {
  double above = 0.0, positives = 0.0, negatives = 0.0;
  for (const Tie& tie : ties("auroc", scores, is_positive)) {
    above += tie.negatives * (positives + 0.5 * tie.positives);
    positives += tie.positives;
    negatives += tie.negatives;
  }
  return above / (positives * negatives);
}

double average_precision(std::span<const double> scores, std::span<const uint8_t> is_positive) {
  double sum = 0.0, positives = 0.0, samples = 0.0;
  for (const Tie& tie : ties("average_precision", scores, is_positive)) {
    positives += tie.positives;
    samples += tie.positives + tie.negatives;
    sum += tie.positives * positives / samples;
  }
  return sum / positives;
}

std::vector<double> conformal_p_values(std::span<const double> scores, std::span<const double> calibration) {
  LATENT_CHECK(!calibration.empty(), "[conformal_p_values] no scores to calibrate with");
  check_finite("conformal_p_values", "scores", scores);
  check_finite("conformal_p_values", "calibration", calibration);
  std::vector<double> sorted(calibration.begin(), calibration.end());
  std::sort(sorted.begin(), sorted.end());
  const auto n = static_cast<double>(sorted.size());
  std::vector<double> p_values;
  p_values.reserve(scores.size());
  for (const double score : scores) {
    const auto at_least = sorted.end() - std::lower_bound(sorted.begin(), sorted.end(), score);
    p_values.push_back((1.0 + static_cast<double>(at_least)) / (n + 1.0));
  }
  return p_values;
}

}  // namespace latent::space
