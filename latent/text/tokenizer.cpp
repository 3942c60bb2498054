#include <latent/text/tokenizer.hpp>

#include <latent/core/choice.hpp>
#include <latent/core/error.hpp>
#include <latent/text/characters.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace latent::text {

namespace {

constexpr auto kWordRules = std::to_array<Choice<WordRule>>({
    {"whitespace", WordRule::whitespace},
    {"unicode", WordRule::unicode},
});
constexpr auto kSentenceRules = std::to_array<Choice<SentenceRule>>({
    {"lines", SentenceRule::lines},
    {"auto", SentenceRule::automatic},
});

// Collects words and ends of sentences.
class Collector {
 public:
  Collector(Tokens& tokens, int64_t max_sentence) : tokens_(tokens), max_sentence_(max_sentence) {
    constexpr size_t kBytesPerWord = 5;
    tokens.tokens.reserve(tokens.text.size() / kBytesPerWord);
  }
  void word(size_t begin, size_t end) {
    if (end - begin > kLongestWord) {
      ++tokens_.long_words;
      return;
    }
    tokens_.tokens.push_back({static_cast<uint32_t>(begin), static_cast<uint32_t>(end - begin)});
    ++tokens_.words;
    if (++in_sentence_ == max_sentence_) end_sentence();
  }
  void end_sentence() {
    if (in_sentence_ > 0) tokens_.tokens.push_back({});
    in_sentence_ = 0;
  }

