#include <latent/formats/csv.hpp>

#include <latent/core/memory.hpp>
#include <latent/formats/csv_scanner.hpp>
#include <latent/formats/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

namespace latent {

namespace {

using detail::CsvCell;
using detail::CsvKind;
using detail::CsvScanner;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
// A column costs memory even where it is empty, so that a file of delimiters alone would take a hundred times its size.
constexpr size_t kMaxColumns = size_t{1} << 20;

struct Column {
  std::vector<double> numbers;  ///< the first row, whatever it is, has a place as well
  bool is_text = false;
  CsvKind first_kind = CsvKind::missing;
  std::optional<size_t> infinite_at;  ///< an offence if the column turns out to be one of numbers

  void become_text() {
    is_text = true;
    std::vector<double>().swap(numbers);
  }
};

class TableParser {
 public:
  TableParser(std::string_view text, size_t begin, const std::string& path, uint64_t most_bytes)
      : text_(text),
        begin_(begin),
        path_(path),
        most_bytes_(most_bytes),
        delimiter_(detail::find_csv_delimiter(text, begin, path)) {}

  CsvTable parse() {
    CsvScanner scanner(text_, begin_, delimiter_, path_);
    if (!scanner.next_row()) fail(text_.size(), "no rows");
    read_first_row(scanner);
    reserve(scanner.offset());
    while (scanner.next_row()) read_row(scanner);
    settle_header();
    if (table_.rows == 0) fail(text_.size(), "no rows below the header");
    for (Column& column : columns_) {
      if (!column.is_text && column.infinite_at) fail(*column.infinite_at, "a number that is infinite or too large");
      table_.numbers.push_back(std::move(column.numbers));
    }
    collect_texts();
    return std::move(table_);
  }

 private:
  [[noreturn]] void fail(size_t offset, const std::string& reason) const {
    throw DataError(path_, static_cast<int64_t>(offset), reason);
  }

  void read_first_row(CsvScanner& scanner) {
    table_.row_offsets.push_back(static_cast<int64_t>(scanner.offset()));
    CsvCell cell;
    do {
      cell = scanner.next_cell();
      if (columns_.size() == kMaxColumns) fail(cell.offset, fmt::format("more than {} columns", kMaxColumns));
      Column column;
      double value = kNan;
      column.first_kind = detail::classify_csv_cell(cell.text, value);
      if (column.first_kind == CsvKind::infinite) first_infinite_.emplace_back(columns_.size(), cell.offset);
      column.numbers.push_back(value);
      columns_.push_back(std::move(column));
      table_.column_names.push_back(cell.str());
    } while (!cell.last);
  }

  // A cell takes a byte at least, which bounds what a table of many short rows can ask for.
  void reserve(size_t at) {
    const auto lines = static_cast<size_t>(std::ranges::count(text_.substr(at), '\n')) + 2;
    const size_t rows = std::min(lines, (text_.size() - at) / columns_.size() + 2);
    check_need(rows);
    table_.row_offsets.reserve(rows);
    for (Column& column : columns_) column.numbers.reserve(rows);
  }

  // The text, its offsets, the columns, and the array that is made of them.
  void check_need(size_t rows) const {
    constexpr uint64_t kCopies = 2;
    const uint64_t values = uint64_t{rows} * columns_.size();
    const uint64_t needed = text_.size() + sizeof(int64_t) * uint64_t{rows} + kCopies * sizeof(double) * values;
    check_memory(needed, std::min(most_bytes_, memory_allowed() / 2), path_,
                 fmt::format("the {} rows of {} columns", rows, columns_.size()));
  }

  void read_row(CsvScanner& scanner) {
    const size_t offset = scanner.offset();
    bool last = false;
    size_t cells = 0;
    for (; !last && cells < columns_.size(); ++cells) {
      Column& column = columns_[cells];
      double value = kNan;
      if (column.is_text) {
        last = scanner.next_cell().last;
      } else if (scanner.next_number(value, last)) {
        column.numbers.push_back(value);
      } else {
        last = read_odd_cell(scanner, column);
      }
    }
    if (!last || cells != columns_.size()) {
      while (!last) {
        last = scanner.next_cell().last;
        ++cells;
      }
      const auto line = std::ranges::count(text_.substr(0, offset), '\n') + 1;
      fail(offset, fmt::format("line {} has {} cell{}, the first row has {}", line, cells, cells == 1 ? "" : "s",
                               columns_.size()));
    }
    table_.row_offsets.push_back(static_cast<int64_t>(offset));
  }

  static bool read_odd_cell(CsvScanner& scanner, Column& column) {
    const CsvCell cell = scanner.next_cell();
    double value = kNan;
    const CsvKind kind = detail::classify_csv_cell(cell.text, value);
    if (kind == CsvKind::text) {
      column.become_text();
      return cell.last;
    }
    if (kind == CsvKind::infinite && !column.infinite_at) column.infinite_at = cell.offset;
    column.numbers.push_back(value);
    return cell.last;
  }

