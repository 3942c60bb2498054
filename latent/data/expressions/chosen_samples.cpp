#include <latent/data/expressions/selection.hpp>

#include <latent/core/names.hpp>
#include <latent/data/class_number.hpp>
#include <latent/formats/file.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <type_traits>
#include <unordered_map>

namespace latent::data {

namespace {

using Chosen = std::vector<char>;  // one for each sample: whether it is chosen

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

// Passes on what `check` throws, with the place of a name in front.
template <class Check>
std::invoke_result_t<const Check&> at_name(const Selection::Name& name, const Check& check) {
  try {
    return check();
  } catch (const std::invalid_argument& error) {
    ExpressionCursor::refuse(name.at, error.what());
  }
}

// "5" or "10-19". @throws std::invalid_argument
void choose_range(std::string_view id, Chosen& chosen) {
  const auto samples = static_cast<int64_t>(chosen.size());
  const size_t dash = id.find('-', 1);
  int64_t first = 0, last = 0;
  const bool is_range = dash != std::string_view::npos;
  const bool fits =
      parse_whole(trimmed(id.substr(0, dash)), first) && (!is_range || parse_whole(trimmed(id.substr(dash + 1)), last));
  if (!is_range) last = first;
  LATENT_CHECK(fits && 0 <= first && first <= last, "expected a sample's number or a range such as 10-19, got '{}'",
               printable(id));
  LATENT_CHECK(last < samples, "sample {} does not exist: there are {}, numbered from 0", last, samples);
  std::fill(chosen.begin() + first, chosen.begin() + last + 1, 1);
}

void choose_from_file(const std::string& path, Chosen& chosen) {
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

Chosen of_classes(const std::vector<Selection::Name>& names, const Dataset& samples) {
  if (samples.labels().empty()) ExpressionCursor::refuse(names[0].at, "the data has no labels");
  Chosen wanted(samples.class_names().size());
  for (const Selection::Name& name : names) {
    const int64_t number = at_name(name, [&] { return class_number(name.text, samples.class_names()); });
    wanted[static_cast<size_t>(number)] = 1;
  }
  Chosen chosen;
  for (const int64_t label : samples.labels()) {
    chosen.push_back(label >= 0 ? wanted[static_cast<size_t>(label)] : char{0});
  }
  return chosen;
}

Chosen of_names(const std::vector<Selection::Name>& names, const Dataset& samples) {
  if (!samples.has_sample_names()) ExpressionCursor::refuse(names[0].at, "the samples have no names");
  std::unordered_map<std::string, int64_t> wanted;  // names, and how many samples have them
  for (const Selection::Name& name : names) wanted.emplace(name.text, 0);
  Chosen chosen(static_cast<size_t>(samples.size()));
  for (int64_t i = 0; i < samples.size(); ++i) {
    const auto found = wanted.find(samples.sample_name(i));
    if (found == wanted.end()) continue;
    ++found->second;
    chosen[static_cast<size_t>(i)] = 1;
  }
  for (const Selection::Name& name : names) {
    if (wanted.at(name.text) > 0) continue;
    ExpressionCursor::refuse(name.at, fmt::format("no sample is called '{}'", printable(std::string_view(name.text))));
  }
  return chosen;
}

Compared column_named(const Selection::Name& name, const Dataset& samples, const Transform& transform) {
  if (!samples.kind().has_columns) {
    ExpressionCursor::refuse(name.at, fmt::format("the samples are {}, which have no columns", samples.kind().name));
  }
  const auto names = samples.column_names();
  const auto found = std::ranges::find(names, name.text);
  if (found != names.end()) return column_values(samples, transform, found - names.begin());
  int64_t number = 0;
  const int64_t columns = samples.sample_shape().numel();
  if (parse_whole(std::string_view(name.text), number)) {
    if (0 <= number && number < columns) return column_values(samples, transform, number);
    ExpressionCursor::refuse(name.at,
                             fmt::format("column {} does not exist: there are {}, numbered from 0", number, columns));
  }
  if (names.empty()) {
    ExpressionCursor::refuse(name.at, fmt::format("the columns have no names, only numbers from 0 to {}", columns - 1));
  }
  const std::vector<std::string_view> valid(names.begin(), names.end());
  return at_name(name, [&]() -> Compared { unknown_name("column", printable(std::string_view(name.text)), valid); });
}

Compared factor_named(const Selection::Name& name, const Dataset& samples) {
  const auto names = samples.factor_names();
  if (names.empty()) ExpressionCursor::refuse(name.at, "the data has no known factors of variation");
  const auto found = std::ranges::find(names, name.text);
  if (found != names.end()) return factor_values(samples.factor(found - names.begin()));
  const std::vector<std::string_view> valid(names.begin(), names.end());
  return at_name(name, [&]() -> Compared { unknown_name("factor", printable(std::string_view(name.text)), valid); });
}

// The model value of a number, or with % the one below which that share of the samples lies.
float bound_of(const Selection::Term& term, const Compared& column) {
  if (!term.is_percent) return column.model_value(term.bound);
  std::vector<float> values = column.values;
  std::sort(values.begin(), values.end());
  const double place = term.bound / 100.0 * static_cast<double>(values.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, values.size() - 1);
  const double low = values[below], high = values[above];
  return static_cast<float>(low + (place - static_cast<double>(below)) * (high - low));
}

Chosen compared(const Selection::Term& term, const Compared& column) {
  const float bound = bound_of(term, column);
  Chosen chosen;
  for (const float value : column.values) chosen.push_back(holds(value, term.compare, bound) ? 1 : 0);
  return chosen;
}

Chosen chosen_by_term(const Selection::Term& term, const Dataset& samples, const Transform& transform) {
  using Kind = Selection::Term::Kind;
  Chosen chosen(static_cast<size_t>(samples.size()));
  switch (term.kind) {
    case Kind::label: return of_classes(term.names, samples);
    case Kind::names: return of_names(term.names, samples);
    case Kind::column: return compared(term, column_named(term.names[0], samples, transform));
    case Kind::factor: return compared(term, factor_named(term.names[0], samples));
    case Kind::ids_in_file: choose_from_file(term.names[0].text, chosen); break;
    case Kind::ids:
      for (const Selection::Name& id : term.names) at_name(id, [&] { choose_range(id.text, chosen); });
      break;
  }
  return chosen;
}

}  // namespace

std::vector<char> chosen_by(const Selection& selection, const Dataset& samples, const Transform& transform) {
  Chosen chosen(static_cast<size_t>(samples.size()), 1);
  for (const Selection::Term& term : selection.terms) {
    const Chosen more = chosen_by_term(term, samples, transform);
    for (size_t i = 0; i < chosen.size(); ++i) chosen[i] = chosen[i] != 0 && more[i] != 0 ? 1 : 0;
  }
  return chosen;
}

}  // namespace latent::data
