#pragma once
// Writing tables: one rule for what stands in quotes, and for the digits of a number.

#include <latent/formats/file.hpp>

#include <fmt/format.h>

#include <concepts>
#include <string>
#include <string_view>

namespace latent {

/// `text` as a cell by RFC 4180, such that read_csv() gives back the same: in quotes, and its quotes doubled, where it
/// holds a comma, a semicolon, a tab, a quote or a line break, begins or ends with a blank, or begins like a byte order
/// mark.
std::string csv_cell(std::string_view text);
/// The name of a column as a cell: in quotes also where it reads as a number or as nothing at all, by which read_csv()
/// tells names from a sample.
std::string csv_name(std::string_view name);

/// Puts out rows, cell by cell.
class CsvWriter {
 public:
  /// Writes to `sink`, which must outlive it. What is left is written by end_row(), so that every row needs one.
  explicit CsvWriter(Sink& sink) : sink_(sink) {}

  /// The name of a column, for the first row.
  CsvWriter& name(std::string_view text) { return put(csv_name(text)); }
  CsvWriter& cell(std::string_view text) { return put(csv_cell(text)); }
  /// The shortest digits that read back as the same number.
  template <class T>
  requires std::integral<T> || std::floating_point<T> CsvWriter& cell(T value) {
    separate();
    fmt::format_to(std::back_inserter(line_), "{}", value);
    return *this;
  }
  void end_row();

 private:
  CsvWriter& put(std::string_view cell);
  void separate();

  Sink& sink_;
  fmt::memory_buffer line_;
  bool is_first_ = true;
};

}  // namespace latent
