#pragma once
// Private to run/series/: how often normal rows score as much as a row does.

#include <cstdint>
#include <utility>
#include <vector>

namespace latent {

/// A row's score, and the step at which it stands.
struct ScoreAt {
  double score = 0.0;
  int64_t step = 0;
};

/// Scores of normal rows. Immutable.
class NormalScores {
 public:
  NormalScores() = default;
  explicit NormalScores(std::vector<ScoreAt> scores);

  /// The share of rows with as high a score, the row itself among them: (1 + above) / (n + 1). Beyond the largest tenth
  /// of 20 and more an exponential tail, down to 1 / (100 (n + 1)).
  /// @param left_out  steps [first, second), whose rows do not count
  /// Source: Bates et al. 2023, arXiv:2104.08279 (conformal p-values); Pickands 1975 (exponential tails).
  double p_value(double score, std::pair<int64_t, int64_t> left_out = {0, 0}) const;
  int64_t size() const { return static_cast<int64_t>(scores_.size()); }

 private:
  std::vector<ScoreAt> scores_;  // ascending
};

}  // namespace latent
