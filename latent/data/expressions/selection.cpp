#include <latent/data/expressions/selection.hpp>

#include <latent/core/names.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace latent::data {

namespace {

constexpr std::array<std::string_view, 5> kTermNames = {"label", "ids", "names", "column", "factor"};

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

void take_names(ExpressionCursor& cursor, const char* what, Selection::Term& term) {
  do {
    cursor.peek();
    const size_t at = cursor.at();
    term.names.push_back({std::string(cursor.name(",", what)), at});
  } while (cursor.take(","));
}

void take_comparison(ExpressionCursor& cursor, Selection::Term& term) {
  const auto sign = std::ranges::find_if(kSigns, [&](const CompareSign& s) { return cursor.take(s.text); });
  if (sign == kSigns.end()) cursor.fail(cursor.at(), "expected > >= < <= = or !=");
  term.compare = sign->compare;
  cursor.peek();
  const size_t begin = cursor.at();
  std::string_view number = cursor.run_of([](char c) { return !is_blank(c) && c != ')'; });
  term.is_percent = number.ends_with('%');
  if (term.is_percent) number.remove_suffix(1);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), term.bound);
  if (error != std::errc() || end != number.data() + number.size() || !std::isfinite(term.bound)) {
    cursor.fail(begin, "expected a number");
  }
  if (term.is_percent && (term.bound < 0.0 || term.bound > 100.0)) cursor.fail(begin, "expected from 0% to 100%");
}

Selection::Term parse_term(ExpressionCursor& cursor) {
  using Kind = Selection::Term::Kind;
  cursor.peek();
  Selection::Term term{.kind = {}, .at = cursor.at(), .names = {}};
  const std::string_view word = cursor.letters();
  if (std::ranges::find(kTermNames, word) == kTermNames.end()) {
    if (word.empty()) cursor.fail(term.at, "expected label=, ids=, names=, column= or factor=");
    try {
      unknown_name("kind of term", printable(word), kTermNames);
    } catch (const std::invalid_argument& error) {
      ExpressionCursor::refuse(term.at, error.what());
    }
  }
  if (!cursor.take("=") && !(word == "label" && cursor.take(":"))) {
    cursor.fail(cursor.at(), fmt::format("expected '=' behind '{}'", word));
  }
  if (word == "label") {
    term.kind = Kind::label;
    take_names(cursor, "a class", term);
  } else if (word == "names") {
    term.kind = Kind::names;
    take_names(cursor, "the name of a sample", term);
  } else if (word == "ids") {
    term.kind = cursor.take("@") ? Kind::ids_in_file : Kind::ids;
    if (term.kind == Kind::ids) {
      take_names(cursor, "the number of a sample", term);
    } else {
      const size_t at = cursor.at();
      term.names.push_back({std::string(cursor.name("", "a file of sample numbers")), at});
    }
  } else {
    const bool is_column = word == "column";
    term.kind = is_column ? Kind::column : Kind::factor;
    cursor.peek();
    const size_t at = cursor.at();
    term.names.push_back({std::string(cursor.name("<>=!", is_column ? "a column" : "a factor")), at});
    take_comparison(cursor, term);
  }
  return term;
}

}  // namespace

bool Selection::is_class() const {
  return terms.size() == 1 && terms[0].kind == Term::Kind::label && terms[0].names.size() == 1;
}

bool Selection::has_columns() const {
  return std::ranges::any_of(terms, [](const Term& term) { return term.kind == Term::Kind::column; });
}

std::vector<std::string> Selection::files() const {
  std::vector<std::string> files;
  for (const Term& term : terms) {
    if (term.kind == Term::Kind::ids_in_file) files.push_back(term.names[0].text);
  }
  return files;
}

bool begins_selection(const ExpressionCursor& cursor) {
  ExpressionCursor ahead = cursor;
  const std::string_view word = ahead.letters();
  return std::ranges::find(kTermNames, word) != kTermNames.end() &&
         (ahead.take("=") || (word == "label" && ahead.take(":")));
}

Selection parse_selection(ExpressionCursor& cursor) {
  cursor.peek();
  const size_t begin = cursor.at();
  Selection selection;
  do {
    selection.terms.push_back(parse_term(cursor));
  } while (cursor.take_word("and"));
  selection.text = selection.is_class() ? "label:" + selection.terms[0].names[0].text
                                        : std::string(trimmed(cursor.text().substr(begin, cursor.at() - begin)));
  return selection;
}

}  // namespace latent::data
