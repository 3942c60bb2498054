#pragma once
// Private to data/: columns that are numbers in other clothes: with a sign such as % or $, or true and false.

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
/// same sign, and of those that hold true and false, or yes and no, alone; and says so in `notes`. Values are what
/// stands beside the sign, and 1 and 0.
void read_units(CsvTable& table, const std::vector<size_t>& columns, std::vector<std::string>& notes);

}  // namespace latent::data
