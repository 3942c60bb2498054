#include <latent/data/attribute_expression.hpp>

#include <latent/core/json_fields.hpp>
#include <latent/core/names.hpp>
#include <latent/data/class_number.hpp>
#include <latent/formats/file.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <type_traits>

namespace latent::data {

namespace {

using Chosen = std::vector<char>;  // one for each sample: whether it is chosen

bool is_blank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

template <class T>
bool parse_whole(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

// What a term compares: model values, and the way from a number in the data's units to them. Brought back to stored
// units, model values would carry the rounding of the column's largest ones: small numbers, and zero, would be lost in
// it.
struct Compared {
  std::vector<float> values;
  double shift = 0.0, scale = 1.0;
  bool stored_in_f32 = false;
  double sign = 1.0;  // -1 where the transform turns the order around

  float model_value(double number) const {
    if (stored_in_f32) number = static_cast<float>(number);  // as the data's own numbers were rounded
    return static_cast<float>(sign * (number - shift) * scale);
  }
};

Compared column_values(const Dataset& samples, const Transform& transform, int64_t column) {
  const int64_t columns = samples.sample_shape().numel();
  const auto of = [&](const std::vector<double>& values, double otherwise) {
    if (values.empty()) return otherwise;
    return values[values.size() == 1 ? 0 : static_cast<size_t>(column)];
  };
  Compared compared{.values = {},
                    .shift = of(transform.shift, 0.0),
                    .scale = of(transform.scale, 1.0),
                    .stored_in_f32 = samples.stored_dtype() == DType::f32,
                    .sign = 1.0};
  if (compared.scale < 0.0) compared.sign = -1.0;
  const auto sign = static_cast<float>(compared.sign);
  constexpr int64_t kRows = 4096;
  for (int64_t begin = 0; begin < samples.size(); begin += kRows) {
    const Tensor x = samples.range(begin, std::min(begin + kRows, samples.size()));
    for (int64_t i = 0; i < x.dim(0); ++i) compared.values.push_back(sign * x.data<float>()[i * columns + column]);
  }
  return compared;
}

Compared factor_values(const std::vector<double>& factor) {
  Compared compared;
  for (const double value : factor) compared.values.push_back(static_cast<float>(value));
  return compared;
}

enum class Compare : uint8_t { greater, greater_equal, less, less_equal, equal, unequal };
struct CompareSign {
  std::string_view text;
  Compare compare;
};
constexpr std::array<CompareSign, 7> kSigns = {{{">=", Compare::greater_equal},
                                                {"<=", Compare::less_equal},
                                                {"!=", Compare::unequal},
                                                {"==", Compare::equal},
                                                {">", Compare::greater},
                                                {"<", Compare::less},
                                                {"=", Compare::equal}}};

bool holds(float value, Compare compare, float bound) {
  // The same number takes the same way to a model value, but for bytes, which take it in f32: one rounding apart.
  const bool equal = std::nextafter(bound, value) == value;
  switch (compare) {
    case Compare::greater: return value > bound && !equal;
    case Compare::greater_equal: return value > bound || equal;
    case Compare::less: return value < bound && !equal;
    case Compare::less_equal: return value < bound || equal;
    case Compare::equal: return equal;
    case Compare::unequal: return !equal;
  }
  return false;
}

class Parser {
 public:
  Parser(std::string_view text, const Dataset& samples, const Transform& transform)
      : text_(text), samples_(samples), transform_(transform) {}

  Sides parse() {
    const Chosen positive = side();
    const size_t middle = at_;
    Chosen negative;
    if (take_word("vs")) {
      negative = side();
    } else {
      for (const char chosen : positive) negative.push_back(chosen == 0 ? 1 : 0);
    }
    skip_blanks();
    if (at_ < text_.size()) fail(at_, "expected 'and', 'vs' or the end");
    Sides sides;
    for (int64_t i = 0; i < samples_.size(); ++i) {
      const auto at = static_cast<size_t>(i);
      if (positive[at] != 0 && negative[at] != 0) refuse(middle, fmt::format("sample {} is on both sides", i));
      if (positive[at] != 0) sides.positive.push_back(i);
      if (negative[at] != 0) sides.negative.push_back(i);
    }
    if (sides.positive.empty()) refuse(0, fmt::format("none of the {} samples is named", samples_.size()));
    if (sides.negative.empty()) refuse(middle, "no sample is on the other side");
    return sides;
  }

 private:
  [[noreturn]] static void refuse(size_t at, const std::string& why) {
    detail::throw_invalid_argument(fmt::format("at character {}: {}", at + 1, why));
  }
  [[noreturn]] void fail(size_t at, const std::string& rule) const {
    refuse(at, at < text_.size() ? fmt::format("{}, got '{}'", rule, printable(text_.substr(at)))
                                 : fmt::format("{}, got the end", rule));
  }

  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }

  // Whether `word` stands at `at`, with blanks (or the beginning or the end) around it.
  bool is_word(std::string_view word, size_t at) const {
    if (!text_.substr(at).starts_with(word)) return false;
    const size_t end = at + word.size();
    return (at == 0 || is_blank(text_[at - 1])) && (end == text_.size() || is_blank(text_[end]));
  }

  bool take_word(std::string_view word) {
    skip_blanks();
    if (!is_word(word, at_)) return false;
    at_ += word.size();
    return true;
  }

  Chosen side() {
    Chosen chosen = term();
    while (take_word("and")) {
      const Chosen more = term();
      for (size_t i = 0; i < chosen.size(); ++i) chosen[i] = chosen[i] != 0 && more[i] != 0 ? 1 : 0;
    }
    return chosen;
  }

  Chosen term() {
    constexpr std::array<std::string_view, 4> kKinds = {"label", "ids", "column", "factor"};
    skip_blanks();
    const size_t begin = at_;
    while (at_ < text_.size() && std::isalpha(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
    const std::string_view kind = text_.substr(begin, at_ - begin);
    const auto found = std::ranges::find(kKinds, kind);
    if (found == kKinds.end()) {
      if (kind.empty()) fail(begin, "expected label=, ids=, column= or factor=");
      at_character(begin, [&] { unknown_name("kind of term", printable(kind), kKinds); });
    }
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != '=') fail(at_, fmt::format("expected '=' behind '{}'", kind));
    ++at_;
    switch (found - kKinds.begin()) {
      case 0: return labels();
      case 1: return ids();
      case 2: return compared(column());
      default: return compared(factor());
    }
  }

  // Passes on what `check` throws, with the place in front.
  template <class Check>
  std::invoke_result_t<const Check&> at_character(size_t at, const Check& check) const {
    try {
      return check();
    } catch (const std::invalid_argument& error) {
      refuse(at, error.what());
    }
  }

  // A name up to one of `ends`, " and ", " vs " or the end; or what stands in quotes.
  std::string_view name(std::string_view ends, const char* what) {
    skip_blanks();
    const size_t begin = at_;
    if (at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '"')) {
      const size_t close = text_.find(text_[at_], at_ + 1);
      if (close == std::string_view::npos) fail(begin, "expected a closing quote");
      at_ = close + 1;
      return text_.substr(begin + 1, close - begin - 1);
    }
    while (at_ < text_.size() && ends.find(text_[at_]) == std::string_view::npos && !is_word("vs", at_) &&
           !is_word("and", at_)) {
      ++at_;
    }
    const std::string_view found = trimmed(text_.substr(begin, at_ - begin));
    if (found.empty()) fail(begin, fmt::format("expected {}", what));
    return found;
  }

  bool take_comma() {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != ',') return false;
    ++at_;
    return true;
  }

