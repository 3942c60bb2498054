#include <latent/run/words/word_sums.hpp>

#include <latent/core/error.hpp>
#include <latent/core/text.hpp>

#include <cmath>
#include <optional>
#include <string_view>

namespace latent {

namespace {

[[noreturn]] void refuse_sum(const std::string& text, const std::string& why) {
  throw UsageError(fmt::format("'{}': {}", one_line(text), why), "For example: 'king - man + woman'");
}

std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t at = text.find_first_not_of(' '); at != std::string::npos;) {
    const size_t end = std::min(text.find(' ', at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(' ', end);
  }
  return parts;
}

}  // namespace

std::vector<WordTerm> word_sum_from(const std::string& text) {
  std::vector<WordTerm> terms;
  const std::vector<std::string> parts = parts_of(text);
  for (size_t i = 0; i < parts.size();) {
    WordTerm term;
    if (parts[i] == "+" || parts[i] == "-") {
      term.factor = parts[i++] == "-" ? -1.0 : 1.0;
    } else if (!terms.empty()) {
      refuse_sum(text, fmt::format("expected + or - before '{}'", one_line(parts[i])));
    }
    if (i + 2 < parts.size() && parts[i + 1] == "*") {
      const auto factor = parse_number<double>(parts[i]);
      if (!factor || !std::isfinite(*factor)) refuse_sum(text, fmt::format("'{}' is no number", one_line(parts[i])));
      term.factor *= *factor;
      i += 2;
    }
    if (i == parts.size()) refuse_sum(text, "a word is missing at its end");
    term.word = parts[i++];
    terms.push_back(std::move(term));
  }
  if (terms.empty()) refuse_sum(text, "words are missing");
  return terms;
}

std::vector<float> sum_of_words(const words::WordVectors& words, const std::vector<WordTerm>& terms) {
  std::vector<double> sum(static_cast<size_t>(words.dim()));
  for (const WordTerm& term : terms) {
    const std::vector<float> vector = words::known_vector(words, term.word);
    double squares = 0.0;
    for (const float value : vector) squares += double{value} * value;
    if (squares == 0.0) continue;
    for (size_t d = 0; d < sum.size(); ++d) sum[d] += term.factor * vector[d] / std::sqrt(squares);
  }
  return {sum.begin(), sum.end()};
}

}  // namespace latent
