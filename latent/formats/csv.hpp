#pragma once
// Comma- or tab-separated tables.

#include <latent/core/tensor.hpp>
#include <latent/formats/file.hpp>

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latent {

/// Whether the first row of a table holds the names of its columns.
enum class CsvHeader : uint8_t { automatic, yes, no };

/// How the numbers of a table are written: 1234.5; 1234,5 and 1.234,5; or 1,234.5. Groups of three digits may as well
/// have blanks or apostrophes between them in the latter two.
enum class CsvDecimal : uint8_t { point, comma, grouped };
/// "point": 1234.5 and 1,234.5; "comma": 1234,5 and 1.234,5. @throws std::invalid_argument for others
CsvDecimal csv_decimal_from(std::string_view name);
std::string_view name_of(CsvDecimal decimal);

struct CsvOptions {
  CsvHeader header = CsvHeader::automatic;
  /// Whether numbers may be names of columns where `header` is automatic.
  bool numbers_may_be_names = true;
  std::optional<CsvDecimal> decimal = {};  ///< how numbers are written; nothing: as the first rows tell
  char delimiter = '\0';                   ///< what stands between cells; NUL: what is found
  /// Names that the table's columns are likely to have: a first row that holds them all is a header.
  std::vector<std::string> expected_names = {};
  /// What the text, the table and the array that it becomes may take together; of gzip never more than unpack_limit().
  uint64_t most_bytes = std::numeric_limits<uint64_t>::max();
};

/// A cell that stands out, for messages.
struct CsvOddCell {
  int64_t row = 0;     ///< number among the rows below the header, from 0
  int64_t offset = 0;  ///< in the unpacked text
  std::string text;
};

/// A table as text cells of numbers; kept column by column where parsed.
struct CsvTable {
  std::vector<std::string> column_names;  ///< from the header, or "column_0", "column_1", ...
  bool has_header = false;
  CsvDecimal decimal = CsvDecimal::point;  ///< how its numbers are written
  bool first_is_unnamed = false;           ///< whether the header's first cell is empty
  bool header_of_numbers = false;          ///< whether a header was recognised though all its names read as numbers
  bool doubtful_first_row = false;         ///< whether the first row was taken for a sample, but may well be a header
  std::vector<std::string> first_row;      ///< its cells, where they read as numbers and may be names
  int64_t empty_end = 0;  ///< rows at the end in which no cell holds anything: they are not among `rows`
  int64_t rows = 0;
  /// One for each column: all numbers, NaN where a cell is missing (see is_missing_cell()); empty for a text column.
  std::vector<std::vector<double>> numbers;
  /// One for each column: the cells as text, only for columns that are not all numbers.
  std::vector<std::vector<std::string>> texts;
  /// One for each column: its first cell that is no finite number, though not missing. A column of texts has one, and
  /// so has a column of numbers with an infinite or too large one, which is NaN in `numbers`.
  std::vector<std::optional<CsvOddCell>> odd_cells;
  /// One for each column of numbers: its first missing cell.
  std::vector<std::optional<CsvOddCell>> missing_cells;
  /// Byte offset of each row's beginning, for messages.
  std::vector<int64_t> row_offsets;
};

/// Whether a cell says that a value is missing: an empty one, -, --, ., .., ?, *, NA, N/A, n.a., #N/A, #NA, <NA>, NaN,
/// NaT, null, (null), \N, nil, none, #NV, and the errors of spreadsheets (#NULL!, #DIV/0!, #VALUE!, #REF!, #NAME?,
/// #NUM!), in upper or lower case.
bool is_missing_cell(std::string_view text);
/// The finite number of a cell that is written in that way; nothing for others.
std::optional<double> number_of_cell(std::string_view text, CsvDecimal decimal = CsvDecimal::point);

/// Parses RFC 4180 (quotes, CRLF, newlines inside quotes) with ',', ';', tab or '|', found by counting in the first
/// lines; gzip is unpacked, blank lines are skipped. Numbers may have decimal commas (1234,5, or 1.234,5), or commas
/// between thousands (1,234.5), in quotes where commas stand between cells: the first 1,000 rows tell (CsvDecimal).
/// Text is UTF-8 (Latin-1 is converted). The first row is a header if any of its cells is not a number while the column
/// below is numeric, or if all are texts. Numbers in the first row are names where they can hardly be a sample:
/// sequences (0, 1, 2, ...; 400, 410, ...), years, rising numbers, or numbers far beyond their columns', where no row
/// below looks alike; all in quotes above numbers that are not; and the first row above an unnamed column that numbers
/// the rows. csv_header.hpp has the rules.
/// @throws DataError with the offset (in the unpacked text): rows of different lengths, an open quote at the end, NUL
///         bytes, no rows, over 2^20 columns; a table that, with the array it becomes, takes more than half of
///         memory_allowed() or more than options.most_bytes, which its first row and its lines tell
CsvTable read_csv(std::span<const std::byte> bytes, const std::string& path, const CsvOptions& options = {});

class CsvWriter;
/// Columns of a table behind those of numbers.
struct CsvTail {
  std::function<void(CsvWriter&)> names = {};               ///< their names, in the header
  std::function<void(CsvWriter&, int64_t row)> cells = {};  ///< their cells in each row
};

/// Writes a header and one row per tensor row, with the shortest digits that read back the same; atomically.
/// @param column_names  D names
/// @param rows          (N, D), f32 or f64
/// @throws IoError; std::invalid_argument for other shapes or types
void write_csv(const std::filesystem::path& path, const std::vector<std::string>& column_names, const Tensor& rows,
               const CsvTail& tail = {});

}  // namespace latent