  Chosen labels() {
    if (samples_.labels().empty()) refuse(at_, "the data has no labels");
    Chosen wanted(samples_.class_names().size());
    do {
      skip_blanks();
      const size_t at = at_;
      const std::string_view wanted_name = name(",", "a class");
      const int64_t number = at_character(at, [&] { return class_number(wanted_name, samples_.class_names()); });
      wanted[static_cast<size_t>(number)] = 1;
    } while (take_comma());
    Chosen chosen;
    for (const int64_t label : samples_.labels())
      chosen.push_back(label >= 0 ? wanted[static_cast<size_t>(label)] : char{0});
    return chosen;
  }

  Chosen ids() {
    Chosen chosen(static_cast<size_t>(samples_.size()));
    skip_blanks();
    const size_t begin = at_;
    if (at_ < text_.size() && text_[at_] == '@') {
      ++at_;
      const std::string path(name("", "a file of sample numbers"));
      choose_from_file(path, chosen);
      return chosen;
    }
    do {
      skip_blanks();
      const size_t at = at_;
      const std::string_view id = name(",", "the number of a sample");
      at_character(at, [&] { choose_range(id, chosen); });
    } while (take_comma());
    if (begin == at_) fail(begin, "expected the number of a sample");
    return chosen;
  }

  // "5" or "10-19". @throws std::invalid_argument
  void choose_range(std::string_view id, Chosen& chosen) const {
    const size_t dash = id.find('-', 1);
    int64_t first = 0, last = 0;
    const bool is_range = dash != std::string_view::npos;
    const bool fits = parse_whole(trimmed(id.substr(0, dash)), first) &&
                      (!is_range || parse_whole(trimmed(id.substr(dash + 1)), last));
    if (!is_range) last = first;
    LATENT_CHECK(fits && 0 <= first && first <= last, "expected a sample's number or a range such as 10-19, got '{}'",
                 printable(id));
    LATENT_CHECK(last < samples_.size(), "sample {} does not exist: there are {}, numbered from 0", last,
                 samples_.size());
    std::fill(chosen.begin() + first, chosen.begin() + last + 1, 1);
  }

