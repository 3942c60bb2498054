#include <latent/data/detail/row_times.hpp>

#include <latent/core/error.hpp>
#include <latent/core/names.hpp>
#include <latent/core/text.hpp>
#include <latent/data/detail/table_columns.hpp>
#include <latent/data/series_rows.hpp>
#include <latent/formats/detail/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace latent::data {

namespace {

// Whether a text is a time stamp in one order of dates or the other.
bool may_be_stamp(const std::string& text) {
  return parse_time_stamp(text, DateOrder::day_first) || parse_time_stamp(text, DateOrder::month_first);
}

bool is_dropped(const CsvTable& table, size_t column, const OpenOptions& options) {
  return std::ranges::any_of(options.drop, [&](const std::string& wanted) {
    return wanted == table.column_names[column] || parse_number<int64_t>(wanted) == static_cast<int64_t>(column) ||
           parse_number<int64_t>(wanted) ==
               static_cast<int64_t>(column) - static_cast<int64_t>(table.column_names.size());
  });
}

bool is_new_column(const CsvTable& table, size_t column, const OpenOptions& options) {
  return std::ranges::find(options.column_names, table.column_names[column]) == options.column_names.end();
}

std::optional<size_t> time_column(const CsvTable& table, const std::vector<std::string>& series,
                                  const OpenOptions& options, const std::string& path) {
  if (!options.series.time_column.empty()) {
    return find_column(table, options.series.time_column, "column of time", path);
  }
  std::optional<size_t> so_called, rising;
  for (size_t c = 0; c < table.column_names.size(); ++c) {
    if (!is_new_column(table, c, options) || is_dropped(table, c, options)) continue;
    const bool is_text = is_text_column(table, c);
    if (is_text && are_time_stamps(table.texts[c])) return c;
    const bool may_hold_time = is_text || table.has_header;
    if (!so_called && may_hold_time && is_time_name(table.column_names[c])) so_called = c;
    if (!rising && table.has_header && may_be_time_name(table.column_names[c]) &&
        only_rises(table.numbers[c], series)) {
      rising = c;
    }
  }
  return so_called ? so_called : rising;
}

// The first column of times of day, for dates that have none; nothing if a date has one.
std::optional<size_t> clock_column(const CsvTable& table, size_t dates, const OpenOptions& options) {
  const auto has_clock = [](const std::string& text) { return text.find(':') != std::string::npos; };
  if (std::ranges::any_of(table.texts[dates], has_clock)) return std::nullopt;
  for (size_t c = 0; c < table.column_names.size(); ++c) {
    if (c == dates || !is_text_column(table, c) || !is_new_column(table, c, options)) continue;
    if (std::ranges::all_of(table.texts[c], [](const std::string& text) { return parse_clock(text).has_value(); })) {
      return c;
    }
  }
  return std::nullopt;
}

class RowTimesReader {
 public:
  RowTimesReader(const CsvTable& table, size_t column, const std::string& path)
      : table_(table), column_(column), path_(path) {
    times_.columns = {column};
    times_.name = table.column_names[column];
  }

  RowTimes of_numbers() {
    const auto& numbers = table_.numbers[column_];
    for (size_t row = 0; row < numbers.size(); ++row) {
      if (!std::isfinite(numbers[row])) refuse(row, "a time stamp is missing");
      times_.stamps.push_back(fmt::format("{}", numbers[row]));
    }
    times_.seconds = seconds_of_numbers(numbers, times_.name);
    return std::move(times_);
  }

  RowTimes of_texts(const OpenOptions& options) {
    times_.stamps = table_.texts[column_];
    times_.order = options.series.date_order;
    if (times_.order == DateOrder::unknown) times_.order = date_order_of(times_.stamps);
    if (const auto clock = clock_column(table_, column_, options)) {
      times_.columns.push_back(*clock);
      times_.clock_name = table_.column_names[*clock];
      for (size_t row = 0; row < times_.stamps.size(); ++row) times_.stamps[row] += " " + table_.texts[*clock][row];
    }
    std::optional<int> offset;  // of the first; clocks may be put forward and back, as long as all say where they stand
    for (size_t row = 0; row < times_.stamps.size(); ++row) {
      const std::string& text = times_.stamps[row];
      const auto stamp = parse_time_stamp(text, times_.order);
      if (!stamp) refuse_text(row);
      if (row == 0) offset = stamp->offset_minutes;
      if (stamp->offset_minutes.has_value() != offset.has_value()) {
        refuse(row, fmt::format("{} and {} in row 1: either all time stamps say their offset from UTC, or none",
                                detail::in_quotes(text), detail::in_quotes(times_.stamps[0])));
      }
      times_.seconds.push_back(stamp->seconds);
    }
    times_.is_local = !offset;
    return std::move(times_);
  }

 private:
  [[noreturn]] void refuse(size_t row, const std::string& what) const {
    throw DataError(
        path_, table_.row_offsets[row],
        fmt::format("row {}, column {}: {}", row + 1, detail::in_quotes(table_.column_names[column_]), what));
  }

  [[noreturn]] void refuse_text(size_t row) const {
    const std::string text = detail::in_quotes(times_.stamps[row]);
    const bool as_day = parse_time_stamp(times_.stamps[row], DateOrder::day_first).has_value();
    const bool as_month = parse_time_stamp(times_.stamps[row], DateOrder::month_first).has_value();
    if (as_day && as_month) {
      refuse(row,
             fmt::format("{} may begin with the day or with the month: --date-order day or month says which", text));
    }
    if (as_day != as_month) {
      refuse(row, fmt::format("{} begins with the {}, but dates are read as if they began with the {}: --date-order {} "
                              "says otherwise",
                              text, as_day ? "day" : "month", as_day ? "month" : "day", as_day ? "day" : "month"));
    }
    refuse(row, fmt::format("{} is no time stamp such as 2024-03-31 02:00:00 or 2024-03-31T02:00:00Z", text));
  }

  const CsvTable& table_;
  size_t column_;
  const std::string& path_;
  RowTimes times_;
};

}  // namespace

std::optional<RowTimes> times_of_rows(const CsvTable& table, const std::vector<std::string>& series,
                                      const OpenOptions& options, const std::string& path) {
  const std::optional<size_t> column = time_column(table, series, options, path);
  if (!column) return std::nullopt;
  RowTimesReader reader(table, *column, path);
  return is_text_column(table, *column) ? reader.of_texts(options) : reader.of_numbers();
}

bool are_time_stamps(const std::vector<std::string>& texts) { return std::ranges::all_of(texts, may_be_stamp); }

bool only_rises(const std::vector<double>& numbers, const std::vector<std::string>& series) {
  bool has_risen = false;
  for (size_t i = 1; i < numbers.size(); ++i) {
    if (begins_series(series, i)) continue;
    if (!(numbers[i] > numbers[i - 1])) return false;
    has_risen = true;
  }
  return has_risen;
}

std::vector<double> seconds_of_numbers(std::span<const double> numbers, std::string_view name) {
  const auto unit = time_unit_of(name);
  if (!unit) return unix_seconds(numbers);
  std::vector<double> seconds(numbers.begin(), numbers.end());
  for (double& value : seconds) value *= *unit;
  return seconds;
}

}  // namespace latent::data
