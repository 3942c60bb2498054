#include <latent/formats/csv.hpp>

#include <latent/core/memory.hpp>
#include <latent/formats/csv_writer.hpp>
#include <latent/formats/detail/csv_header.hpp>
#include <latent/formats/detail/csv_scanner.hpp>
#include <latent/formats/detail/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>
#include <set>
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
  std::optional<CsvOddCell> missing;  ///< the first missing one below the first row
  std::optional<CsvOddCell> odd;      ///< the first cell below the first row that is no finite number

  void become_text() {
    is_text = true;
    std::vector<double>().swap(numbers);
  }
};

class TableParser {
 public:
  TableParser(std::string_view text, size_t begin, const std::string& path, const CsvOptions& options)
      : text_(text),
        begin_(begin),
        path_(path),
        options_(options),
        delimiter_(options.delimiter != '\0' ? options.delimiter : detail::find_csv_delimiter(text, begin, path)),
        decimal_(options.decimal ? *options.decimal : detail::find_csv_decimal(text, begin, delimiter_, path)) {
    table_.decimal = decimal_;
  }

  CsvTable parse() {
    CsvScanner scanner(text_, begin_, delimiter_, path_, decimal_);
    if (!scanner.next_row()) fail(text_.size(), "no rows");
    read_first_row(scanner);
    reserve(scanner.offset());
    while (scanner.next_row()) read_row(scanner);
    leave_empty_end_out();
    settle_header();
    if (table_.rows == 0) fail(text_.size(), "no rows below the header");
    for (Column& column : columns_) {
      table_.numbers.push_back(std::move(column.numbers));
      table_.odd_cells.push_back(std::move(column.odd));
      table_.missing_cells.push_back(std::move(column.missing));
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
      column.first_kind = detail::classify_csv_cell(cell.text, value, decimal_);
      if (column.first_kind != CsvKind::number) {
        first_odd_.emplace_back(columns_.size(), CsvOddCell{0, static_cast<int64_t>(cell.offset), cell.str()});
      }
      column.numbers.push_back(value);
      columns_.push_back(std::move(column));
      first_is_quoted_.push_back(cell.quoted);
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
    check_memory(needed, std::min(options_.most_bytes, memory_allowed() / 2), path_,
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

  bool read_odd_cell(CsvScanner& scanner, Column& column) {
    const CsvCell cell = scanner.next_cell();
    double value = kNan;
    const CsvKind kind = detail::classify_csv_cell(cell.text, value, decimal_);
    numbers_are_quoted_ = numbers_are_quoted_ || (cell.quoted && kind == CsvKind::number);
    std::optional<CsvOddCell>& first = kind == CsvKind::missing ? column.missing : column.odd;
    if (kind != CsvKind::number && !first) {
      const auto row = static_cast<int64_t>(table_.row_offsets.size());
      first = CsvOddCell{row, static_cast<int64_t>(cell.offset), cell.str()};
    }
    if (kind == CsvKind::text) {
      column.become_text();
      return cell.last;
    }
    column.numbers.push_back(value);
    return cell.last;
  }

  // Rows of delimiters alone, as spreadsheets leave them at the end.
  void leave_empty_end_out() {
    while (columns_.size() > 1 && table_.row_offsets.size() > 1) {
      const auto begin = static_cast<size_t>(table_.row_offsets.back());
      std::string_view row = text_.substr(begin);
      row = row.substr(0, row.find_first_of("\r\n"));
      const bool is_empty = std::ranges::all_of(row, [&](char c) { return c == delimiter_ || c == ' ' || c == '\t'; });
      if (!is_empty) return;
      const auto last = static_cast<int64_t>(table_.row_offsets.size()) - 1;
      for (Column& column : columns_) {
        if (!column.is_text) column.numbers.pop_back();
        if (column.missing && column.missing->row == last) column.missing.reset();
      }
      table_.row_offsets.pop_back();
      text_ = text_.substr(0, begin);
      ++table_.empty_end;
    }
  }

  void settle_header() {
    table_.has_header = has_header();
    table_.first_is_unnamed = table_.has_header && table_.column_names.front().empty();
    if (table_.has_header) {
      table_.row_offsets.erase(table_.row_offsets.begin());
      for (Column& column : columns_) {
        if (!column.is_text) column.numbers.erase(column.numbers.begin());
        if (column.odd) --column.odd->row;
        if (column.missing) --column.missing->row;
      }
    } else {
      for (auto& name : table_.column_names) name.clear();
      for (Column& column : columns_) {
        if (column.first_kind == CsvKind::text) column.become_text();
      }
      for (auto& [c, odd] : first_odd_) {
        Column& column = columns_[c];
        (column.first_kind == CsvKind::missing ? column.missing : column.odd) = std::move(odd);
      }
    }
    for (size_t c = 0; c < columns_.size(); ++c) {
      if (table_.column_names[c].empty()) table_.column_names[c] = fmt::format("column_{}", c);
    }
    table_.rows = static_cast<int64_t>(table_.row_offsets.size());
  }

  bool has_header() {
    if (options_.header != CsvHeader::automatic) return options_.header == CsvHeader::yes;
    const bool rows_below = table_.row_offsets.size() > 1;
    const auto is_name = [&](const Column& c) { return rows_below && c.first_kind == CsvKind::text && !c.is_text; };
    const auto can_be_name = [](const Column& c) {
      return c.first_kind == CsvKind::text || c.first_kind == CsvKind::missing;
    };
    const auto is_text = [](const Column& c) { return c.first_kind == CsvKind::text; };
    if (std::ranges::any_of(columns_, is_name)) return true;
    if (std::ranges::all_of(columns_, can_be_name) && std::ranges::any_of(columns_, is_text)) return true;
    if (!rows_below || !options_.numbers_may_be_names) return false;
    return names_are_numbers();
  }

  // Whether the first row holds names although they read as numbers.
  bool names_are_numbers() {
    detail::FirstRow row;
    const std::set<std::string_view> expected(options_.expected_names.begin(), options_.expected_names.end());
    const std::set<std::string_view> found(table_.column_names.begin(), table_.column_names.end());
    row.are_expected = expected.size() > 1 && std::ranges::includes(found, expected);
    for (size_t c = 0; c < columns_.size(); ++c) {
      const Column& column = columns_[c];
      if (column.first_kind == CsvKind::missing && c > 0 && !first_is_quoted_[c]) return false;
      if (column.first_kind == CsvKind::infinite) return false;
      row.first_is_empty = row.first_is_empty || (c == 0 && table_.column_names[0].empty());
      row.quoted += first_is_quoted_[c] && !numbers_are_quoted_ ? 1 : 0;
      row.texts.push_back(table_.column_names[c]);
      row.columns.push_back(column.is_text ? std::span<const double>{} : std::span<const double>(column.numbers));
    }
    row.alone_is_whole = only_first_row_is_whole();
    const detail::Verdict verdict = detail::judge_first_row(row);
    if (verdict == detail::Verdict::sample || !texts_stand_once()) return false;
    table_.header_of_numbers = verdict == detail::Verdict::header;
    table_.doubtful_first_row = verdict == detail::Verdict::doubtful;
    table_.first_row = row.texts;
    return table_.header_of_numbers;
  }

  // Whether numbers of the first row have no decimal point, but all in some rows below have one; an index apart.
  bool only_first_row_is_whole() const {
    constexpr size_t kLooked = 100, kLeast = 3;
    CsvScanner scanner(text_, static_cast<size_t>(table_.row_offsets.front()), delimiter_, path_);
    size_t row = 0;
    for (; row <= kLooked && scanner.next_row(); ++row) {
      for (size_t c = 0; c < columns_.size(); ++c) {
        const CsvCell cell = scanner.next_cell();
        double value = kNan;
        if (columns_[c].is_text || (c == 0 && table_.column_names[0].empty())) continue;
        if (detail::classify_csv_cell(cell.text, value, decimal_) != CsvKind::number) continue;
        const bool has_point =
            cell.text.find_first_of(decimal_ == CsvDecimal::comma ? ",eE" : ".eE") != std::string_view::npos;
        if (has_point == (row == 0)) return false;
      }
    }
    return row > kLeast;
  }

  // Whether the first cell of every column of texts is found nowhere below it.
  bool texts_stand_once() {
    std::vector<std::string> first;
    CsvScanner scanner(text_, static_cast<size_t>(table_.row_offsets.front()), delimiter_, path_);
    if (std::ranges::none_of(columns_, &Column::is_text)) return true;
    while (scanner.next_row()) {
      const bool is_first = first.empty();
      for (size_t c = 0; c < columns_.size(); ++c) {
        const CsvCell cell = scanner.next_cell();
        if (is_first) first.push_back(columns_[c].is_text ? cell.str() : std::string());
        if (!is_first && columns_[c].is_text && cell.str() == first[c]) return false;
      }
    }
    return true;
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
  const CsvOptions& options_;
  char delimiter_;
  CsvDecimal decimal_;
  std::vector<Column> columns_;
  std::vector<bool> first_is_quoted_;
  bool numbers_are_quoted_ = false;                       ///< whether any below the first row is
  std::vector<std::pair<size_t, CsvOddCell>> first_odd_;  ///< cells of the first row that are no finite numbers
  CsvTable table_;
};

// "sep=;" in the first line, as spreadsheets take it: what stands between cells. Returns the bytes of that line.
size_t take_separator_line(std::string_view text, char& delimiter) {
  constexpr std::string_view kBegin = "sep=";
  const size_t quote = text.starts_with('"') ? 1 : 0;
  if (!text.substr(quote).starts_with(kBegin)) return 0;
  const size_t end = text.find('\n');
  std::string_view rest = text.substr(0, end).substr(quote + kBegin.size());
  while (!rest.empty() && (rest.back() == '\r' || (quote == 1 && rest.back() == '"'))) rest.remove_suffix(1);
  if (end == std::string_view::npos || rest.size() != 1) return 0;
  delimiter = rest.front();
  return end + 1;
}

CsvTable parse(std::span<const std::byte> bytes, const std::string& path, const CsvOptions& options) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    throw DataError(path, 0, "UTF-16 text; save the table as CSV in UTF-8");
  }
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
    throw DataError(path, static_cast<int64_t>(nul), "a NUL byte: not a text file");
  }
  size_t begin = text.starts_with("\xef\xbb\xbf") ? 3 : 0;  // a byte order mark
  CsvOptions named = options;
  begin += take_separator_line(text.substr(begin), named.delimiter);
  return TableParser(text, begin, path, named).parse();
}

}  // namespace

