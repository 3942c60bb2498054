#include <latent/formats/detail/csv_scanner.hpp>

#include <latent/core/error.hpp>
#include <latent/formats/csv.hpp>
#include <latent/formats/detail/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

namespace latent::detail {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr int kRowsToJudge = 20;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Bytes of the sign between groups of digits that a text begins with; 0 where it begins with another. Blanks may be
// those that do not break lines, narrow ones included, in UTF-8 or Latin-1.
size_t group_sign(std::string_view text, char decimal) {
  for (const std::string_view sign : {decimal == ',' ? "." : ",", " ", "'", "\xC2\xA0", "\xE2\x80\xAF", "\xA0"}) {
    if (text.starts_with(sign)) return sign.size();
  }
  return 0;
}

// "1.234,5" (decimal ',') or "1,234.5" ('.') as "1234.5"; nothing where the signs between groups differ, or do not
// stand between groups of three digits, or for several decimal signs.
std::optional<std::string> without_groups(std::string_view text, char decimal) {
  constexpr size_t kGroup = 3;
  const size_t end = std::min(text.find(decimal), text.size());
  const std::string_view whole = text.substr(0, end);
  std::string plain;
  std::string_view sign;
  size_t digits = 0;  // since the last sign
  for (size_t i = 0; i < whole.size();) {
    if (const size_t length = group_sign(whole.substr(i), decimal); length > 0) {
      const bool fits = sign.empty() ? digits >= 1 && digits <= kGroup : digits == kGroup;
      if (!fits || (!sign.empty() && whole.substr(i, length) != sign)) return std::nullopt;
      sign = whole.substr(i, length);
      digits = 0;
      i += length;
      continue;
    }
    plain += whole[i];
    digits = whole[i] >= '0' && whole[i] <= '9' ? digits + 1 : 0;
    ++i;
  }
  if (!sign.empty() && digits != kGroup) return std::nullopt;
  if (end == text.size()) return plain;
  const std::string_view rest = text.substr(end + 1);
  if (rest.find_first_of(".,") != std::string_view::npos) return std::nullopt;
  return plain + "." + std::string(rest);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string CsvCell::str() const {
  if (!quoted) return to_utf8(trimmed(text));
  std::string single;
  for (size_t i = 0; i < text.size(); ++i) {
    single += text[i];
    if (text[i] == '"') ++i;
  }
  return to_utf8(single);
}

CsvKind classify_csv_cell(std::string_view text, double& value, CsvDecimal decimal) {
  value = kNan;
  text = trimmed(text);
  if (is_missing_cell(text)) return CsvKind::missing;
  std::string with_point;
  if (decimal != CsvDecimal::point && text.find_first_of(".,' \xA0\xAF") != std::string_view::npos) {
    const auto plain = without_groups(text, decimal == CsvDecimal::comma ? ',' : '.');
    if (!plain) return CsvKind::text;
    with_point = *plain;
    text = with_point;
  }
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  double number = 0;
  auto [stop, error] = std::from_chars(text.data(), end, number);
  if (stop != end || error == std::errc::invalid_argument) return CsvKind::text;
  if (error == std::errc::result_out_of_range) {
    // Too large, or too small and as good as zero: a wider type can tell.
    long double wide = std::numeric_limits<long double>::infinity();
    std::from_chars(text.data(), end, wide);
    number = static_cast<double>(wide);
  }
  if (std::isnan(number)) return CsvKind::missing;
  if (std::isinf(number)) return CsvKind::infinite;
  value = number;
  return CsvKind::number;
}

CsvScanner::CsvScanner(std::string_view text, size_t at, char delimiter, const std::string& path, CsvDecimal decimal)
    : text_(text), at_(at), delimiter_(delimiter), decimal_(decimal), path_(path) {}

bool CsvScanner::next_row() {
  while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
  return at_ < text_.size();
}

// Steps over what ended the cell. Returns whether the row has ended as well.
bool CsvScanner::finish_cell() {
  if (at_ == text_.size()) return true;
  const char c = text_[at_++];
  if (c == delimiter_) return false;
  if (c == '\r' && at_ < text_.size() && text_[at_] == '\n') ++at_;
  return true;
}

std::string_view CsvScanner::quoted_text() {
  const size_t open = at_;
  size_t close = text_.find('"', open + 1);
  while (close != std::string_view::npos && close + 1 < text_.size() && text_[close + 1] == '"') {
    close = text_.find('"', close + 2);
  }
  if (close == std::string_view::npos)
    throw DataError(path_, static_cast<int64_t>(open), "a quote that is never closed");
  at_ = close + 1;
  if (at_ < text_.size() && !ends_cell(text_[at_])) {
    throw DataError(path_, static_cast<int64_t>(at_), "text after a closing quote");
  }
  return text_.substr(open + 1, close - open - 1);
}

CsvCell CsvScanner::next_cell() {
  CsvCell cell;
  cell.offset = at_;
  cell.quoted = at_ < text_.size() && text_[at_] == '"';
  if (cell.quoted) {
    cell.text = quoted_text();
  } else {
    while (at_ < text_.size() && !ends_cell(text_[at_])) ++at_;
    cell.text = text_.substr(cell.offset, at_ - cell.offset);
  }
  cell.last = finish_cell();
  return cell;
}

bool CsvScanner::next_number(double& value, bool& last) {
  const char* const begin = text_.data() + at_;
  const char* const end = text_.data() + text_.size();
  // Most cells are short whole numbers, which need no floating-point parser.
  constexpr std::ptrdiff_t kExactDigits = 15;
  int64_t whole = 0;
  const char* stop = begin;
  while (stop < end && stop - begin < kExactDigits && *stop >= '0' && *stop <= '9')
    whole = whole * 10 + (*stop++ - '0');
  if (stop > begin && (stop == end || ends_cell(*stop))) {
    value = static_cast<double>(whole);
  } else if (decimal_ == CsvDecimal::comma) {  // of others, no number in parts is one to from_chars()
    return false;
  } else {
    const auto result = std::from_chars(begin, end, value);
    stop = result.ptr;
    if (result.ec != std::errc() || !std::isfinite(value) || (stop != end && !ends_cell(*stop))) return false;
  }
  at_ = static_cast<size_t>(stop - text_.data());
  last = finish_cell();
  return true;
}

namespace {

constexpr std::array kDecimals = {CsvDecimal::point, CsvDecimal::comma, CsvDecimal::grouped};

// Calls `work` for the cells of the first rows until it returns false.
template <class Work>
void for_first_cells(std::string_view text, size_t at, char delimiter, const std::string& path, const Work& work) {
  constexpr int kRows = 1000;
  CsvScanner scanner(text, at, delimiter, path);
  for (int row = 0; row < kRows && scanner.next_row(); ++row) {
    for (bool last = false; !last;) {
      const CsvCell cell = scanner.next_cell();
      last = cell.last;
      if (!work(cell.text)) return;
    }
  }
}

// In which of kDecimals a cell is a number.
std::array<bool, kDecimals.size()> readings_of(std::string_view cell) {
  std::array<bool, kDecimals.size()> is_number = {};
  for (size_t i = 0; i < kDecimals.size(); ++i) {
    double value = kNan;
    is_number[i] = classify_csv_cell(cell, value, kDecimals[i]) == CsvKind::number;
  }
  return is_number;
}

}  // namespace

CsvDecimal find_csv_decimal(std::string_view text, size_t at, char delimiter, const std::string& path) {
  bool has_comma = false;
  for_first_cells(text, at, delimiter, path, [&](std::string_view cell) {
    has_comma = cell.find(',') != std::string_view::npos && std::ranges::any_of(readings_of(cell), std::identity());
    return !has_comma;
  });
  if (!has_comma) return CsvDecimal::point;
  std::array may_be = {true, true, true};  // of kDecimals
  for_first_cells(text, at, delimiter, path, [&](std::string_view cell) {
    const auto is_number = readings_of(cell);
    if (std::ranges::none_of(is_number, std::identity())) return true;
    for (size_t i = 0; i < kDecimals.size(); ++i) may_be[i] = may_be[i] && is_number[i];
    return std::ranges::any_of(may_be, std::identity());
  });
  const auto [point, comma, grouped] = may_be;
  if (comma && grouped) return delimiter == ',' ? CsvDecimal::grouped : CsvDecimal::comma;
  return comma ? CsvDecimal::comma : grouped ? CsvDecimal::grouped : CsvDecimal::point;
}

namespace {

// Whether all cells of the first row are numbers if numbers have commas and `delimiter` stands between them.
bool are_comma_numbers(std::string_view text, size_t at, char delimiter, const std::string& path) {
  CsvScanner scanner(text, at, delimiter, path);
  if (!scanner.next_row()) return false;
  for (bool last = false; !last;) {
    const CsvCell cell = scanner.next_cell();
    double value = kNan;
    if (classify_csv_cell(cell.text, value, CsvDecimal::comma) != CsvKind::number) return false;
    last = cell.last;
  }
  return true;
}

}  // namespace

char find_csv_delimiter(std::string_view text, size_t at, const std::string& path) {
  char best = ',';
  std::pair<bool, int64_t> best_score{false, 1};
  for (const char delimiter : {',', ';', '\t', '|'}) {
    int64_t cells = 0;
    bool equal = true;
    try {
      CsvScanner scanner(text, at, delimiter, path);
      for (int row = 0; row < kRowsToJudge && scanner.next_row(); ++row) {
        int64_t cells_of_row = 1;
        while (!scanner.next_cell().last) ++cells_of_row;
        if (row == 0) cells = cells_of_row;
        equal = equal && cells_of_row == cells;
      }
    } catch (const DataError&) {
      equal = false;  // quotes make no sense with this delimiter
    }
    const std::pair score{equal && cells > 1, cells};
    // 1,5;2,5 are two numbers, not three cells.
    const bool is_better =
        best == ',' && score.first && best_score.first && are_comma_numbers(text, at, delimiter, path);
    if (score > best_score || is_better) {
      best = delimiter;
      best_score = score;
    }
  }
  return best;
}

}  // namespace latent::detail

namespace latent {

bool is_missing_cell(std::string_view text) {
  constexpr std::string_view kWords[] = {
      "",        "na",      "n/a",    "nan",    "null",  "?",       "none",  "nil",    "-",       "--",       ".",
      "#n/a",    "#na",     "<na>",   "#null!", "#num!", "#div/0!", "#ref!", "#name?", "#value!", "#n/a n/a", "-nan",
      "1.#qnan", "-1.#ind", "1.#ind", "\\n",    "#nv",   "nat",     "n.a.",  "(null)", "..",      "*"};
  text = detail::trimmed(text);
  return std::ranges::any_of(kWords,
                             [&](std::string_view word) { return std::ranges::equal(text, word, {}, detail::lower); });
}

CsvDecimal csv_decimal_from(std::string_view name) {
  if (name == name_of(CsvDecimal::grouped)) return CsvDecimal::grouped;
  if (name == name_of(CsvDecimal::comma)) return CsvDecimal::comma;
  throw std::invalid_argument(fmt::format("decimal sign: expected point or comma, got '{}'", name));
}

std::string_view name_of(CsvDecimal decimal) { return decimal == CsvDecimal::comma ? "comma" : "point"; }

std::optional<double> number_of_cell(std::string_view text, CsvDecimal decimal) {
  double value = 0.0;
  if (detail::classify_csv_cell(text, value, decimal) != detail::CsvKind::number) return std::nullopt;
  return value;
}

}  // namespace latent
