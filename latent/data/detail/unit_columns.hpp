#pragma once
// Private to data/: columns of numbers with a sign such as % or $.

#include <latent/formats/csv.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latent::data {

/// A number and the sign before or behind it.
struct UnitCell {
  std::string_view unit;
  std::string number;  ///< as written, with its own sign: "-1,234.50"
};
/// "12.5 %", "$1,234.50", "-$3", "20 \u00b0C": per cent and per mille, degrees, and signs of currencies; nothing for
/// others.
std::optional<UnitCell> split_unit(std::string_view text);

/// Makes numbers of the columns of texts among `columns` whose cells, but for missing ones, are all numbers with the
/// same sign, and says so in `notes`. Their values are what stands beside the sign.
void read_units(CsvTable& table, const std::vector<size_t>& columns, std::vector<std::string>& notes);

}  // namespace latent::data
