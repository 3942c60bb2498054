#include <latent/formats/detail/csv_header.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace latent::detail {

namespace {

constexpr size_t kMostRows = 1000, kLeastRows = 20, kMostCells = size_t{1} << 24;

using Row = std::vector<double>;

bool is_whole(double value) { return value == std::floor(value); }
bool is_year(double value) {
  constexpr double kFirst = 1800.0, kLast = 2100.0;
  return is_whole(value) && value >= kFirst && value <= kLast;
}
bool all_whole(const Row& row) { return std::ranges::all_of(row, is_whole); }
bool all_years(const Row& row) { return std::ranges::all_of(row, is_year); }

bool all_different(Row row) {
  std::ranges::sort(row);
  return std::ranges::adjacent_find(row) == row.end();
}

// Rising or falling throughout.
bool in_order(const Row& row) {
  return std::ranges::adjacent_find(row, std::greater_equal<>()) == row.end() ||
         std::ranges::adjacent_find(row, std::less_equal<>()) == row.end();
}

// The same step other than 0 everywhere, up to rounding in the sixth digit of a step.
bool is_sequence(const Row& row) {
  constexpr double kRounding = 1e-6;
  if (row.size() < 2) return false;
  const double step = (row.back() - row.front()) / static_cast<double>(row.size() - 1);
  if (step == 0.0 || !std::isfinite(step)) return false;
  for (size_t i = 1; i < row.size(); ++i) {
    const double expected = row.front() + step * static_cast<double>(i);
    const double allowed = kRounding * std::max(std::abs(step), std::abs(expected) * kRounding);
    if (std::abs(row[i] - expected) > allowed) return false;
  }
  return true;
}

// Counts from 0 or 1.
bool counts(const Row& row) {
  for (size_t i = 0; i < row.size(); ++i) {
    if (row[i] != row.front() + static_cast<double>(i)) return false;
  }
  return row.front() == 0.0 || row.front() == 1.0;
}

// 0, 1, 2, ... or 1, 2, ... in any order.
bool counts_in_any_order(Row row) {
  std::ranges::sort(row);
  return counts(row);
}

bool numbers_the_rows(std::span<const double> column) {
  for (size_t i = 1; i < column.size(); ++i) {
    if (column[i] != static_cast<double>(i - 1)) return false;
  }
  return column.size() > 2;
}

// Whether the first number of a column lies further than ten times its extent from all others.
bool is_far_off(std::span<const double> column) {
  constexpr double kTimes = 10.0;
  double low = HUGE_VAL, high = -HUGE_VAL;
  for (const double value : column.subspan(1)) {
    if (std::isnan(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  const double away = kTimes * (high - low);
  return low < high && (column[0] < low - away || column[0] > high + away);
}

struct Table {
  Row first;                                     ///< the numbers of the first row
  std::vector<std::span<const double>> columns;  ///< the columns below those
  size_t rows = 0;                               ///< below the first, as far as they are looked at
  bool alone_is_whole = false;                   ///< see FirstRow

  Row row(size_t i) const {
    Row cells;
    for (const auto& column : columns) cells.push_back(column[i + 1]);
    return cells;
  }
  template <class Property>
  bool none_below(const Property& property) const {
    for (size_t i = 0; i < rows; ++i) {
      if (property(row(i))) return false;
    }
    return true;
  }
};

bool is_sequence_header(const Table& table) {
  constexpr size_t kEnough = 4;
  const Row& first = table.first;
  if (!is_sequence(first)) return false;
  if (first.size() >= kEnough) return table.none_below(is_sequence);
  const bool stands_out = all_whole(first) && (table.alone_is_whole || table.none_below(all_whole));
  return stands_out && (first.size() == kEnough - 1 ? table.none_below(is_sequence) : counts(first));
}

bool is_shuffled_header(const Table& table) {
  constexpr size_t kEnough = 3, kEnoughOfAnyForm = 5;
  const Row& first = table.first;
  const bool stands_out = table.alone_is_whole && all_whole(first) && *std::ranges::min_element(first) >= 0.0;
  if (first.size() >= kEnough && stands_out) return true;
  return first.size() >= kEnoughOfAnyForm && counts_in_any_order(first) && table.none_below(counts_in_any_order);
}

bool is_ordered_header(const Table& table) {
  constexpr size_t kEnough = 6, kRows = 20;
  return table.first.size() >= kEnough && table.rows >= kRows && in_order(table.first) && table.none_below(in_order);
}

bool is_far_off_header(const Table& table) {
  constexpr size_t kEnough = 3;
  return table.first.size() >= kEnough && all_whole(table.first) && std::ranges::all_of(table.columns, is_far_off);
}

}  // namespace

Verdict judge_first_row(const FirstRow& row) {
  Table table;
  table.alone_is_whole = row.alone_is_whole;
  for (size_t c = 0; c < row.columns.size(); ++c) {
    const bool is_index = c == 0 && row.first_is_empty;
    if (row.columns[c].empty() || is_index) continue;
    table.first.push_back(row.columns[c][0]);
    table.columns.push_back(row.columns[c]);
  }
  if (!table.columns.empty()) {
    const size_t most = std::clamp(kMostCells / table.columns.size(), kLeastRows, kMostRows);
    table.rows = std::min(table.columns[0].size() - 1, most);
  }
  if (row.are_expected) return Verdict::header;
  const bool are_distinct = std::set<std::string_view>(row.texts.begin(), row.texts.end()).size() == row.texts.size();
  const bool are_quoted = row.quoted >= static_cast<int64_t>(row.texts.size()) - (row.first_is_empty ? 1 : 0);
  if (are_quoted && are_distinct && !table.first.empty()) return Verdict::header;
  if (table.first.empty() || !std::ranges::all_of(table.first, [](double v) { return std::isfinite(v); })) {
    return Verdict::sample;
  }
  if (!all_different(table.first)) return Verdict::sample;
  if (row.first_is_empty && !row.columns[0].empty() && numbers_the_rows(row.columns[0])) return Verdict::header;
  if (table.first.size() < 2) return Verdict::sample;
  if (all_years(table.first) && table.none_below(all_years)) return Verdict::header;
  if (is_sequence_header(table) || is_shuffled_header(table)) return Verdict::header;
  if (is_ordered_header(table) || is_far_off_header(table)) return Verdict::header;
  constexpr size_t kDoubtful = 3;
  const auto like_names = [](const Row& cells) {
    return all_whole(cells) && (is_sequence(cells) || counts_in_any_order(cells));
  };
  const bool is_doubtful = table.first.size() >= kDoubtful && like_names(table.first) && table.none_below(like_names);
  return is_doubtful ? Verdict::doubtful : Verdict::sample;
}

}  // namespace latent::detail
