#include <latent/data/detail/unit_columns.hpp>

#include <latent/core/names.hpp>
#include <latent/formats/detail/text.hpp>

#include <fmt/core.h>

#include <cmath>
#include <limits>
#include <utility>

namespace latent::data {

namespace {

constexpr std::string_view kBefore[] = {"$", "€", "£", "¥", "₹"};
constexpr std::string_view kBehind[] = {"%", "‰", "°C", "°F", "°", "$", "€", "£", "¥", "₹"};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks[] = {" ", "\t", "\u00a0", "\u202f"};
  for (const std::string_view blank : kBlanks) {
    while (text.starts_with(blank)) text.remove_prefix(blank.size());
    while (text.ends_with(blank)) text.remove_suffix(blank.size());
  }
  return text;
}

// The numbers of a column whose cells all have the same sign, if they are all written in that way.
std::optional<std::vector<double>> numbers_of(const std::vector<std::string>& texts, CsvDecimal decimal) {
  std::vector<double> numbers;
  std::string_view unit;
  for (const std::string& text : texts) {
    if (is_missing_cell(text)) {
      numbers.push_back(std::numeric_limits<double>::quiet_NaN());
      continue;
    }
    const auto cell = split_unit(text);
    const auto number = cell ? number_of_cell(cell->number, decimal) : std::nullopt;
    if (!number || (!unit.empty() && cell->unit != unit)) return std::nullopt;
    unit = cell->unit;
    numbers.push_back(*number);
  }
  return unit.empty() ? std::nullopt : std::optional(std::move(numbers));
}

size_t first_present(const std::vector<std::string>& texts) {
  size_t row = 0;
  while (is_missing_cell(texts[row])) ++row;
  return row;
}

}  // namespace

std::optional<UnitCell> split_unit(std::string_view text) {
  text = trimmed(text);
  const bool is_negative = text.starts_with('-');
  const std::string_view size = is_negative ? trimmed(text.substr(1)) : text;
  for (const std::string_view unit : kBefore) {
    if (!size.starts_with(unit)) continue;
    std::string number(is_negative ? 1 : 0, '-');
    number += trimmed(size.substr(unit.size()));
    return UnitCell{unit, std::move(number)};
  }
  for (const std::string_view unit : kBehind) {
    if (text.ends_with(unit)) return UnitCell{unit, std::string(trimmed(text.substr(0, text.size() - unit.size())))};
  }
  return std::nullopt;
}

void read_units(CsvTable& table, const std::vector<size_t>& columns, std::vector<std::string>& notes) {
  for (const size_t c : columns) {
    const std::vector<std::string>& texts = table.texts[c];
    if (texts.empty()) continue;
    for (const CsvDecimal decimal : {table.decimal, CsvDecimal::point, CsvDecimal::grouped, CsvDecimal::comma}) {
      auto numbers = numbers_of(texts, decimal);
      if (!numbers) continue;
      const size_t row = first_present(texts);
      notes.push_back(fmt::format("column {} is read without its sign: {} is {}",
                                  detail::in_quotes(table.column_names[c]), detail::in_quotes(texts[row]),
                                  (*numbers)[row]));
      table.odd_cells[c].reset();
      for (size_t i = 0; i < texts.size() && !table.missing_cells[c]; ++i) {
        if (std::isnan((*numbers)[i])) {
          table.missing_cells[c] = CsvOddCell{static_cast<int64_t>(i), table.row_offsets[i], texts[i]};
        }
      }
      table.numbers[c] = std::move(*numbers);
      table.texts[c].clear();
      break;
    }
  }
}

}  // namespace latent::data
