#pragma once
// Rows that arrive one by one as lines of a table, scored as they come.

#include <latent/run/series/series_scorer.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latent {

/// What a line turned out to be.
struct StreamedLine {
  enum class What : uint8_t { row, heading, blank, bad };
  What what = What::blank;
  std::string problem = {};            ///< of a bad line: "'abc' in column 'load' is not a number"
  int64_t index = 0;                   ///< of a row, from 0
  std::string series = {};             ///< of a row, the name of its series where there are several
  std::string stamp = {};              ///< of a row with time
  std::optional<RowScore> score = {};  ///< of a row at which a window ends
};

/// Scores lines as score_rows() scores a table: the same, up to what single precision rounds where windows are computed
/// one by one. A bad line changes nothing. Lines of several series may come in any order, those of each in its own;
/// memory grows with their number.
class SeriesStream {
 public:
  /// @param time_column, series_column  the training's; empty: rows had none
  /// @param header  whether the first line names the columns; automatic: if it names all channels, or is words alone
  /// @param decimal  how numbers are written; nothing: as each of them tells
  SeriesStream(const SeriesScorer& scorer, std::string time_column, std::string series_column,
               data::Header header = data::Header::automatic, std::optional<CsvDecimal> decimal = {});

  /// @param line  without its end
  /// @throws UsageError for a heading that lacks a channel, or the column of series: where the others stand would be a
  ///         guess
  StreamedLine take(std::string_view line);
  /// Whether rows have time, known from the first line on.
  bool has_time() const { return time_place_ >= 0; }

 private:
  bool read_heading(const std::vector<std::string>& cells);
  void without_heading(size_t cells);
  size_t fewest_cells() const;
  size_t most_cells() const;
  std::string stamp_in(const std::vector<std::string>& cells) const;
  // What is known of a series.
  struct Followed {
    WindowFeed feed;
    SeriesScorer::State state;
    int64_t put_back = 0, rows = 0;  // how often the clocks were, and rows so far
    std::optional<double> last_seconds = {};
    std::optional<int> offset = {};
  };
  Followed& followed(const std::string& series);
  std::string read_values(const std::vector<std::string>& cells, const Followed& of, std::vector<double>& values,
                          std::optional<data::TimeStamp>& stamp) const;

  const SeriesScorer& scorer_;
  std::string time_column_, series_column_;
  data::Header header_;
  std::optional<CsvDecimal> decimal_;
  std::map<std::string, Followed> series_;
  Tensor window_;                // (1, C, L)
  std::vector<int64_t> places_;  // where each channel stands in a line
  int64_t time_place_ = -1, clock_place_ = -1, series_place_ = -1, columns_ = 0, rows_ = 0;
  char delimiter_ = ',';
  bool has_columns_ = false;
};

}  // namespace latent
