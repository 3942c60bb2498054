#pragma once
// Private to csv.cpp: the cells of a table one by one, by RFC 4180.

#include <latent/formats/csv.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace latent::detail {

struct CsvCell {
  std::string_view text;  ///< without the quotes around it; quotes inside still doubled
  bool quoted = false;
  bool last = false;  ///< the row ends after it
  size_t offset = 0;

  /// The text that is meant: trimmed (unless quoted), doubled quotes single, in UTF-8.
  std::string str() const;
};

enum class CsvKind : uint8_t { number, missing, infinite, text };
/// What a cell holds; `value` is set to the number, or to NaN where it is none.
CsvKind classify_csv_cell(std::string_view text, double& value, CsvDecimal decimal = CsvDecimal::point);
/// The way in which the first rows write their numbers: the one in which all of them are numbers. 1,234 alone is 1.234,
/// and 1234 where commas stand between cells, so that it is in quotes. Without commas in numbers, and where numbers
/// contradict each other: with a point.
CsvDecimal find_csv_decimal(std::string_view text, size_t at, char delimiter, const std::string& path);

/// Walks through a table. Rows end with LF, CRLF or CR; blank lines are no rows.
class CsvScanner {
 public:
  /// @param at  where to begin
  CsvScanner(std::string_view text, size_t at, char delimiter, const std::string& path,
             CsvDecimal decimal = CsvDecimal::point);

  /// Moves to the next row; false at the end of the table.
  bool next_row();
  size_t offset() const { return at_; }

  /// The next cell of the row. @throws DataError for an open quote, or text after a closing one
  CsvCell next_cell();
  /// Reads the next cell if it is a plain finite number without spaces or quotes; otherwise stays where it is.
  bool next_number(double& value, bool& last);

 private:
  bool ends_cell(char c) const { return c == delimiter_ || c == '\n' || c == '\r'; }
  bool finish_cell();
  std::string_view quoted_text();

  std::string_view text_;
  size_t at_;
  char delimiter_;
  CsvDecimal decimal_;
  const std::string& path_;
};

/// ',', ';', tab or '|': the one that cuts the first rows into equally many cells, and most.
char find_csv_delimiter(std::string_view text, size_t at, const std::string& path);

}  // namespace latent::detail
