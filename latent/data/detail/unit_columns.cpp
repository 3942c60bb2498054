#include <latent/data/detail/unit_columns.hpp>

#include <latent/core/names.hpp>
#include <latent/formats/detail/text.hpp>

#include <fmt/core.h>

#include <algorithm>
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

// @param word  in lower case
bool is_word(std::string_view text, std::string_view word) {
  return std::ranges::equal(trimmed(text), word, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
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

// 1 and 0 of a column that holds true and false, or yes and no, and nothing else.
std::optional<std::vector<double>> truths_of(const std::vector<std::string>& texts) {
  struct Words {
    std::string_view yes, no;
  };
  for (const Words& words : {Words{"true", "false"}, Words{"yes", "no"}}) {
    std::vector<double> numbers;
    bool has_yes = false, has_no = false;
    for (const std::string& text : texts) {
      const bool is_yes = is_word(text, words.yes), is_no = is_word(text, words.no);
      if (!is_yes && !is_no && !is_missing_cell(text)) break;
      numbers.push_back(is_yes ? 1.0 : is_no ? 0.0 : std::numeric_limits<double>::quiet_NaN());
      has_yes = has_yes || is_yes;
      has_no = has_no || is_no;
    }
    if (numbers.size() == texts.size() && (has_yes || has_no)) return numbers;
  }
  return std::nullopt;
}

size_t first_present(const std::vector<std::string>& texts) {
  size_t row = 0;
  while (is_missing_cell(texts[row])) ++row;
  return row;
}

void become_numbers(CsvTable& table, size_t column, std::vector<double> numbers) {
  table.odd_cells[column].reset();
  for (size_t i = 0; i < numbers.size() && !table.missing_cells[column]; ++i) {
    if (std::isnan(numbers[i])) {
      table.missing_cells[column] = CsvOddCell{static_cast<int64_t>(i), table.row_offsets[i], table.texts[column][i]};
    }
  }
  table.numbers[column] = std::move(numbers);
  table.texts[column].clear();
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
    const std::string name = detail::in_quotes(table.column_names[c]);
    if (auto truths = truths_of(texts)) {
      notes.push_back(fmt::format("column {} is read as 1 and 0: {} is {}", name,
                                  detail::in_quotes(texts[first_present(texts)]), (*truths)[first_present(texts)]));
      become_numbers(table, c, std::move(*truths));
      continue;
    }
    for (const CsvDecimal decimal : {table.decimal, CsvDecimal::point, CsvDecimal::grouped, CsvDecimal::comma}) {
      auto numbers = numbers_of(texts, decimal);
      if (!numbers) continue;
      const size_t row = first_present(texts);
      notes.push_back(fmt::format("column {} is read without its sign: {} is {}", name, detail::in_quotes(texts[row]),
                                  (*numbers)[row]));
      become_numbers(table, c, std::move(*numbers));
      break;
    }
  }
}

}  // namespace latent::data
