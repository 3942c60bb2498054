#pragma once
// Scores of all rows of a table, and the intervals in which they are odd.

#include <latent/run/results/result_file.hpp>
#include <latent/run/series/series_scorer.hpp>

#include <span>
#include <string>
#include <vector>

namespace latent {

/// Rows of a table with their scores, in the order of data::SeriesRows: those of one series after those of another.
struct ScoredRows {
  std::vector<std::string> stamps;  ///< as in the table; empty without a column of time
  std::string time_column;          ///< its name
  std::vector<uint8_t> is_scored;   ///< whether a window ends at the row
  std::vector<RowScore> scores;     ///< one for each row; of others as RowScore{}
  std::vector<double> values;       ///< (C, rows) values in the table's units, channel by channel; NaN where missing
  std::vector<int64_t> table_rows = {};  ///< as data::SeriesRows
  std::vector<std::string> series = {};  ///< as data::SeriesRows
  std::string series_column = {};        ///< its name
  int64_t rows() const { return static_cast<int64_t>(scores.size()); }
  /// The number in the table of row `i`.
  int64_t table_row(int64_t i) const { return table_rows.empty() ? i : table_rows[static_cast<size_t>(i)]; }
};

/// What rows are to the scorer.
enum class RowsAre : uint8_t {
  others,
  of_training  ///< the rows that the model was trained on: none is compared with windows that share steps with its own
};

/// Scores rows from the first to the last, each series by itself. What follows a row does not change its score by a
/// bit; but rows of the training are compared with all of it, also with what follows them.
/// @throws std::invalid_argument for rows of other channels
ScoredRows score_rows(const SeriesScorer& scorer, const data::SeriesRows& rows, RowsAre are = RowsAre::others);

/// What is to be told of rows whose usual step is not that of the training; empty if it is, or one of them has no time.
std::string step_warning(const SeriesScorer& scorer, const data::SeriesRows& rows);

/// A stretch of odd rows.
struct OddInterval {
  int64_t first = 0, last = 0;  ///< rows of ScoredRows, both included
  double score = 0.0;           ///< the largest in it
  double p_value = 1.0;         ///< of that
  std::vector<std::string>
      channels;  ///< those that deviate: above three times the usual, or else the one that is farthest off
};
/// Rows with p-values up to `p_value`; those of a series with at most `join` other rows between them are one interval.
std::vector<OddInterval> odd_intervals(const ScoredRows& scored, const std::vector<std::string>& channels,
                                       double p_value, int64_t join);

/// The heading of a file of scores, and the line of one row: index, its series and its time (where rows have them),
/// score, p_value, the measures, and what each channel deviates. Cells are empty where no window ends.
/// @param columns  names of the columns of series and of time, where rows have them
std::string scores_heading(const std::vector<std::string>& columns, const std::vector<std::string>& channels);
/// @param cells  what stands in these columns
std::string scores_line(int64_t index, const std::vector<std::string>& cells, const RowScore* score, size_t channels);

/// In the order of the table. @throws IoError
void write_row_scores(const ResultFile& file, const ScoredRows& scored, const std::vector<std::string>& channels);
/// The series (where there are several), start, end, first_row, last_row, score, p_value, columns. @throws IoError
void write_intervals(const ResultFile& file, const ScoredRows& scored, const std::vector<OddInterval>& intervals);
/// Each channel above the scores, with the intervals marked; at most kMostPlotted channels. Returns what is not shown.
/// @throws IoError
std::string write_score_plot(const ResultFile& file, const ScoredRows& scored, const std::vector<std::string>& channels,
                             const std::vector<OddInterval>& intervals);
constexpr int64_t kMostPlotted = 8;

}  // namespace latent
