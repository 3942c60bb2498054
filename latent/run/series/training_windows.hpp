#pragma once
// The windows that a run was trained on, and those that its training held out, row by row.

#include <latent/run/run_data.hpp>
#include <latent/run/series/window_feed.hpp>

#include <string>
#include <vector>

namespace latent {

struct TrainingWindows {
  std::string source;  ///< where the training's rows were found
  FeedOptions feed;
  std::vector<std::string> channels;
  std::string time_column;         ///< its name; empty without
  std::string series_column = {};  ///< likewise
  std::string clock_column;        ///< that of the time of day; empty unless dates stand in a column of their own
  /// (N, C, L) f32 model values, and the step on the grid of time at which each ends: some of the training, evenly
  /// spread, and the last rows that were held out, one after the other.
  Tensor training, held_out;
  std::vector<int64_t> training_ends, held_out_ends;
};

/// How rows are read as the run's training read them; labels are no data, whether a table has them or not.
data::OpenOptions row_options(const Run& run);

/// @param most  of each
/// @throws UsageError if the run's data is not found, is another, or is no table
TrainingWindows training_windows(const Run& run, const std::string& training_data, int64_t most);

}  // namespace latent
