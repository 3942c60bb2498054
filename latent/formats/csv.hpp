#pragma once
// Comma- or tab-separated tables.

#include <latent/core/tensor.hpp>
#include <latent/formats/file.hpp>

#include <limits>
#include <string>
#include <vector>

namespace latent {

/// A table as text cells of numbers; kept column by column where parsed.
struct CsvTable {
  std::vector<std::string> column_names;  ///< from the header, or "column_0", "column_1", ...
  bool has_header = false;
  int64_t rows = 0;
  /// One for each column: all numbers, NaN where a cell is missing ("", NA, N/A, NaN, null, ?); empty for a text
  /// column.
  std::vector<std::vector<double>> numbers;
  /// One for each column: the cells as text, only for columns that are not all numbers.
  std::vector<std::vector<std::string>> texts;
  /// Byte offset of each row's beginning, for messages.
  std::vector<int64_t> row_offsets;
};

/// Parses RFC 4180 (quotes, CRLF, newlines inside quotes) with ',', ';' or tab, found by counting in the first lines;
/// gzip is unpacked, blank lines are skipped. Text is UTF-8 (Latin-1 is converted). The first row is a header if any of
/// its cells is not a number while the column below is numeric, or if all are texts.
/// @throws DataError with the offset (in the unpacked text): rows of different lengths, an open quote at the end, NUL
///         bytes, no rows, over 2^20 columns, an infinite or too large number in a column of numbers; a table that,
///         with the array it becomes, takes more than half of memory_allowed(), which its first row and its lines tell
/// @param most_bytes  what the text, the table and that array may take together; of gzip never more than unpack_limit()
CsvTable read_csv(std::span<const std::byte> bytes, const std::string& path,
                  uint64_t most_bytes = std::numeric_limits<uint64_t>::max());

/// Writes a header and one row per tensor row, with the shortest digits that read back the same; atomically.
/// @param column_names  D names
/// @param rows          (N, D), f32 or f64
/// @throws IoError; std::invalid_argument for other shapes or types
void write_csv(const std::filesystem::path& path, const std::vector<std::string>& column_names, const Tensor& rows);

}  // namespace latent
