#include <latent/data/series_rows.hpp>

#include <latent/core/names.hpp>
#include <latent/core/text.hpp>
#include <latent/data/detail/row_times.hpp>
#include <latent/data/detail/table_columns.hpp>
#include <latent/data/detail/unit_columns.hpp>
#include <latent/data/sources.hpp>
#include <latent/formats/csv.hpp>
#include <latent/formats/detail/text.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>

namespace latent::data {

namespace {

constexpr double kMissingCell = std::numeric_limits<double>::quiet_NaN();

double median_step(const std::vector<double>& seconds, const std::vector<std::string>& series) {
  std::vector<double> steps;
  for (size_t i = 1; i < seconds.size(); ++i) {
    if (seconds[i] > seconds[i - 1] && !begins_series(series, i)) steps.push_back(seconds[i] - seconds[i - 1]);
  }
  if (steps.empty()) return 0.0;
  const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
  std::nth_element(steps.begin(), middle, steps.end());
  return *middle;
}

int64_t number_in_table(const SeriesRows& rows, size_t row) {
  return rows.table_rows.empty() ? static_cast<int64_t>(row) : rows.table_rows[row];
}

// What stands in a column, row by row. @throws DataError for a missing cell
std::vector<std::string> names_in_column(const CsvTable& table, size_t column, const std::string& path) {
  std::vector<std::string> names;
  for (size_t row = 0; row < static_cast<size_t>(table.rows); ++row) {
    std::string name =
        is_text_column(table, column) ? table.texts[column][row] : fmt::format("{}", table.numbers[column][row]);
    if (is_missing_cell(name)) {
      throw DataError(path, table.row_offsets[row],
                      fmt::format("row {}, column {}: nothing says which series the row belongs to", row + 1,
                                  detail::in_quotes(table.column_names[column])));
    }
    names.push_back(std::move(name));
  }
  return names;
}

template <class T>
void reorder(std::vector<T>& values, const std::vector<int64_t>& order) {
  if (values.empty()) return;
  std::vector<T> moved;
  moved.reserve(values.size());
  for (const int64_t row : order) moved.push_back(std::move(values[static_cast<size_t>(row)]));
  values = std::move(moved);
}

// Rows of one series after those of another, in the order in which the table first names them. Returns the column.
size_t bring_series_together(CsvTable& table, const std::string& wanted, SeriesRows& rows, const std::string& path) {
  const size_t column = find_column(table, wanted, "column of series", path);
  rows.series_column = table.column_names[column];
  rows.series = names_in_column(table, column, path);
  std::unordered_map<std::string, int64_t> numbers;
  std::vector<int64_t> number;
  for (const std::string& name : rows.series) {
    number.push_back(numbers.try_emplace(name, static_cast<int64_t>(numbers.size())).first->second);
  }
  std::vector<int64_t> order(rows.series.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  std::ranges::stable_sort(order, {}, [&](int64_t row) { return number[static_cast<size_t>(row)]; });
  rows.notes.push_back(
      fmt::format("{} series by column '{}'", grouped(static_cast<int64_t>(numbers.size())), rows.series_column));
  if (std::ranges::is_sorted(order)) return column;
  for (auto& texts : table.texts) reorder(texts, order);
  for (auto& values : table.numbers) reorder(values, order);
  reorder(table.row_offsets, order);
  reorder(rows.series, order);
  rows.table_rows = std::move(order);
  return column;
}

// Looks at the order of stamps: equal ones are told, and clocks may be put back by an hour; others are refused.
void check_order(const CsvTable& table, const RowTimes& times, SeriesRows& rows, const std::string& path) {
  const std::vector<double>& seconds = times.seconds;
  int64_t equal = 0;
  std::vector<size_t> back;
  for (size_t i = 1; i < seconds.size(); ++i) {
    if (begins_series(rows.series, i)) continue;
    if (seconds[i] == seconds[i - 1]) ++equal;
    if (seconds[i] < seconds[i - 1]) back.push_back(i);
  }
  const auto before_last = static_cast<int64_t>(back.size()) - 1, count = static_cast<int64_t>(seconds.size());
  const bool clocks = times.is_local && !back.empty() && std::ranges::all_of(back, [&](size_t i) {
                        return may_be_clocks(seconds[i - 1] - seconds[i], before_last, count);
                      });
  if (!back.empty() && !clocks) {
    const size_t row = back.front();
    throw DataError(
        path, table.row_offsets[row],
        fmt::format("row {}: the time stamp '{}' is before '{}' in the row above{}: sort the rows by '{}'{}",
                    number_in_table(rows, row) + 1, times.stamps[row], times.stamps[row - 1],
                    rows.series.empty() ? "" : " of the series", times.name,
                    rows.series.empty() ? ", or name the column that tells series apart (--series-column)" : ""));
  }
  if (clocks) {
    rows.notes.push_back(fmt::format(
        "time goes back by {} in row {}{}, as clocks do that are put back: rows are taken in their order",
        time_text(seconds[back.front() - 1] - seconds[back.front()]), number_in_table(rows, back.front()) + 1,
        back.size() > 1 ? fmt::format(" and {} others", back.size() - 1) : ""));
  }
  if (equal > 0) {
    rows.notes.push_back(fmt::format("{} the stamp of the row above: rows are taken in their order",
                                     equal == 1 ? "1 row has" : fmt::format("{} rows have", grouped(equal))));
  }
}

void note_steps(const std::vector<double>& seconds, SeriesRows& rows) {
  constexpr double kOff = 0.1, kMany = 0.05;
  const double step = rows.step_seconds;
  int64_t odd = 0;
  double shortest = step, longest = step;
  for (size_t i = 1; i < seconds.size() && step > 0.0; ++i) {
    const double steps = (seconds[i] - seconds[i - 1]) / step;
    if (steps <= 0.0 || begins_series(rows.series, i)) continue;
    shortest = std::min(shortest, steps * step);
    longest = std::max(longest, steps * step);
    if (std::abs(steps - std::max(1.0, std::round(steps))) > kOff) ++odd;
  }
  if (odd == 0) return;
  const bool many = static_cast<double>(odd) > kMany * static_cast<double>(seconds.size());
  (many ? rows.warnings : rows.notes)
      .push_back(fmt::format("{} of {} steps between time stamps are irregular ({} to {}, usually {}): rows less than "
                             "one and a half steps apart count as neighbours, longer steps as missing rows",
                             grouped(odd), grouped(static_cast<int64_t>(seconds.size()) - 1), time_text(shortest),
                             time_text(longest), time_text(step)));
}

// A column that only rises may well be time under another name.
void note_rising(const CsvTable& table, const std::vector<size_t>& columns, SeriesRows& rows) {
  constexpr int64_t kFewest = 10;
  for (const size_t c : columns) {
    if (table.rows < kFewest || !only_rises(table.numbers[c], rows.series)) continue;
    const std::string name = detail::in_quotes(table.column_names[c]);
    rows.notes.push_back(
        fmt::format("column {} only rises: --time-column {} if it says when rows were taken", name, name));
  }
}

// Places for steps that the table lacks, and the beginnings of parts.
void lay_out(const std::vector<double>& seconds, int64_t count, const SeriesOptions& series, SeriesRows& rows) {
  const int64_t max_gap = series.max_gap;
  TimeGrid grid(series.step_seconds > 0.0 ? series.step_seconds : rows.step_seconds, max_gap);
  int64_t added = 0, gaps = 0;
  for (int64_t row = 0; row < count; ++row) {
    const bool is_new = begins_series(rows.series, static_cast<size_t>(row));
    if (is_new) {
      grid = TimeGrid(grid.step(), max_gap);
      rows.part_begins.push_back(static_cast<int64_t>(rows.row_of.size()));
    }
    if (!seconds.empty()) {
      const TimeGrid::Place place = grid.next(seconds[static_cast<size_t>(row)]);
      if (place.new_part) rows.part_begins.push_back(static_cast<int64_t>(rows.row_of.size()));
      gaps += place.new_part ? 1 : 0;
      rows.row_of.insert(rows.row_of.end(), static_cast<size_t>(place.missing), -1);
      added += place.missing;
    }
    rows.row_of.push_back(row);
  }
  if (added > 0) rows.notes.push_back(fmt::format("{} missing between time stamps", counted(added, "row")));
  if (gaps > 0) {
    rows.notes.push_back(
        fmt::format("{} of more than {}: no window lies across", counted(gaps, "gap"), counted(max_gap, "step")));
  }
}

CsvOptions csv_options_of_series(const FileBytes& file, const OpenOptions& options) {
  CsvOptions csv;
  if (options.header == Header::yes) csv.header = CsvHeader::yes;
  if (options.header == Header::no) csv.header = CsvHeader::no;
  csv.decimal = options.decimal;
  if (!are_generated(options.column_names)) csv.expected_names = options.column_names;
  if (file.packed()) csv.most_bytes = unpack_limit(file.file->bytes().size());
  return csv;
}

// Where channel `from` (C, rows) goes on the grid (C, T).
Tensor on_grid(const CsvTable& table, const std::vector<int64_t>& row_of) {
  const auto C = static_cast<int64_t>(table.column_names.size()), T = static_cast<int64_t>(row_of.size());
  Tensor x = Tensor::empty({C, T}, DType::f64);
  for (int64_t c = 0; c < C; ++c) {
    double* channel = x.data<double>() + c * T;
    const auto& numbers = table.numbers[static_cast<size_t>(c)];
    for (int64_t t = 0; t < T; ++t) {
      const int64_t row = row_of[static_cast<size_t>(t)];
      channel[t] = row < 0 ? kMissingCell : numbers[static_cast<size_t>(row)];
    }
  }
  return x;
}

}  // namespace

TimeGrid::Place TimeGrid::next(double seconds) {
  constexpr double kLonger = 1.5;
  Place place;
  if (has_last_ && step_ > 0.0 && seconds - last_ > kLonger * step_) {
    const double missing = std::round((seconds - last_) / step_) - 1.0;
    place.new_part = missing > static_cast<double>(max_gap_);
    if (!place.new_part) place.missing = static_cast<int64_t>(missing);
  }
  last_ = seconds;
  has_last_ = true;
  return place;
}

SeriesRows read_series_rows(const FileBytes& file, const OpenOptions& options) {
  const std::string& path = file.path;
  CsvTable table = read_csv(file.bytes(), path, csv_options_of_series(file, options));
  SeriesRows rows;
  TableColumns columns = choose_columns(table, options, path);
  rows.dropped = columns.dropped;
  rows.notes = columns.notes;
  if (!options.series.series_column.empty()) {
    std::erase(columns.kept, bring_series_together(table, options.series.series_column, rows, path));
  }
  std::string label;
  if (columns.label) {
    label = table.column_names[*columns.label];
    TableLabels labels = take_labels(table, *columns.label, path);
    rows.labels = std::move(labels.numbers);
    rows.class_names = std::move(labels.names);
  }
  std::vector<double> seconds;
  if (std::optional<RowTimes> times = times_of_rows(table, rows.series, options, path)) {
    check_order(table, *times, rows, path);
    rows.time_column = times->name;
    rows.clock_column = times->clock_name;
    rows.date_order = times->order;
    rows.stamps = std::move(times->stamps);
    seconds = std::move(times->seconds);
    rows.step_seconds = median_step(seconds, rows.series);
    note_steps(seconds, rows);
    for (const size_t column : times->columns) std::erase(columns.kept, column);
  } else if (options.column_names.empty()) {
    note_rising(table, columns.kept, rows);
  }
  rows.part_begins = {0};
  lay_out(seconds, table.rows, options.series, rows);
  read_units(table, columns.kept, rows.notes);
  keep_columns(table, columns.kept);
  if (table.column_names.empty()) throw DataError(path, "no columns beside time and labels");
  refuse_odd_cells(table, path, rows.series.empty() ? "--series-column one that tells series apart" : "");
  arrange_columns(table, options.column_names, label, path);
  rows.x = on_grid(table, rows.row_of);
  rows.channels = table.column_names;
  return rows;
}

SeriesRows read_series_rows(const std::string& path, const OpenOptions& options) {
  return read_series_rows(read_file(path), options);
}

namespace {

// The beginnings and ends of runs of steps at which every channel has a value.
void add_stretches(const std::vector<uint8_t>& usable, int64_t begin, int64_t end, Stretches& stretches) {
  for (int64_t t = begin; t < end; ++t) {
    if (usable[static_cast<size_t>(t)] == 0) continue;
    const int64_t first = t;
    while (t < end && usable[static_cast<size_t>(t)] != 0) ++t;
    stretches.begins.push_back(first);
    stretches.ends.push_back(t);
  }
}

}  // namespace

GapFill fill_gaps(const Tensor& x, const std::vector<int64_t>& part_begins, int64_t max_gap) {
  const int64_t C = x.dim(0), T = x.dim(1);
  GapFill result{.stretches = {.x = x.clone(), .begins = {}, .ends = {}, .channels = {}}};
  std::vector<uint8_t> usable(static_cast<size_t>(T), 1);
  for (size_t p = 0; p < part_begins.size(); ++p) {
    const int64_t begin = part_begins[p], end = p + 1 < part_begins.size() ? part_begins[p + 1] : T;
    for (int64_t c = 0; c < C; ++c) {
      double* channel = result.stretches.x.data<double>() + c * T;
      for (int64_t t = begin; t < end; ++t) {
        if (!std::isnan(channel[t])) continue;
        const int64_t first = t;
        while (t < end && std::isnan(channel[t])) ++t;
        const bool is_inside = first > begin && t < end;
        const auto run = static_cast<double>(t - first + 1);
        for (int64_t i = first; i < t; ++i) {
          if (is_inside && t - first <= max_gap) {
            const double part = static_cast<double>(i - first + 1) / run;
            channel[i] = channel[first - 1] + part * (channel[t] - channel[first - 1]);
            ++result.filled;
          } else {
            usable[static_cast<size_t>(i)] = 0;
          }
        }
      }
    }
    add_stretches(usable, begin, end, result.stretches);
  }
  result.left_out = std::ranges::count(usable, uint8_t{0});
  return result;
}

}  // namespace latent::data
