#include <latent/core/names.hpp>
#include <latent/data/sources.hpp>
#include <latent/formats/csv.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace latent::data {

namespace {

struct TableLabels {
  std::vector<int64_t> numbers;
  std::vector<std::string> names;
};

bool is_text(const CsvTable& table, size_t column) { return table.numbers[column].empty() && table.rows > 0; }

// By name, or else by number: from 0, or from the end if negative.
size_t find_column(const CsvTable& table, const std::string& wanted, const std::string& path) {
  const auto& names = table.column_names;
  const auto count = static_cast<int64_t>(names.size());
  if (const auto named = std::find(names.begin(), names.end(), wanted); named != names.end()) {
    return static_cast<size_t>(named - names.begin());
  }
  int64_t number = 0;
  const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
  if (error == std::errc() && end == wanted.data() + wanted.size()) {
    LATENT_CHECK(-count <= number && number < count, "{}: label column {} of {} columns (0 ... {}, or -1 for the last)",
                 path, number, count, count - 1);
    return static_cast<size_t>(number < 0 ? number + count : number);
  }
  const std::vector<std::string_view> valid(names.begin(), names.end());
  unknown_name("label column", wanted, valid);
}

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

TableLabels take_labels(const CsvTable& table, size_t column, const std::string& path) {
  if (is_text(table, column)) {
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

void erase_column(CsvTable& table, size_t column) {
  const auto at = static_cast<ptrdiff_t>(column);
  table.column_names.erase(table.column_names.begin() + at);
  table.numbers.erase(table.numbers.begin() + at);
  table.texts.erase(table.texts.begin() + at);
}

// The columns that say of a result's rows which sample they are ("data_index", "file"), as `latent` writes them last.
// They are no data, so that results can be read as tables again.
void drop_sample_columns(CsvTable& table, const std::vector<std::string>& expected) {
  const auto is_expected = [&](const char* name) { return std::ranges::find(expected, name) != expected.end(); };
  const auto ends_with = [&](const char* name) { return table.column_names.back() == name; };
  if (!table.has_header || is_expected("data_index")) return;
  const size_t count = table.column_names.size();
  const bool has_file = count > 2 && ends_with("file") && table.column_names[count - 2] == "data_index";
  if (!has_file && (count < 2 || !ends_with("data_index"))) return;
  if (has_file) erase_column(table, count - 1);
  erase_column(table, table.column_names.size() - 1);
}

void refuse_texts(const CsvTable& table, const std::string& path) {
  constexpr size_t kMostNamed = 5;
  std::string names;
  size_t count = 0;
  for (size_t c = 0; c < table.column_names.size(); ++c) {
    if (!is_text(table, c)) continue;
    if (++count <= kMostNamed) names += fmt::format("{}'{}'", names.empty() ? "" : ", ", table.column_names[c]);
  }
  if (count == 0) return;
  if (count > kMostNamed) names += fmt::format(" and {} more", count - kMostNamed);
  throw DataError(path, fmt::format("column{} {} hold{} text; leave {} out, or name the one that holds labels with "
                                    "--label-column",
                                    count > 1 ? "s" : "", names, count > 1 ? "" : "s", count > 1 ? "them" : "it"));
}

using Names = std::vector<std::string>;

// Whether these are what columns without names are called: "column_0", "column_3".
bool are_generated(const Names& names) {
  constexpr std::string_view kGenerated = "column_";
  return std::all_of(names.begin(), names.end(), [&](std::string_view name) {
    return name.starts_with(kGenerated) && name.size() > kGenerated.size() &&
           name.find_first_not_of("0123456789", kGenerated.size()) == std::string_view::npos;
  });
}

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

// Puts the columns into the order in which a model knows their names.
// @param label  the name of the column that was taken for labels, or empty
void arrange_columns(CsvTable& table, const Names& expected, const std::string& label, const std::string& path) {
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

}  // namespace

Source open_table(const FileBytes& file, const std::string& name, const OpenOptions& options) {
  LATENT_CHECK(!options.size && !options.grayscale, "{}: a table has no images to resize or make grey", name);
  const uint64_t most = file.packed() ? unpack_limit(file.file->bytes().size()) : std::numeric_limits<uint64_t>::max();
  CsvTable table = read_csv(file.bytes(), file.path, most);
  drop_sample_columns(table, options.column_names);
  TableLabels labels;
  std::string label;
  if (!options.label_column.empty()) {
    const size_t column = find_column(table, options.label_column, file.path);
    label = table.column_names[column];
    labels = take_labels(table, column, file.path);
    erase_column(table, column);
  }
  if (table.column_names.empty()) throw DataError(file.path, "no columns beside the labels");
  refuse_texts(table, file.path);
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
  Source source{name, "csv", nullptr, nullptr, array.transform};
  source.train = array_dataset(x, std::move(array));
  return source;
}

}  // namespace latent::data