 private:
  Tokens& tokens_;
  int64_t max_sentence_, in_sentence_ = 0;
};

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// --- ends of sentences, where lines may break anywhere ---

// Whether two ends of lines follow, with nothing but spaces between them.
bool empty_line_follows(std::string_view text, size_t at) {
  int lines = 0;
  for (; at < text.size() && is_space(text[at]); ++at) lines += text[at] == '\n' ? 1 : 0;
  return lines >= 2;
}

// Abbreviations that are followed by a name, whose capital letter says nothing. Small letters.
constexpr std::array<std::string_view, 16> kAbbreviations = {"mr", "mrs", "ms",  "dr",  "prof", "st", "rev",    "hon",
                                                             "no", "vs",  "gen", "col", "capt", "lt", "messrs", "mme"};

// Whether a full stop behind `word` belongs to it: an abbreviation or an initial.
bool is_abbreviation(std::string_view word) {
  if (word.size() == 1 && word[0] != 'I') return word[0] >= 'A' && word[0] <= 'Z';
  std::string small(word);
  std::ranges::transform(small, small.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::ranges::find(kAbbreviations, small) != kAbbreviations.end();
}

// Ends a sentence? `at` is behind a mark; quotes and brackets that close may follow, then a space. After a full stop, a
// small letter says that the sentence goes on.
bool sentence_ends(std::string_view text, size_t mark, size_t at) {
  bool closing = true;
  while (closing) {
    closing = false;
    for (const std::string_view close : {"\"", "'", ")", "]", "”", "’", "»", "…", ".", "!", "?"}) {
      if (!text.substr(at).starts_with(close)) continue;
      at += close.size();
      closing = true;
    }
  }
  if (at < text.size() && !is_space(text[at])) return false;
  if (text[mark] != '.') return true;
  size_t begin = mark;
  while (begin > 0 && is_ascii_letter(text[begin - 1])) --begin;
  if (is_abbreviation(text.substr(begin, mark - begin))) return false;
  while (at < text.size() && is_space(text[at])) ++at;
  return at == text.size() || !(text[at] >= 'a' && text[at] <= 'z');
}

// Bytes of the mark at `at` that may end a sentence, or 0. Those of Chinese and Japanese end one by themselves.
size_t mark_at(std::string_view text, size_t at, bool& is_certain) {
  is_certain = false;
  if (text[at] == '.' || text[at] == '!' || text[at] == '?') return 1;
  if (static_cast<uint8_t>(text[at]) < 0x80) return 0;
  for (const std::string_view mark : {"。", "！", "？", "।"}) {
    if (!text.substr(at).starts_with(mark)) continue;
    is_certain = true;
    return mark.size();
  }
  return text.substr(at).starts_with("…") ? 3 : 0;
}

// --- words between spaces ---

void split_whitespace(Tokens& tokens, const TokenizerOptions& options) {
  Collector collect(tokens, options.max_sentence);
  const std::string_view text = tokens.text;
  const bool by_lines = options.sentences == SentenceRule::lines;
  for (size_t at = 0; at < text.size();) {
    if (is_space(text[at])) {
      if (text[at] == '\n' && (by_lines || empty_line_follows(text, at))) collect.end_sentence();
      ++at;
      continue;
    }
    const size_t begin = at;
    while (at < text.size() && !is_space(text[at])) ++at;
    collect.word(begin, at);
    if (by_lines) continue;
    for (size_t mark = begin; mark < at; ++mark) {  // the first mark with nothing but closing quotes behind it
      bool is_certain = false;
      const size_t size = mark_at(text, mark, is_certain);
      if (size > 0 && (is_certain ? mark + size == at : sentence_ends(text, mark, mark + size))) {
        collect.end_sentence();
        break;
      }
    }
  }
  collect.end_sentence();
}

// --- words as UAX #29 has them ---

// Whether the character between two others of a word joins them: "don't", "e.g", "3.14", "10,000".
bool joins(WordClass before, char32_t between, WordClass after) {
  if (before == WordClass::letter && after == WordClass::letter)
    return between == '\'' || between == 0x2019 || between == '.' || between == 0xb7 || between == 0x2027;
  if (before == WordClass::digit && after == WordClass::digit) return between == '.' || between == ',';
  return false;
}

void split_unicode(Tokens& tokens, const TokenizerOptions& options) {
  Collector collect(tokens, options.max_sentence);
  const std::string_view text = tokens.text;
  const bool by_lines = options.sentences == SentenceRule::lines;
  for (size_t at = 0; at < text.size();) {
    size_t size = 0;
    const WordClass first = class_at(text, at, size);
    if (first == WordClass::other) {
      bool is_certain = false;
      if (text[at] == '\n') {
        if (by_lines || empty_line_follows(text, at)) collect.end_sentence();
      } else if (const size_t mark = by_lines ? 0 : mark_at(text, at, is_certain);
                 mark > 0 && (is_certain || sentence_ends(text, at, at + mark))) {
        collect.end_sentence();
      }
      at += size;
      continue;
    }
    const size_t begin = at;
    at += size;
    WordClass before = first;
    while (first != WordClass::single && at < text.size()) {
      const WordClass next = class_at(text, at, size);
      if (next == WordClass::letter || next == WordClass::digit) {
        before = next;
      } else if (next != WordClass::mark) {  // a mark belongs to what stands before it
        if (next != WordClass::other || at + size >= text.size()) break;
        size_t after_size = 0;
        const WordClass after = class_at(text, at + size, after_size);
        if (!joins(before, character_at(text, at), after)) break;
      }
      at += size;
    }
    // Accents of a character that is a word by itself.
    while (at < text.size() && class_at(text, at, size) == WordClass::mark) at += size;
    if (first != WordClass::mark) collect.word(begin, at);
  }
  collect.end_sentence();
}

// A word whose length changes goes to the end of the text.
void lowercase_words(Tokens& tokens) {
  for (Tokens::Token& token : tokens.tokens) {
    char* const word = tokens.text.data() + token.begin;
    if (lowercase_ascii({word, token.size})) continue;
    const std::string small = lowercased(tokens.word(token));
    if (small.size() == token.size) {
      std::ranges::copy(small, word);
    } else {
      token = {static_cast<uint32_t>(tokens.text.size()), static_cast<uint32_t>(small.size())};
      tokens.text += small;
    }
  }
}

}  // namespace

WordRule word_rule_from(std::string_view name) { return choose("rule of words", name, kWordRules); }
std::string_view name_of(WordRule rule) { return kWordRules[static_cast<size_t>(rule)].name; }
SentenceRule sentence_rule_from(std::string_view name) { return choose("rule of sentences", name, kSentenceRules); }
std::string_view name_of(SentenceRule rule) { return kSentenceRules[static_cast<size_t>(rule)].name; }

Tokens tokenize(std::string text, const TokenizerOptions& options, const std::string& path, int64_t offset) {
  LATENT_CHECK(text.size() < (size_t{1} << 31), "[tokenize] {} bytes at once", text.size());
  LATENT_CHECK(options.max_sentence >= 1, "[tokenize] max_sentence = {}", options.max_sentence);
  if (const void* nul = std::memchr(text.data(), 0, text.size())) {
    const auto where = offset + (static_cast<const char*>(nul) - text.data());
    const bool is_utf16 = offset == 0 && (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"));
    throw DataError(path, where,
                    is_utf16 ? "this is UTF-16: turn it into UTF-8 first (iconv -f utf-16 -t utf-8)"
                             : "a NUL byte: this is binary data, not text");
  }
  Tokens tokens;
  const Repair repair = repair_utf8(text);
  constexpr int64_t kAccepted = 1000;
  if (repair.bytes * kAccepted > static_cast<int64_t>(text.size())) {
    throw DataError(path, offset + repair.first,
                    fmt::format("not UTF-8, as are {} bytes nearby: turn the text into UTF-8 first "
                                "(iconv -f latin1 -t utf-8, if it is Latin-1)",
                                repair.bytes));
  }
  tokens.repaired = repair.bytes;
  tokens.text = std::move(text);
  if (options.words == WordRule::whitespace) {
    split_whitespace(tokens, options);
  } else {
    split_unicode(tokens, options);
  }
  if (options.lowercase) lowercase_words(tokens);  // afterwards: capitals tell where sentences begin
  return tokens;
}

}  // namespace latent::text