  void settle_header() {
    const bool rows_below = table_.row_offsets.size() > 1;
    const auto is_name = [&](const Column& c) { return rows_below && c.first_kind == CsvKind::text && !c.is_text; };
    const auto can_be_name = [](const Column& c) {
      return c.first_kind == CsvKind::text || c.first_kind == CsvKind::missing;
    };
    const auto is_text = [](const Column& c) { return c.first_kind == CsvKind::text; };
    table_.has_header = std::ranges::any_of(columns_, is_name) ||
                        (std::ranges::all_of(columns_, can_be_name) && std::ranges::any_of(columns_, is_text));
    if (table_.has_header) {
      table_.row_offsets.erase(table_.row_offsets.begin());
      for (Column& column : columns_) {
        if (!column.is_text) column.numbers.erase(column.numbers.begin());
      }
    } else {
      for (auto& name : table_.column_names) name.clear();
      for (Column& column : columns_) {
        if (column.first_kind == CsvKind::text) column.become_text();
      }
      for (const auto& [column, offset] : first_infinite_) columns_[column].infinite_at = offset;
    }
    for (size_t c = 0; c < columns_.size(); ++c) {
      if (table_.column_names[c].empty()) table_.column_names[c] = fmt::format("column_{}", c);
    }
    table_.rows = static_cast<int64_t>(table_.row_offsets.size());
  }

  // Whether a column is text may show in its last row, so that texts take a second walk, if there are any.
  void collect_texts() {
    table_.texts.resize(columns_.size());
    if (std::ranges::none_of(columns_, &Column::is_text)) return;
    for (size_t c = 0; c < columns_.size(); ++c) {
      if (columns_[c].is_text) table_.texts[c].reserve(table_.row_offsets.size());
    }
    CsvScanner scanner(text_, static_cast<size_t>(table_.row_offsets.front()), delimiter_, path_);
    while (scanner.next_row()) {
      for (size_t c = 0; c < columns_.size(); ++c) {
        const CsvCell cell = scanner.next_cell();
        if (columns_[c].is_text) table_.texts[c].push_back(cell.str());
      }
    }
  }

  std::string_view text_;
  size_t begin_;
  const std::string& path_;
  uint64_t most_bytes_;
  char delimiter_;
  std::vector<Column> columns_;
  std::vector<std::pair<size_t, size_t>> first_infinite_;  ///< columns and offsets of infinite cells in the first row
  CsvTable table_;
};

CsvTable parse(std::span<const std::byte> bytes, const std::string& path, uint64_t most_bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    throw DataError(path, 0, "UTF-16 text; save the table as UTF-8");
  }
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
    throw DataError(path, static_cast<int64_t>(nul), "a NUL byte: not a text file");
  }
  const size_t begin = text.starts_with("\xef\xbb\xbf") ? 3 : 0;  // a byte order mark
  return TableParser(text, begin, path, most_bytes).parse();
}

void append_name(fmt::memory_buffer& line, std::string_view name) {
  if (name.find_first_of(",;\t\"\r\n") == std::string_view::npos) {
    line.append(name);
    return;
  }
  line.push_back('"');
  for (const char c : name) {
    if (c == '"') line.push_back('"');
    line.push_back(c);
  }
  line.push_back('"');
}

// The shortest digits that read back as the same number.
template <class T>
void append_row(fmt::memory_buffer& line, std::span<const T> row) {
  for (size_t d = 0; d < row.size(); ++d) {
    if (d > 0) line.push_back(',');
    fmt::format_to(std::back_inserter(line), "{}", row[d]);
  }
  line.push_back('\n');
}

}  // namespace

CsvTable read_csv(std::span<const std::byte> bytes, const std::string& path, uint64_t most_bytes) {
  if (!is_gzip(bytes)) return parse(bytes, path, most_bytes);
  return parse(gunzip(bytes, path), path, std::min<uint64_t>(most_bytes, unpack_limit(bytes.size())));
}

void write_csv(const std::filesystem::path& path, const std::vector<std::string>& column_names, const Tensor& rows) {
  LATENT_CHECK(rows.ndim() == 2, "[write_csv] rows (N, D), got {}", rows.shape().str());
  LATENT_CHECK(rows.dtype() == DType::f32 || rows.dtype() == DType::f64, "[write_csv] rows of f32 or f64, got {}",
               name_of(rows.dtype()));
  const auto columns = static_cast<size_t>(rows.dim(1));
  LATENT_CHECK(column_names.size() == columns, "[write_csv] {} columns need as many names, got {}", columns,
               column_names.size());
  replace_file(path, [&](Sink& sink) {
    fmt::memory_buffer line;
    for (size_t d = 0; d < columns; ++d) {
      if (d > 0) line.push_back(',');
      append_name(line, column_names[d]);
    }
    line.push_back('\n');
    for (int64_t n = 0; n < rows.dim(0); ++n) {
      const size_t first = static_cast<size_t>(n) * columns;
      if (rows.dtype() == DType::f32) {
        append_row(line, rows.span<float>().subspan(first, columns));
      } else {
        append_row(line, rows.span<double>().subspan(first, columns));
      }
      sink.write(std::string_view(line.data(), line.size()));
      line.clear();
    }
    sink.write(std::string_view(line.data(), line.size()));
  });
}

}  // namespace latent
