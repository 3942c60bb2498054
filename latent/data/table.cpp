#include <latent/data/detail/table_columns.hpp>
#include <latent/data/detail/unit_columns.hpp>
#include <latent/data/sources.hpp>
#include <latent/formats/csv.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

namespace latent::data {

namespace {

// "3" for 3.0, so that class names look as they do in the file.
std::string class_name(double label) { return fmt::format("{}", static_cast<int64_t>(label)); }

void check_label_numbers(const CsvTable& table, size_t column, const std::string& path) {
  constexpr double kLargestWhole = 9007199254740992.0;  // 2^53
  const auto& values = table.numbers[column];
  for (size_t row = 0; row < values.size(); ++row) {
    if (values[row] == std::floor(values[row]) && std::abs(values[row]) <= kLargestWhole) continue;
    const std::string found =
        std::isnan(values[row]) ? "is missing" : fmt::format("is {}, not a whole number", values[row]);
    throw DataError(path, table.row_offsets[row],
                    fmt::format("row {}: the label in column '{}' {}", row + 1, table.column_names[column], found));
  }
}

// Classes in ascending order of what stands in the column: numbers as numbers, texts as texts.
template <class T, class Name>
TableLabels number_labels(const std::vector<T>& cells, Name name) {
  std::vector<T> found = cells;
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  TableLabels labels;
  for (const T& value : found) labels.names.push_back(name(value));
  labels.numbers.reserve(cells.size());
  for (const T& cell : cells) {
    labels.numbers.push_back(std::lower_bound(found.begin(), found.end(), cell) - found.begin());
  }
  return labels;
}

}  // namespace

TableLabels take_labels(const CsvTable& table, size_t column, const std::string& path) {
  if (is_text_column(table, column)) {
    const auto& texts = table.texts[column];
    if (const auto empty = std::find(texts.begin(), texts.end(), ""); empty != texts.end()) {
      const auto row = static_cast<size_t>(empty - texts.begin());
      throw DataError(path, table.row_offsets[row],
                      fmt::format("row {}: the label in column '{}' is missing", row + 1, table.column_names[column]));
    }
    return number_labels(texts, [](const std::string& text) { return text; });
  }
  check_label_numbers(table, column, path);
  return number_labels(table.numbers[column], class_name);
}

namespace {

using Names = std::vector<std::string>;

// Those of `names` that `others` lacks.
Names missing_in(const Names& others, const Names& names) {
  std::multiset<std::string_view> left(others.begin(), others.end());
  Names missing;
  for (const std::string& name : names) {
    if (const auto found = left.find(name); found != left.end()) {
      left.erase(found);
    } else {
      missing.push_back(name);
    }
  }
  return missing;
}

// "; unknown: 'a', 'b' and 3 more", or nothing without names.
std::string named(const char* what, const Names& names) {
  constexpr size_t kMostNamed = 3;
  std::string list;
  for (size_t i = 0; i < std::min(names.size(), kMostNamed); ++i) {
    list += fmt::format("{}'{}'", i == 0 ? "" : ", ", names[i]);
  }
  if (names.size() > kMostNamed) list += fmt::format(" and {} more", names.size() - kMostNamed);
  return names.empty() ? "" : fmt::format("; {}: {}", what, list);
}

[[noreturn]] void refuse_columns(const Names& found, const Names& expected, const std::string& label,
                                 const std::string& path) {
  const Names unknown = missing_in(expected, found), missing = missing_in(found, expected);
  // Another label column, or none, may be what was meant: that is the caller's to correct.
  LATENT_CHECK(label.empty() || std::find(missing.begin(), missing.end(), label) == missing.end(),
               "{}: '{}' cannot be the label column: the model was trained on it", path, label);
  if (found.size() != expected.size()) {
    throw DataError(path, fmt::format("{} columns, but the model was trained on {}{}{}", found.size(), expected.size(),
                                      named("unknown", unknown), named("missing", missing)));
  }
  throw DataError(path, fmt::format("column '{}' is none that the model was trained on; expected '{}'", unknown.front(),
                                    missing.front()));
}

// Where each expected column stands among those found; of columns with the same name, the first goes first. Nothing if
// they are not the same columns.
std::optional<std::vector<size_t>> places_of(const Names& expected, const Names& found) {
  std::multimap<std::string_view, size_t> left;
  for (size_t c = 0; c < found.size(); ++c) left.emplace(found[c], c);
  std::vector<size_t> places;
  for (const std::string& name : expected) {
    const auto first = left.lower_bound(name);
    if (first == left.end() || first->first != name) return std::nullopt;
    places.push_back(first->second);
    left.erase(first);
  }
  return left.empty() ? std::optional(places) : std::nullopt;
}

}  // namespace

void arrange_columns(CsvTable& table, const std::vector<std::string>& expected, const std::string& label,
                     const std::string& path) {
  if (!table.has_header || expected.empty() || table.column_names == expected) return;
  const auto places = places_of(expected, table.column_names);
  if (!places) {
    if (are_generated(table.column_names) || are_generated(expected)) return;  // no names to go by
    refuse_columns(table.column_names, expected, label, path);
  }
  CsvTable arranged;
  for (const size_t c : *places) {
    arranged.numbers.push_back(std::move(table.numbers[c]));
    arranged.texts.push_back(std::move(table.texts[c]));
  }
  table.column_names = expected;
  table.numbers = std::move(arranged.numbers);
  table.texts = std::move(arranged.texts);
}

namespace {

Tensor to_rows(CsvTable& table) {
  const auto D = static_cast<int64_t>(table.numbers.size());
  Tensor x = Tensor::empty({table.rows, D}, DType::f64);
  auto* out = x.data<double>();
  for (int64_t c = 0; c < D; ++c) {
    auto& column = table.numbers[static_cast<size_t>(c)];
    for (int64_t row = 0; row < table.rows; ++row) out[row * D + c] = column[static_cast<size_t>(row)];
    column = {};  // a wide table would otherwise be in memory twice
  }
  return x;
}

// The cells of the first row as people find it in the file: "400, 410, 420, ...".
std::string some_of(const Names& cells) {
  constexpr size_t kShown = 4;
  std::string text;
  for (size_t i = 0; i < std::min(kShown, cells.size()); ++i) {
    text += (i == 0 ? "" : ", ") + (cells[i].empty() ? "''" : cells[i]);
  }
  return cells.size() > kShown ? text + ", ..." : text;
}

CsvOptions csv_options(const OpenOptions& options) {
  CsvOptions csv;
  if (options.header == Header::yes) csv.header = CsvHeader::yes;
  if (options.header == Header::no) csv.header = CsvHeader::no;
  csv.decimal = options.decimal;
  csv.numbers_may_be_names = options.header != Header::texts;
  if (!are_generated(options.column_names)) csv.expected_names = options.column_names;
  return csv;
}

void note_header(const CsvTable& table, std::vector<std::string>& notes) {
  if (table.header_of_numbers) {
    notes.push_back(fmt::format("the first row ({}) was taken for the header; --header no if it is a sample",
                                some_of(table.first_row)));
  } else if (table.doubtful_first_row) {
    notes.push_back(fmt::format("the first row ({}) was taken for a sample; --header yes if it names the columns",
                                some_of(table.first_row)));
  }
}

}  // namespace

Source open_table(const FileBytes& file, const std::string& name, const OpenOptions& options) {
  if (options.series.asked()) return open_series_table(file, name, options);
  LATENT_CHECK(!options.size && !options.grayscale, "{}: a table has no images to resize or make grey", name);
  Source source{name, "csv", nullptr, nullptr, {}};
  CsvOptions csv = csv_options(options);
  if (file.packed()) csv.most_bytes = unpack_limit(file.file->bytes().size());
  CsvTable table = read_csv(file.bytes(), file.path, csv);
  note_header(table, source.notes);
  const TableColumns columns = choose_columns(table, options, file.path);
  source.notes.insert(source.notes.end(), columns.notes.begin(), columns.notes.end());
  source.dropped = columns.dropped;
  TableLabels labels;
  std::string label;
  if (columns.label) {
    label = table.column_names[*columns.label];
    labels = take_labels(table, *columns.label, file.path);
  }
  read_units(table, columns.kept, source.notes);
  keep_columns(table, columns.kept);
  if (table.column_names.empty()) throw DataError(file.path, "no columns beside the labels");
  refuse_odd_cells(table, file.path);
  const bool imputes =
      options.missing == OpenOptions::Missing::impute || (options.transform && !options.transform->impute.empty());
  if (!imputes) refuse_missing_cells(table, file.path);
  arrange_columns(table, options.column_names, label, file.path);
  const Tensor x = to_rows(table);
  ArrayOptions array{Kind::table,
                     {},
                     {},
                     std::move(labels.numbers),
                     std::move(labels.names),
                     Origin{file.path, std::move(table.column_names), std::move(table.row_offsets)},
                     /*file=*/nullptr};
  const auto rows = statistics_rows(table.rows, /*has_test_part=*/false, options);
  array.transform = transform_of_samples(x, Kind::table, rows, options, array.origin);
  source.transform = array.transform;
  source.train = array_dataset(x, std::move(array));
  return source;
}

}  // namespace latent::data
