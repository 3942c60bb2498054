#pragma once
// A place in an expression that somebody typed, and what is to be read there.

#include <string>
#include <string_view>

namespace latent::data {

/// How far a name without quotes reaches.
enum class NameEnd : uint8_t {
  clause,  ///< to a comma or comparison, to " and " or " vs ", or to the end: names may hold blanks and signs
  word     ///< to the first blank, bracket or operator, for names in sums; a minus between two letters belongs to the
           ///< name: my-photo.png
};

class ExpressionCursor {
 public:
  explicit ExpressionCursor(std::string_view text, NameEnd name_end) : text_(text), name_end_(name_end) {}

  std::string_view text() const { return text_; }
  /// The place of the next character, from 0.
  size_t at() const { return at_; }
  /// The next character that is no blank, which then stands at at(); '\0' at the end.
  char peek();
  /// The character `ahead` of at(), blanks included; '\0' beyond the end.
  char ahead(size_t count = 0) const { return at_ + count < text_.size() ? text_[at_ + count] : '\0'; }
  bool is_at_end() { return peek() == '\0' && at_ >= text_.size(); }
  void advance(size_t count = 1) { at_ += count; }
  /// Takes `token` if it comes next.
  bool take(std::string_view token);
  /// Takes `word` if it comes next, with blanks or an end on both sides.
  bool take_word(std::string_view word);
  /// The letters that come next; may be empty.
  std::string_view letters();
  /// The characters that come next for which `belongs` holds.
  template <class Belongs>
  std::string_view run_of(const Belongs& belongs) {
    const size_t begin = at_;
    while (at_ < text_.size() && belongs(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  /// What stands between quotes, of which the first comes next.
  std::string_view quoted();
  /// A name, in quotes or up to its end. @param ends  characters that end it beside NameEnd; @param what  "a class"
  std::string_view name(std::string_view ends, const char* what);
  bool is_quote(char c) const { return c == '\'' || c == '"'; }

  /// @throws std::invalid_argument "at character P: RULE, got 'REST'"
  [[noreturn]] void fail(size_t at, const std::string& rule) const;
  /// @throws std::invalid_argument "at character P: WHY"
  [[noreturn]] static void refuse(size_t at, const std::string& why);

 private:
  bool is_word(std::string_view word, size_t at) const;

  std::string_view text_;
  NameEnd name_end_;
  size_t at_ = 0;
};

bool is_blank(char c);
bool is_digit(char c);
/// Letters, and all bytes of UTF-8 beyond ASCII.
bool is_letter(char c);
/// What a name or a path in a sum may begin with, or consist of.
bool begins_word(char c);
bool in_word(char c);
std::string_view trimmed(std::string_view text);

}  // namespace latent::data
