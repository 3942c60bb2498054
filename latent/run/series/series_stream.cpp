#include <latent/run/series/series_stream.hpp>

#include <latent/core/error.hpp>
#include <latent/core/text.hpp>
#include <latent/data/detail/row_times.hpp>
#include <latent/data/detail/unit_columns.hpp>
#include <latent/data/time_stamps.hpp>
#include <latent/formats/csv.hpp>
#include <latent/formats/detail/csv_scanner.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace latent {

namespace {

// What the reader of tables takes for the name of a file.
const std::string& line_name() {
  static const std::string name = "line";
  return name;
}

// The cells of a line, as those of a table. @throws DataError for an open quote, or text after a closing one
std::vector<std::string> cells_of(std::string_view line, char delimiter) {
  detail::CsvScanner scanner(line, 0, delimiter, line_name());
  std::vector<std::string> cells;
  for (bool last = !scanner.next_row(); !last;) {
    const detail::CsvCell cell = scanner.next_cell();
    cells.push_back(cell.str());
    last = cell.last;
  }
  return cells;
}

// 1234.5, else 1234,5, else 1,234.5; what is both of the latter has a decimal comma where none stands between cells.
// A sign such as % or $ is left out, as in a table.
// @param said  how numbers are written, if that is known
std::optional<double> number_in(const std::string& cell, char delimiter, std::optional<CsvDecimal> said) {
  if (const auto unit = data::split_unit(cell)) return number_in(unit->number, delimiter, said);
  if (said) return number_of_cell(cell, *said);
  const auto second = delimiter == ',' ? CsvDecimal::grouped : CsvDecimal::comma;
  const auto third = delimiter == ',' ? CsvDecimal::comma : CsvDecimal::grouped;
  for (const CsvDecimal decimal : {CsvDecimal::point, second, third}) {
    if (const auto number = number_of_cell(cell, decimal)) return number;
  }
  return std::nullopt;
}

// Seconds of a stamp; a number counts as unix_seconds() counts it, and knows no clocks that are put back.
// @param name  of the column: its unit counts   @param rows  of the training: one number alone is a date only where
// rows are days
std::optional<data::TimeStamp> stamp_of(const std::string& cell, std::string_view name, const FeedOptions& rows) {
  constexpr double kDay = 86400.0;
  if (const auto stamp = data::parse_time_stamp(cell, rows.date_order)) return stamp;
  const auto number = number_of_cell(cell);
  if (!number) return std::nullopt;
  const bool has_unit = data::time_unit_of(name).has_value();
  const auto day = has_unit ? std::nullopt : data::day_of_number(*number);
  if (day && rows.step_seconds >= kDay) return data::TimeStamp{*day, 0};
  const auto stamp = has_unit ? std::nullopt : data::stamp_of_number(*number);
  if (stamp) return data::TimeStamp{*stamp, 0};
  return data::TimeStamp{data::seconds_of_numbers(std::vector<double>{*number}, name)[0], 0};
}

// Whether a first line is words alone: no cell is a value, missing or a time.
bool names_columns(const std::vector<std::string>& cells, char delimiter) {
  return std::ranges::none_of(cells, [&](const std::string& cell) {
    return is_missing_cell(cell) || number_in(cell, delimiter, {}) ||
           data::parse_time_stamp(cell, data::DateOrder::day_first) ||
           data::parse_time_stamp(cell, data::DateOrder::month_first);
  });
}

}  // namespace

SeriesStream::SeriesStream(const SeriesScorer& scorer, std::string time_column, std::string series_column,
                           data::Header header, std::optional<CsvDecimal> decimal)
    : scorer_(scorer),
      time_column_(std::move(time_column)),
      series_column_(std::move(series_column)),
      header_(header),
      decimal_(decimal),
      window_(Tensor::empty({1, scorer.feed_options().channels, scorer.feed_options().window})) {}

// Finds the channels by their names. False if the line is no heading.
bool SeriesStream::read_heading(const std::vector<std::string>& cells) {
  if (header_ == data::Header::no) return false;
  std::vector<int64_t> places;
  for (const std::string& channel : scorer_.channels()) {
    const auto found = std::ranges::find(cells, channel);
    if (found != cells.end()) {
      places.push_back(found - cells.begin());
      continue;
    }
    if (header_ == data::Header::automatic && !names_columns(cells, delimiter_)) return false;
    throw UsageError(fmt::format("the heading names no column '{}', which the model was trained on", one_line(channel)),
                     "--header no takes values in the order of the training.");
  }
  places_ = std::move(places);
  if (!series_column_.empty()) {
    const auto series = std::ranges::find(cells, series_column_);
    if (series == cells.end()) {
      throw UsageError(fmt::format("the heading names no column '{}', which says which series a row belongs to",
                                   one_line(series_column_)));
    }
    series_place_ = series - cells.begin();
  }
  const auto time = std::ranges::find(cells, time_column_);
  if (!time_column_.empty() && time != cells.end()) time_place_ = time - cells.begin();
  const auto clock = std::ranges::find(cells, scorer_.clock_column());
  if (time_place_ >= 0 && !scorer_.clock_column().empty() && clock != cells.end()) clock_place_ = clock - cells.begin();
  columns_ = static_cast<int64_t>(cells.size());
  return true;
}

