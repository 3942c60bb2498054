#pragma once
// Rows of a table that follow each other in time, on a grid of equal steps; and what becomes of gaps.

#include <latent/data/dataset.hpp>
#include <latent/data/series_dataset.hpp>

#include <functional>
#include <string>
#include <vector>

namespace latent::data {

struct FileBytes;

/// Rows in time, those of one series after those of another (SeriesOptions::series_column), each in the order of the
/// table. Short gaps between time stamps are steps without values; behind longer ones a new part begins, and so with
/// each series.
struct SeriesRows {
  Tensor x;                           ///< (C, T) f64; NaN where a value is missing
  std::vector<std::string> channels;  ///< C names
  std::vector<int64_t> part_begins;   ///< steps at which parts begin; the first is 0
  std::vector<int64_t> row_of;        ///< T: the number of the row, -1 for a step that the table lacks
  std::vector<int64_t> table_rows;  ///< of each row, its number in the table, where series change their order; or empty
  std::vector<std::string> series;  ///< of each row, the name of its series; empty without a column of series
  std::string series_column = {};   ///< its name
  std::vector<std::string> stamps;  ///< of each row, as written; empty without a column of time
  std::vector<int64_t> labels;      ///< of each row, or empty
  std::vector<std::string> class_names = {};
  std::string time_column = {};   ///< its name; empty without
  std::string clock_column = {};  ///< that of the time of day, where dates stand in a column of their own; else empty
  DateOrder date_order = DateOrder::unknown;  ///< of dates such as 01/02/2024
  double step_seconds = 0.0;                  ///< the usual time from one row to the next; 0 without time stamps
  std::vector<std::string> notes = {}, warnings = {}, dropped = {};
};

/// Whether row `i` is the first of another series than the row before it. @param series  SeriesRows::series
inline bool begins_series(const std::vector<std::string>& series, size_t i) {
  return i > 0 && i < series.size() && series[i] != series[i - 1];
}

/// Where rows stand in time, one after the other: what a table is read with, and what comes row by row.
class TimeGrid {
 public:
  /// @param step_seconds  the usual step; 0: rows have no time
  TimeGrid(double step_seconds, int64_t max_gap) : step_(step_seconds), max_gap_(max_gap) {}

  struct Place {
    int64_t missing = 0;    ///< steps without values between the row before and this one
    bool new_part = false;  ///< whether a longer gap lies between them
  };
  Place next(double seconds);
  double step() const { return step_; }

 private:
  double step_;
  int64_t max_gap_;
  double last_ = 0.0;
  bool has_last_ = false;
};

/// @throws DataError: no rows, cells that are no numbers, stamps that cannot be read, that are not in order, or of
/// which
///         only some say their offset from UTC; std::invalid_argument for columns that the table lacks
SeriesRows read_series_rows(const FileBytes& file, const OpenOptions& options);
SeriesRows read_series_rows(const std::string& path, const OpenOptions& options);

/// What became of missing values.
struct GapFill {
  Stretches stretches;
  int64_t filled = 0;    ///< values that were drawn as a line
  int64_t left_out = 0;  ///< steps in no stretch
};
/// Draws missing values as lines from the one before to the one after where at most max_gap follow each other; at
/// others, and at the ends of parts, stretches end.
/// @param x (C, T) f64   @param part_begins  ascending, the first 0
GapFill fill_gaps(const Tensor& x, const std::vector<int64_t>& part_begins, int64_t max_gap);

}  // namespace latent::data
