#pragma once
// What people see: notes on standard error, results on standard output, numbers as people write them.

#include <latent/data/dataset.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace latent::cli {

/// One line on standard error: "latent: TEXT".
void note(std::string_view text);
/// One line on standard error: "latent: warning: TEXT".
void warn(std::string_view text);
/// What open() says of how data was read: a note or warning for each, after the data's name.
void tell(const data::Source& source);
/// The warnings alone.
void tell_warnings(const data::Source& source);
/// `text` without control characters, so that a strange file name cannot break a message into lines.
std::string one_line(std::string_view text);

/// Whether standard error is a terminal that understands a line being redrawn.
bool stderr_is_terminal();
/// Columns of that terminal; 80 when unknown.
int terminal_width();

/// 1234567 -> "1,234,567".
std::string grouped(int64_t value);
/// 3.2 -> "3.2 s", 75 -> "1:15 min", 4000 -> "1:07 h".
std::string duration(double seconds);
/// 1, "epoch" -> "1 epoch"; 2, "epoch" -> "2 epochs".
std::string counted(int64_t count, std::string_view noun);

/// Lines of "name   value", the values in one column.
class Table {
 public:
  Table& row(std::string_view name, std::string value);
  std::string str() const;

 private:
  std::vector<std::pair<std::string, std::string>> rows_;
};

}  // namespace latent::cli