CsvTable read_csv(std::span<const std::byte> bytes, const std::string& path, const CsvOptions& options) {
  if (!is_gzip(bytes)) return parse(bytes, path, options);
  CsvOptions bounded = options;
  bounded.most_bytes = std::min<uint64_t>(options.most_bytes, unpack_limit(bytes.size()));
  return parse(gunzip(bytes, path), path, bounded);
}

void write_csv(const std::filesystem::path& path, const std::vector<std::string>& column_names, const Tensor& rows,
               const CsvTail& tail) {
  LATENT_CHECK(rows.ndim() == 2, "[write_csv] rows (N, D), got {}", rows.shape().str());
  LATENT_CHECK(rows.dtype() == DType::f32 || rows.dtype() == DType::f64, "[write_csv] rows of f32 or f64, got {}",
               name_of(rows.dtype()));
  const auto columns = static_cast<size_t>(rows.dim(1));
  LATENT_CHECK(column_names.size() == columns, "[write_csv] {} columns need as many names, got {}", columns,
               column_names.size());
  replace_file(path, [&](Sink& sink) {
    CsvWriter writer(sink);
    for (const std::string& name : column_names) writer.name(name);
    if (tail.names) tail.names(writer);
    writer.end_row();
    const auto write_rows = [&]<class T>(std::span<const T> values) {
      for (size_t n = 0; n < static_cast<size_t>(rows.dim(0)); ++n) {
        for (const T value : values.subspan(n * columns, columns)) writer.cell(value);
        if (tail.cells) tail.cells(writer, static_cast<int64_t>(n));
        writer.end_row();
      }
    };
    if (rows.dtype() == DType::f32) {
      write_rows(rows.span<float>());
    } else {
      write_rows(rows.span<double>());
    }
  });
}

}  // namespace latent