// Values in the order of the training. Before them stands the series, where there are several; then time may, and
// behind it the time of day.
void SeriesStream::without_heading(size_t cells) {
  const auto C = static_cast<int64_t>(scorer_.channels().size());
  columns_ = static_cast<int64_t>(cells);
  series_place_ = series_column_.empty() ? -1 : 0;
  const int64_t first = series_place_ + 1;
  time_place_ = columns_ > C + first ? first : -1;
  clock_place_ = columns_ == C + first + 2 ? first + 1 : -1;
  places_.clear();
  for (int64_t c = 0; c < C; ++c) places_.push_back(c + columns_ - C);
}

// The fewest and the most cells of a line without a heading.
size_t SeriesStream::fewest_cells() const { return scorer_.channels().size() + (series_column_.empty() ? 0 : 1); }
size_t SeriesStream::most_cells() const { return fewest_cells() + (scorer_.clock_column().empty() ? 1 : 2); }

SeriesStream::Followed& SeriesStream::followed(const std::string& series) {
  const auto found = series_.find(series);
  if (found != series_.end()) return found->second;
  return series_.emplace(series, Followed{WindowFeed(scorer_.feed_options()), scorer_.begin()}).first->second;
}

std::string SeriesStream::stamp_in(const std::vector<std::string>& cells) const {
  const std::string& date = cells[static_cast<size_t>(time_place_)];
  return clock_place_ < 0 ? date : date + " " + cells[static_cast<size_t>(clock_place_)];
}

std::string SeriesStream::read_values(const std::vector<std::string>& cells, const Followed& of,
                                      std::vector<double>& values, std::optional<data::TimeStamp>& stamp) const {
  constexpr double kLargest = 1e38;
  for (size_t c = 0; c < places_.size(); ++c) {
    const std::string& cell = cells[static_cast<size_t>(places_[c])];
    const auto number = number_in(cell, delimiter_, decimal_);
    const bool is_missing = is_missing_cell(cell);
    if (!is_missing && !(number && std::abs(*number) < kLargest)) {
      return fmt::format("'{}' in column '{}' is no finite number", one_line(cell), one_line(scorer_.channels()[c]));
    }
    values.push_back(is_missing ? std::numeric_limits<double>::quiet_NaN() : *number);
  }
  if (time_place_ < 0) return {};
  const std::string cell = stamp_in(cells);
  stamp = stamp_of(cell, time_column_, of.feed.options());
  if (!stamp) return fmt::format("'{}' is no time stamp", one_line(cell));
  if (of.last_seconds && stamp->offset_minutes.has_value() != of.offset.has_value()) {
    return fmt::format("'{}': either all time stamps say their offset from UTC, or none", one_line(cell));
  }
  const double back = of.last_seconds ? *of.last_seconds - stamp->seconds : 0.0;
  if (back > 0.0 && (stamp->offset_minutes || !data::may_be_clocks(back, of.put_back, of.rows))) {
    return fmt::format("'{}' is before the time of the line above{}", one_line(cell),
                       series_place_ < 0 ? "" : " of its series");
  }
  return {};
}

StreamedLine SeriesStream::take(std::string_view line) {
  StreamedLine result;
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (!has_columns_ && line.starts_with(kMark)) line.remove_prefix(kMark.size());
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return result;
  const auto bad = [&](std::string problem) {
    result.what = StreamedLine::What::bad;
    result.problem = std::move(problem);
    return result;
  };
  if (!has_columns_) delimiter_ = detail::find_csv_delimiter(line, 0, line_name());
  std::vector<std::string> cells;
  try {
    cells = cells_of(line, delimiter_);
  } catch (const DataError& error) {
    return bad(error.reason());
  }
  if (!has_columns_) {
    const bool names = read_heading(cells);
    const size_t C = scorer_.channels().size();
    if (!names && (cells.size() < fewest_cells() || cells.size() > most_cells())) {
      return bad(fmt::format("{}, but the model takes {}{}, or a time stamp before them",
                             counted(static_cast<int64_t>(cells.size()), "cell"),
                             series_column_.empty() ? "" : "the name of a series and ",
                             counted(static_cast<int64_t>(C), "value")));
    }
    if (!names) without_heading(cells.size());
    has_columns_ = true;
    if (names) {
      result.what = StreamedLine::What::heading;
      return result;
    }
  }
  if (static_cast<int64_t>(cells.size()) != columns_) {
    return bad(fmt::format("{}, the first line has {}", counted(static_cast<int64_t>(cells.size()), "cell"), columns_));
  }
  if (series_place_ >= 0) result.series = cells[static_cast<size_t>(series_place_)];
  if (series_place_ >= 0 && is_missing_cell(result.series)) return bad("nothing says which series the line belongs to");
  Followed& of = followed(result.series);
  std::vector<double> values;
  std::optional<data::TimeStamp> stamp;
  if (std::string problem = read_values(cells, of, values, stamp); !problem.empty()) return bad(std::move(problem));
  std::optional<double> seconds;
  if (stamp) {
    seconds = stamp->seconds;
    of.put_back += of.last_seconds && *of.last_seconds > *seconds ? 1 : 0;
    of.last_seconds = seconds;
    of.offset = stamp->offset_minutes;
  }
  result.what = StreamedLine::What::row;
  result.index = rows_++;
  ++of.rows;
  if (time_place_ >= 0) result.stamp = stamp_in(cells);
  if (of.feed.add(seconds, values, window_.span<float>())) {
    result.score = scorer_.next(of.state, scorer_.look(window_), 0);
  }
  return result;
}

}  // namespace latent
