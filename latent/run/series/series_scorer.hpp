#pragma once
// Anomaly scores over time: how odd the window is that ends at each row, beside what a run was trained on.

#include <latent/run/run_data.hpp>
#include <latent/run/series/window_feed.hpp>
#include <latent/space/anomalies/recent_rows.hpp>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace latent {

/// What is known of one window, of which each is larger where the window is odder.
enum class WindowMeasure : uint8_t {
  neighbors,       ///< distance from the nearest window of the training
  recent,          ///< distance of the last quarter from the nearest last quarter of the training
  reconstruction,  ///< how far the model's reconstruction is off, root mean square
  history          ///< distance of the code from the nearest one that came before it, of training or of this series
};
constexpr std::array<std::string_view, 4> kWindowMeasures = {"neighbors", "recent", "reconstruction", "history"};
constexpr size_t kMeasures = kWindowMeasures.size();

/// What the last windows say of a row.
struct RowScore {
  double score = 0.0;                        ///< 0 is usual, 3 and above odd
  double p_value = 1.0;                      ///< how often normal rows have such a score
  std::array<double, kMeasures> measures{};  ///< of the window that ends at the row
  std::vector<float> deviations;             ///< of each channel: |x - x_hat| at the row in units of the usual one
};

struct SeriesScorerOptions {
  std::string training_data = {};  ///< where the run's data is now; empty: where it was
};

/// Compares windows with those of the training of a run on a table with --window.
///
/// Each measure is made comparable: its logarithm less the median, divided by the distance from the median to the 84th
/// percentile, over the windows of the training (each compared with those that share no step with it) and those that
/// it held out. A window's score is their mean, each at least -1, and a row's score is the exponentially weighted mean
/// of the scores of windows up to it, over about kSmoothing rows. p-values say how many of the rows of the training and
/// of those that it held out score as much; beyond their largest tenth an exponential tail is assumed, down to
/// 1 / (100 (n + 1)) for n rows.
///
/// Nothing that comes after a row changes its score. Immutable; look() is safe from many threads.
/// Source: Bates et al. 2023, arXiv:2104.08279 (conformal p-values); Pickands 1975 (exponential tails); Yeh et al. 2016
/// (distances of windows as anomalies: discords).
class SeriesScorer {
 public:
  /// At most so many windows of the training are compared with, spread evenly; so many codes are remembered.
  static constexpr int64_t kMostWindows = 4096, kMostHistory = 16'384;
  static constexpr double kSmoothing = 16.0;

  /// @throws UsageError if the run has no encoder or decoder, was not trained on windows of a table, or its data is not
  ///         found or is another
  explicit SeriesScorer(const Run& run, const SeriesScorerOptions& options = {});
  ~SeriesScorer();
  SeriesScorer(SeriesScorer&&) noexcept;
  SeriesScorer& operator=(SeriesScorer&&) noexcept;
  SeriesScorer(const SeriesScorer&) = delete;
  SeriesScorer& operator=(const SeriesScorer&) = delete;

  /// Where the rows of the training were found.
  const std::string& training_source() const;
  const std::vector<std::string>& channels() const;
  /// The name of the training's column of time; empty without.
  const std::string& time_column() const;
  /// That of the column that tells series apart; empty where the training was one series.
  const std::string& series_column() const;
  /// That of the time of day; empty unless dates stand in a column of their own.
  const std::string& clock_column() const;
  FeedOptions feed_options() const;
  /// Windows of the training, and held-out rows that p-values are taken from.
  int64_t reference() const;
  int64_t calibration() const;

  /// What the model and the windows of the training say of windows, each by itself.
  struct Looked {
    std::vector<std::array<double, kMeasures>> measures;  ///< without `history`
    Tensor codes;                                         ///< (N, D) f32, each dimension scaled to unit variance
    Tensor deviations;                                    ///< (N, C) f32
    std::vector<int64_t> own_ends = {};                   ///< as given
  };
  /// @param windows   (N, C, L) f32 model values
  /// @param own_ends  empty; or of windows of the training's rows themselves, the steps at which they end: they are not
  ///                  compared with windows of the training that share steps with them
  Looked look(const Tensor& windows, std::vector<int64_t> own_ends = {}) const;

  /// What a series has had so far. A copy goes on by itself.
  struct State {
    std::unique_ptr<space::RecentRows> history;
    std::vector<std::vector<float>> waiting;  ///< codes of the last L windows, which overlap with the next
    double smooth = 0.0;
    int64_t rows = 0;
  };
  State begin() const;
  /// The score of the next row of a series, whose window is number n of `looked`.
  RowScore next(State& state, const Looked& looked, int64_t n) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace latent
