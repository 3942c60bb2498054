#pragma once
// Characters of UTF-8, by utf8proc.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace latent::text {

/// The part that a character plays in words.
enum class WordClass : uint8_t {
  other,   ///< spaces, punctuation, symbols
  letter,  ///< and what joins letters: '_'
  digit,
  mark,   ///< accents and vowel signs, which belong to the character before them
  single  ///< a word by itself: Han and Hiragana, whose words no space separates
};
/// What the character at `at` is. @param size  receives its bytes   @param text  UTF-8, at < text.size()
WordClass class_at(std::string_view text, size_t at, size_t& size);
/// The character at `at`.
char32_t character_at(std::string_view text, size_t at);
inline bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// What repair_utf8() found.
struct Repair {
  int64_t bytes = 0;   ///< that were no UTF-8
  int64_t first = -1;  ///< where the first of them stood
};
/// Replaces each byte that is no UTF-8 by U+FFFD. Text that is fine is not touched.
Repair repair_utf8(std::string& text);

/// Makes the capital letters small if all characters are ASCII; else changes nothing and returns false.
bool lowercase_ascii(std::span<char> text);
/// With small letters, by Unicode's simple mapping: a character for a character. @param text  UTF-8
std::string lowercased(std::string_view text);
/// The letters under accents: "café" -> "cafe", "ﬁ" -> "fi". Text that is no UTF-8 comes back as it is.
std::string without_marks(std::string_view text);

}  // namespace latent::text
