#pragma once
// How rows in time, and arrays of series, become samples (C, L).

#include <latent/data/time_stamps.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace latent::data {

/// A window as long as the series themselves.
constexpr int64_t kWholeSeries = -1;

struct SeriesOptions {
  /// Steps of a window, or kWholeSeries: each series of an array is a sample. 0: nothing is asked for, and only data
  /// whose form says that it holds series (.ts) becomes series, each a sample.
  int64_t window = 0;
  /// From one window to the next; 0: one, or as many as leave kMostWindows of a long series.
  int64_t step = 0;
  /// Name or number of the column of time stamps; empty: the one that looks like it, if there is one.
  std::string time_column = {};
  /// Name or number of the column that says which series a row belongs to; empty: all rows are one series.
  std::string series_column = {};
  /// What comes first in dates such as 01/02/2024; unknown: what the dates of the column tell.
  DateOrder date_order = DateOrder::unknown;
  /// So many missing values in a row are drawn as a line from the one before to the one after. Longer gaps end a
  /// series: no window lies across them.
  int64_t max_gap = 5;
  /// From one step to the next where rows have time; 0: the usual time between them. Not kept with a model.
  double step_seconds = 0.0;

  bool asked() const { return window != 0; }
};

/// What may be said of series in place of what a model was trained with; what is not said stays as it is.
struct SeriesOverrides {
  std::optional<int64_t> window = {}, step = {}, max_gap = {};
  std::string time_column = {}, series_column = {};
  DateOrder date_order = DateOrder::unknown;

  SeriesOptions over(SeriesOptions base) const {
    if (window) base.window = *window;
    if (step) base.step = *step;
    if (max_gap) base.max_gap = *max_gap;
    if (!time_column.empty()) base.time_column = time_column;
    if (!series_column.empty()) base.series_column = series_column;
    if (date_order != DateOrder::unknown) base.date_order = date_order;
    return base;
  }
};

/// How many of the first and of the last samples are the training part and the part that is held out, where samples
/// follow each other in time. Between them may be some that are in neither, because they share values with both.
struct TimeSplit {
  int64_t train = 0, held_out = 0;
};

}  // namespace latent::data
