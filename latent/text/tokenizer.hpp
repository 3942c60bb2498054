#pragma once
// From text to words and sentences.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace latent::text {

/// What a word is.
enum class WordRule : uint8_t {
  whitespace,  ///< what stands between spaces, tabs and ends of lines: text that is prepared already
  unicode      ///< letters, marks and digits as UAX #29 joins them ("don't", "3.14"), without punctuation and symbols
};
/// "whitespace" or "unicode". @throws std::invalid_argument for others, with the nearest
WordRule word_rule_from(std::string_view name);
std::string_view name_of(WordRule rule);

/// What a sentence is.
enum class SentenceRule : uint8_t {
  lines,     ///< a line
  automatic  ///< up to a full stop, question or exclamation mark, or an empty line; lines may break anywhere
};
/// "lines" or "auto". @throws std::invalid_argument for others, with the nearest
SentenceRule sentence_rule_from(std::string_view name);
std::string_view name_of(SentenceRule rule);

struct TokenizerOptions {
  WordRule words = WordRule::whitespace;
  SentenceRule sentences = SentenceRule::lines;
  bool lowercase = false;         ///< by Unicode's simple mapping, a character for a character
  int64_t max_sentence = 10'000;  ///< words after which a sentence ends in any case
  friend bool operator==(const TokenizerOptions&, const TokenizerOptions&) = default;
};

/// Longer words (in bytes) are no words: addresses, encoded pictures.
constexpr size_t kLongestWord = 1000;

/// A piece of text taken apart.
struct Tokens {
  struct Token {
    uint32_t begin = 0;
    uint32_t size = 0;  ///< bytes; 0 stands for the end of a sentence
    bool ends_sentence() const { return size == 0; }
  };
  std::string text;           ///< what tokens point into
  std::vector<Token> tokens;  ///< words with the ends of sentences between them; the last one is an end
  int64_t words = 0;
  int64_t repaired = 0;    ///< bytes that were no UTF-8 and became U+FFFD
  int64_t long_words = 0;  ///< words that were left out for their length
  std::string_view word(const Token& token) const { return std::string_view(text).substr(token.begin, token.size); }
};

/// Takes a text apart. A sentence does not go on into the next text.
/// @param text    less than 2^31 bytes
/// @param path, offset  where the text stands, for messages
/// @throws DataError for binary data (a NUL byte), and for text of which more than one byte in a thousand is no UTF-8
Tokens tokenize(std::string text, const TokenizerOptions& options, const std::string& path = {}, int64_t offset = 0);

}  // namespace latent::text