  void choose_from_file(const std::string& path, Chosen& chosen) const {
    const auto file = MappedFile::open(path);
    const std::string_view text(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
    const auto separates = [](char c) { return is_blank(c) || c == ','; };
    size_t found = 0;
    for (size_t begin = 0; begin < text.size();) {
      if (separates(text[begin])) {
        ++begin;
        continue;
      }
      size_t end = begin;
      while (end < text.size() && !separates(text[end])) ++end;
      try {
        choose_range(text.substr(begin, end - begin), chosen);
      } catch (const std::invalid_argument& error) {
        throw DataError(path, static_cast<int64_t>(begin), error.what());
      }
      ++found;
      begin = end;
    }
    if (found == 0) throw DataError(path, "no sample numbers in the file");
  }

  Compared column() {
    if (!samples_.kind().has_columns) {
      refuse(at_, fmt::format("the samples are {}, which have no columns", samples_.kind().name));
    }
    const auto names = samples_.column_names();
    skip_blanks();
    const size_t at = at_;
    const std::string_view wanted = name("<>=!", "a column");
    const auto found = std::ranges::find(names, wanted);
    if (found != names.end()) return column_values(samples_, transform_, found - names.begin());
    int64_t number = 0;
    const int64_t columns = samples_.sample_shape().numel();
    if (parse_whole(wanted, number)) {
      if (0 <= number && number < columns) return column_values(samples_, transform_, number);
      refuse(at, fmt::format("column {} does not exist: there are {}, numbered from 0", number, columns));
    }
    if (names.empty()) refuse(at, fmt::format("the columns have no names, only numbers from 0 to {}", columns - 1));
    const std::vector<std::string_view> valid(names.begin(), names.end());
    return at_character(at, [&]() -> Compared { unknown_name("column", printable(wanted), valid); });
  }

  Compared factor() {
    const auto names = samples_.factor_names();
    if (names.empty()) refuse(at_, "the data has no known factors of variation");
    skip_blanks();
    const size_t at = at_;
    const std::string_view wanted = name("<>=!", "a factor");
    const auto found = std::ranges::find(names, wanted);
    if (found != names.end()) return factor_values(samples_.factor(found - names.begin()));
    const std::vector<std::string_view> valid(names.begin(), names.end());
    return at_character(at, [&]() -> Compared { unknown_name("factor", printable(wanted), valid); });
  }

  Chosen compared(const Compared& column) {
    skip_blanks();
    const auto sign =
        std::ranges::find_if(kSigns, [&](const CompareSign& s) { return text_.substr(at_).starts_with(s.text); });
    if (sign == kSigns.end()) fail(at_, "expected > >= < <= = or !=");
    at_ += sign->text.size();
    const float bound = this->bound(column);
    Chosen chosen;
    for (const float value : column.values) chosen.push_back(holds(value, sign->compare, bound) ? 1 : 0);
    return chosen;
  }

  // The model value of a number, or with % the one below which that share of the samples lies.
  float bound(const Compared& column) {
    skip_blanks();
    const size_t begin = at_;
    while (at_ < text_.size() && !is_blank(text_[at_])) ++at_;
    std::string_view number = text_.substr(begin, at_ - begin);
    const bool percent = number.ends_with('%');
    if (percent) number.remove_suffix(1);
    double value = 0.0;
    if (!parse_whole(number, value) || !std::isfinite(value)) fail(begin, "expected a number");
    if (!percent) return column.model_value(value);
    if (value < 0.0 || value > 100.0) fail(begin, "expected from 0% to 100%");
    std::vector<float> values = column.values;
    std::sort(values.begin(), values.end());
    const double place = value / 100.0 * static_cast<double>(values.size() - 1);
    const auto below = static_cast<size_t>(place);
    const size_t above = std::min(below + 1, values.size() - 1);
    const double low = values[below], high = values[above];
    return static_cast<float>(low + (place - static_cast<double>(below)) * (high - low));
  }

  std::string_view text_;
  size_t at_ = 0;
  const Dataset& samples_;
  const Transform& transform_;
};

}  // namespace

Sides choose_sides(std::string_view expression, const Dataset& samples, const Transform& transform) {
  LATENT_CHECK(samples.size() > 0, "no samples to choose from");
  return Parser(expression, samples, transform).parse();
}

}  // namespace latent::data
