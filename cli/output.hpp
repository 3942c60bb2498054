#pragma once
// What people see: notes on standard error, results on standard output.

#include <latent/core/text.hpp>
#include <latent/data/dataset.hpp>
#include <latent/run/remark.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace latent::cli {

/// One line on standard error: "latent: TEXT".
void note(std::string_view text);
/// One line on standard error: "latent: warning: TEXT".
void warn(std::string_view text);
/// Remarks of the library, one line each.
void tell(const std::vector<Remark>& remarks);
/// What open() says of how data was read: a note or warning for each, after the data's name.
void tell(const data::Source& source);
/// The warnings alone.
void tell_warnings(const data::Source& source);

/// Whether standard error is a terminal that understands a line being redrawn.
bool stderr_is_terminal();
/// Columns of that terminal; 80 when unknown.
int terminal_width();

/// Lines of "name   value", the values in one column.
class Table {
 public:
  Table& row(std::string_view name, std::string value);
  std::string str() const;

 private:
  std::vector<std::pair<std::string, std::string>> rows_;
};

}  // namespace latent::cli
