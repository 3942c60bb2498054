#include <latent/data/detail/table_columns.hpp>

#include <latent/core/names.hpp>
#include <latent/core/text.hpp>
#include <latent/data/detail/row_times.hpp>
#include <latent/formats/detail/text.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_set>

namespace latent::data {

namespace {

std::optional<int64_t> as_number(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

}  // namespace

size_t find_column(const CsvTable& table, const std::string& wanted, const char* what, const std::string& path) {
  const auto& names = table.column_names;
  const auto count = static_cast<int64_t>(names.size());
  if (const auto named = std::find(names.begin(), names.end(), wanted); named != names.end()) {
    return static_cast<size_t>(named - names.begin());
  }
  if (const auto number = as_number(wanted)) {
    LATENT_CHECK(-count <= *number && *number < count, "{}: {} {} of {} columns (0 ... {}, or -1 for the last)", path,
                 what, *number, count, count - 1);
    return static_cast<size_t>(*number < 0 ? *number + count : *number);
  }
  const std::vector<std::string_view> valid(names.begin(), names.end());
  unknown_name(what, wanted, valid);
}

namespace {

bool are_different(const std::vector<std::string>& texts) {
  std::unordered_set<std::string_view> seen;
  return std::ranges::all_of(texts, [&](const std::string& text) { return seen.insert(text).second; });
}

// Different whole numbers that are not negative.
bool are_numbers_of_rows(std::vector<double> values) {
  if (std::ranges::any_of(values, [](double v) { return !(v >= 0.0 && v == std::floor(v)); })) return false;
  std::ranges::sort(values);
  return std::ranges::adjacent_find(values) == values.end();
}

bool only_numbers_rows(const CsvTable& table, const OpenOptions& options) {
  const std::string& name = table.column_names.front();
  const bool unnamed = table.first_is_unnamed || name == "Unnamed: 0";
  if (!unnamed || table.column_names.size() < 2) return false;
  if (options.header == Header::texts) return false;
  // A model that was trained on this column needs it.
  if (std::ranges::find(options.column_names, name) != options.column_names.end()) return false;
  if (options.series.asked() && is_text_column(table, 0) && are_time_stamps(table.texts[0])) return false;
  return is_text_column(table, 0) ? are_different(table.texts[0]) : are_numbers_of_rows(table.numbers[0]);
}

// The columns that say of a result's rows which sample they are ("data_index", "file"), as `latent` writes them: last,
// or before the class. They are no data, so that results can be read as tables again.
std::vector<size_t> columns_of_samples(const CsvTable& table, const OpenOptions& options) {
  const std::vector<std::string>& names = table.column_names;
  if (!table.has_header || std::ranges::find(options.column_names, "data_index") != options.column_names.end())
    return {};
  size_t end = names.size();
  const auto ends_with = [&](std::string_view name) { return end > 1 && names[end - 1] == name; };
  if (ends_with("label")) {
    --end;
    if (ends_with("class")) --end;
  }
  const bool has_file = end > 2 && ends_with("file") && names[end - 2] == "data_index";
  if (has_file) return {end - 2, end - 1};
  return ends_with("data_index") ? std::vector<size_t>{end - 1} : std::vector<size_t>{};
}

// "column 'city' holds text ('Berlin' in row 1)", or the cell alone where those above it are numbers.
std::string odd_column(const CsvTable& table, size_t column) {
  const CsvOddCell& cell = *table.odd_cells[column];
  const std::string name = detail::in_quotes(table.column_names[column]), text = detail::in_quotes(cell.text);
  if (!is_text_column(table, column)) {
    return fmt::format("row {}, column {}: {} is infinite or too large", cell.row + 1, name, text);
  }
  if (cell.row == 0) {
    const std::string_view what = are_time_stamps(table.texts[column]) ? "times" : "text";
    return fmt::format("column {} holds {} ({} in row 1)", name, what, text);
  }
  return fmt::format("row {}, column {}: {} is not a number", cell.row + 1, name, text);
}

}  // namespace

bool is_text_column(const CsvTable& table, size_t column) { return table.numbers[column].empty() && table.rows > 0; }

bool are_generated(const std::vector<std::string>& names) {
  constexpr std::string_view kGenerated = "column_";
  return std::all_of(names.begin(), names.end(), [&](std::string_view name) {
    return name.starts_with(kGenerated) && name.size() > kGenerated.size() &&
           name.find_first_not_of("0123456789", kGenerated.size()) == std::string_view::npos;
  });
}

namespace {

// Whether a column has neither a name nor a value: what stands behind one delimiter too many.
bool is_empty_column(const CsvTable& table, size_t column) {
  return table.has_header && table.column_names.size() > 1 &&
         table.column_names[column] == fmt::format("column_{}", column) && !is_text_column(table, column) &&
         std::ranges::all_of(table.numbers[column], [](double value) { return std::isnan(value); });
}

// What reading the table itself decided.
void note_reading(const CsvTable& table, bool decimal_is_said, TableColumns& columns) {
  if (table.decimal == CsvDecimal::comma && !decimal_is_said) {
    columns.notes.emplace_back("numbers have decimal commas: 1234,5 and 1.234,5 are 1234.5");
  } else if (table.decimal == CsvDecimal::grouped && !decimal_is_said) {
    columns.notes.emplace_back("numbers have commas between thousands: 1,234.5 is 1234.5");
  }
  if (table.empty_end > 0) {
    columns.notes.push_back(fmt::format("{} at the end left out", counted(table.empty_end, "empty row")));
  }
}

}  // namespace

TableColumns choose_columns(const CsvTable& table, const OpenOptions& options, const std::string& path) {
  TableColumns columns;
  note_reading(table, options.decimal.has_value(), columns);
  const size_t count = table.column_names.size();
  std::vector<bool> is_data(count, true);
  if (!options.label_column.empty()) {
    columns.label = find_column(table, options.label_column, "label column", path);
    is_data[*columns.label] = false;
  }
  // The run's columns may be all that the table has: then nothing is left to be dropped.
  const bool has_model = !options.column_names.empty();
  const size_t expected = options.column_names.size() + (columns.label ? 1 : 0);
  if (!(has_model && !table.has_header && count == expected)) {
    for (const std::string& wanted : options.drop) {
      const auto& names = table.column_names;
      if (has_model && std::find(names.begin(), names.end(), wanted) == names.end()) continue;
      const size_t column = find_column(table, wanted, "column to drop", path);
      LATENT_CHECK(columns.label != column, "{}: column '{}' holds the labels and cannot be dropped", path, wanted);
      if (is_data[column]) columns.dropped.push_back(names[column]);
      is_data[column] = false;
    }
  }
  if (is_data[0] && only_numbers_rows(table, options)) {
    is_data[0] = false;
    columns.notes.push_back(fmt::format("the first column has no name and only {} the rows: it was left out",
                                        is_text_column(table, 0) ? "names" : "numbers"));
  }
  for (const size_t c : columns_of_samples(table, options)) is_data[c] = false;
  int64_t empty = 0;
  for (size_t c = 0; c < count; ++c) {
    if (!is_data[c] || !is_empty_column(table, c)) continue;
    is_data[c] = false;
    ++empty;
  }
  if (empty > 0)
    columns.notes.push_back(fmt::format("{} without a name and without values left out", counted(empty, "column")));
  for (size_t c = 0; c < count; ++c) {
    if (is_data[c]) columns.kept.push_back(c);
  }
  return columns;
}

void keep_columns(CsvTable& table, const std::vector<size_t>& kept) {
  CsvTable rest;
  for (const size_t c : kept) {
    rest.column_names.push_back(std::move(table.column_names[c]));
    rest.numbers.push_back(std::move(table.numbers[c]));
    rest.texts.push_back(std::move(table.texts[c]));
    rest.odd_cells.push_back(std::move(table.odd_cells[c]));
    rest.missing_cells.push_back(std::move(table.missing_cells[c]));
  }
  table.column_names = std::move(rest.column_names);
  table.numbers = std::move(rest.numbers);
  table.texts = std::move(rest.texts);
  table.odd_cells = std::move(rest.odd_cells);
  table.missing_cells = std::move(rest.missing_cells);
}

void refuse_odd_cells(const CsvTable& table, const std::string& path, std::string_view advice) {
  constexpr size_t kMostNamed = 3;
  std::string list, names;
  size_t count = 0;
  bool has_comma = false, has_times = false;
  const CsvOddCell* first = nullptr;
  for (size_t c = 0; c < table.column_names.size(); ++c) {
    if (!table.odd_cells[c]) continue;
    has_times = has_times || (is_text_column(table, c) && are_time_stamps(table.texts[c]));
    if (++count > kMostNamed) continue;
    list += (list.empty() ? "" : "; ") + odd_column(table, c);
    const std::string& name = table.column_names[c];
    has_comma = has_comma || name.find(',') != std::string::npos;
    names += (names.empty() ? "" : ",") + name;
    if (first == nullptr || table.odd_cells[c]->offset < first->offset) first = &*table.odd_cells[c];
  }
  if (count == 0) return;
  if (count > kMostNamed) list += fmt::format("; and {} more", count - kMostNamed);
  const std::string how = count > kMostNamed || has_comma ? "COLUMN,..." : detail::in_quotes(names);
  throw DataError(path, first->offset,
                  fmt::format("{} ({}--drop {} leaves {} out; --label-column names one that holds classes{}{})", list,
                              has_times ? "--window 32 makes series of rows that follow each other in time; " : "", how,
                              count > 1 ? "them" : "the column", advice.empty() ? "" : "; ", advice));
}

void refuse_missing_cells(const CsvTable& table, const std::string& path) {
  std::optional<size_t> first;
  for (size_t c = 0; c < table.column_names.size(); ++c) {
    const auto& cell = table.missing_cells[c];
    if (cell && (!first || cell->row < table.missing_cells[*first]->row)) first = c;
  }
  if (!first) return;
  const CsvOddCell& cell = *table.missing_cells[*first];
  const std::string what = cell.text.empty() ? "" : fmt::format("{} is a ", detail::in_quotes(cell.text));
  throw DataError(path, table.row_offsets[static_cast<size_t>(cell.row)],
                  fmt::format("row {}, column {}: {}missing value (--missing impute fills in the training mean)",
                              cell.row + 1, detail::in_quotes(table.column_names[*first]), what));
}

}  // namespace latent::data
