#pragma once
// Rows as they come, and the window that ends at each: nothing that comes later changes it.

#include <latent/data/dataset.hpp>
#include <latent/data/series_rows.hpp>

#include <optional>
#include <span>
#include <vector>

namespace latent {

/// What rows are, and how they become windows.
struct FeedOptions {
  int64_t channels = 1, window = 0, max_gap = 5;
  double step_seconds = 0.0;                              ///< the usual time between rows; 0: rows have none
  data::DateOrder date_order = data::DateOrder::unknown;  ///< of dates such as 01/02/2024
  data::Transform transform = {};  ///< from values of the data to those of the model, one for each channel
};

/// Keeps the last steps of a series. Steps that are missing inside of a window are drawn as lines; a missing end keeps
/// the last value, because the next one is not known yet. Model values beyond kFarthest become that, so that what is
/// computed from them stays finite.
class WindowFeed {
 public:
  static constexpr double kFarthest = 1e6;

  explicit WindowFeed(FeedOptions options);

  /// Takes a row. @param seconds  when it was; without, one step after the row before
  /// @param values  one for each channel, NaN where it is missing
  /// @param window  (C, L) model values, written if the result is true
  /// @return whether a window ends here: enough steps came since the beginning or the last long gap, of time or of more
  ///         than max_gap missing values in a row
  bool add(std::optional<double> seconds, std::span<const double> values, std::span<float> window);
  const FeedOptions& options() const { return options_; }

 private:
  void push(std::span<const double> values);
  bool fill(int64_t channel, std::span<float> out) const;

  FeedOptions options_;
  data::TimeGrid grid_;
  int64_t steps_ = 0;                      // since the beginning or the last long gap
  std::vector<std::vector<double>> last_;  // of each channel, the last L steps
  std::vector<int64_t> missing_;           // of each channel, how many values in a row are missing up to now
};

}  // namespace latent
