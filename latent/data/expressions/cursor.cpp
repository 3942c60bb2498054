#include <latent/data/expressions/cursor.hpp>

#include <latent/core/error.hpp>
#include <latent/core/names.hpp>

#include <cctype>

namespace latent::data {

bool is_blank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80;
}
bool begins_word(char c) { return is_letter(c) || c == '_' || c == '.' || c == '/' || c == '~'; }
bool in_word(char c) { return begins_word(c) || is_digit(c) || c == ':'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

void ExpressionCursor::refuse(size_t at, const std::string& why) {
  detail::throw_invalid_argument(fmt::format("at character {}: {}", at + 1, why));
}

void ExpressionCursor::fail(size_t at, const std::string& rule) const {
  refuse(at, at < text_.size() ? fmt::format("{}, got '{}'", rule, printable(text_.substr(at)))
                               : fmt::format("{}, got the end", rule));
}

char ExpressionCursor::peek() {
  while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  return ahead();
}

bool ExpressionCursor::take(std::string_view token) {
  peek();
  if (!text_.substr(at_).starts_with(token)) return false;
  at_ += token.size();
  return true;
}

bool ExpressionCursor::is_word(std::string_view word, size_t at) const {
  const size_t end = at + word.size();
  return text_.substr(at).starts_with(word) && (at == 0 || is_blank(text_[at - 1])) &&
         (end == text_.size() || is_blank(text_[end]));
}

bool ExpressionCursor::take_word(std::string_view word) {
  peek();
  if (!is_word(word, at_)) return false;
  at_ += word.size();
  return true;
}

std::string_view ExpressionCursor::letters() {
  peek();
  return run_of([](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; });
}

std::string_view ExpressionCursor::quoted() {
  const size_t open = at_;
  const size_t close = text_.find(text_[open], open + 1);
  if (close == std::string_view::npos) fail(open, "expected a closing quote");
  if (close == open + 1) fail(open, "expected a name between the quotes");
  at_ = close + 1;
  return text_.substr(open + 1, close - open - 1);
}

std::string_view ExpressionCursor::name(std::string_view ends, const char* what) {
  const size_t begin = (peek(), at_);
  if (is_quote(ahead())) return quoted();
  const auto goes_on = [&] {
    if (ends.find(text_[at_]) != std::string_view::npos) return false;
    if (name_end_ == NameEnd::clause) return !is_word("vs", at_) && !is_word("and", at_);
    return in_word(text_[at_]) || (text_[at_] == '-' && in_word(ahead(1)));
  };
  while (at_ < text_.size() && goes_on()) ++at_;
  const std::string_view found = trimmed(text_.substr(begin, at_ - begin));
  if (found.empty()) fail(begin, fmt::format("expected {}", what));
  return found;
}

}  // namespace latent::data
