// From text to words and sentences.

#include <latent/core/error.hpp>
#include <latent/text/characters.hpp>
#include <latent/text/tokenizer.hpp>

#include <tests/support/message_of.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace latent::text {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Words, with "|" for the end of a sentence.
std::vector<std::string> words_of(std::string_view text, const TokenizerOptions& options = {}) {
  const Tokens tokens = tokenize(std::string(text), options);
  std::vector<std::string> words;
  for (const auto& token : tokens.tokens) words.emplace_back(token.ends_sentence() ? "|" : tokens.word(token));
  return words;
}

constexpr TokenizerOptions kUnicode = {.words = WordRule::unicode};
constexpr TokenizerOptions kProse = {.words = WordRule::unicode, .sentences = SentenceRule::automatic};

TEST(Tokenizer, WordsBetweenSpacesAndSentencesOnLines) {
  EXPECT_THAT(words_of("the  cat\tsat.\r\n\n on it"), ElementsAre("the", "cat", "sat.", "|", "on", "it", "|"));
  EXPECT_THAT(words_of(""), IsEmpty());
  EXPECT_THAT(words_of(" \n\n "), IsEmpty());
}

TEST(Tokenizer, CountsWords) { EXPECT_EQ(tokenize("a b\nc", {}).words, 3); }

TEST(Tokenizer, UnicodeWordsAreWithoutPunctuation) {
  EXPECT_THAT(words_of("\"Well-known,\" she said (twice)!", kUnicode),
              ElementsAre("Well", "known", "she", "said", "twice", "|"));
  EXPECT_THAT(words_of("don't l’été snake_case e.g. x", kUnicode),
              ElementsAre("don't", "l’été", "snake_case", "e.g", "x", "|"));
  EXPECT_THAT(words_of("3.14 10,000 3,x h2o 5€ 'quoted'", kUnicode),
              ElementsAre("3.14", "10,000", "3", "x", "h2o", "5", "quoted", "|"));
  EXPECT_THAT(words_of("Straße naïve Ελλάδα Москва", kUnicode),
              ElementsAre("Straße", "naïve", "Ελλάδα", "Москва", "|"));
}

TEST(Tokenizer, MarksBelongToTheirLetters) {
  EXPECT_THAT(words_of("cafe\u0301 हिन्दी", kUnicode), ElementsAre("cafe\u0301", "हिन्दी", "|"));
}

TEST(Tokenizer, HanIsAWordPerCharacter) {
  EXPECT_THAT(words_of("東京 カタカナ 한국어", kUnicode), ElementsAre("東", "京", "カタカナ", "한국어", "|"));
}

TEST(Tokenizer, SmallLetters) {
  EXPECT_THAT(words_of("The CAT ÄRGER ΣΊΣΥΦΟΣ", {.lowercase = true}),
              ElementsAre("the", "cat", "ärger", "σίσυφοσ", "|"));
  // Ⱥ (two bytes) becomes ⱥ (three); what stands after it stays where it is.
  EXPECT_THAT(words_of("ȺX Next", {.lowercase = true}), ElementsAre("ⱥx", "next", "|"));
}

TEST(Tokenizer, SentencesOverLines) {
  EXPECT_THAT(
      words_of("It was\nlate. He left! \"Why?\" she\nasked.\n\nNew part", kProse),
      ElementsAre("It", "was", "late", "|", "He", "left", "|", "Why", "|", "she", "asked", "|", "New", "part", "|"));
  EXPECT_THAT(words_of("東京。大阪", kProse), ElementsAre("東", "京", "|", "大", "阪", "|"));
}

TEST(Tokenizer, AFullStopNeedNotEndASentence) {
  EXPECT_THAT(words_of("Mr. Smith met J. Jones at 3.15 p.m. and left.", kProse),
              ElementsAre("Mr", "Smith", "met", "J", "Jones", "at", "3.15", "p.m", "and", "left", "|"));
  const TokenizerOptions spaces = {.sentences = SentenceRule::automatic, .lowercase = true};
  EXPECT_THAT(words_of("So Dr. No left. (Really.) Yes", spaces),
              ElementsAre("so", "dr.", "no", "left.", "|", "(really.)", "|", "yes", "|"));
}

TEST(Tokenizer, ASentenceThatNeverEndsEndsAnyway) {
  EXPECT_THAT(words_of("a b c d e", {.max_sentence = 2}), ElementsAre("a", "b", "|", "c", "d", "|", "e", "|"));
  EXPECT_THAT(words_of("a b\nc", {.max_sentence = 2}), ElementsAre("a", "b", "|", "c", "|"));
}

TEST(Tokenizer, LeavesOutWhatIsTooLongForAWord) {
  const std::string address(kLongestWord + 1, 'x');
  const Tokens tokens = tokenize("see " + address + " there", {});
  EXPECT_EQ(tokens.words, 2);
  EXPECT_EQ(tokens.long_words, 1);
}

TEST(Tokenizer, RefusesBinaryData) {
  using namespace std::string_literals;
  const auto message = [](const std::string& text) {
    return message_of<DataError>([&] { tokenize(text, {}, "picture.png", 100); });
  };
  EXPECT_EQ(message("abc\0def"s), "picture.png: at byte 103: a NUL byte: this is binary data, not text");
  EXPECT_THAT(message_of<DataError>([&] {
                tokenize(
                    "\xff\xfe"
                    "a\0"s,
                    {}, "notes.txt");
              }),
              HasSubstr("UTF-16"));
}

TEST(Tokenizer, RepairsAFewBytesAndRefusesMany) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "word ";
  const Tokens tokens = tokenize(text + "caf\xe9 end", {});
  EXPECT_EQ(tokens.repaired, 1);
  EXPECT_EQ(tokens.word(tokens.tokens[500]), "caf\xef\xbf\xbd");
  EXPECT_EQ(tokens.word(tokens.tokens[501]), "end");
  EXPECT_EQ(message_of<DataError>([] { tokenize("gr\xfc\xdf dich", {}, "a.txt"); }),
            "a.txt: at byte 2: not UTF-8, as are 2 bytes nearby: turn the text into UTF-8 first (iconv -f latin1 -t "
            "utf-8, if it is Latin-1)");
}

TEST(Tokenizer, RulesHaveNames) {
  EXPECT_EQ(word_rule_from("unicode"), WordRule::unicode);
  EXPECT_EQ(name_of(WordRule::whitespace), "whitespace");
  EXPECT_EQ(sentence_rule_from("auto"), SentenceRule::automatic);
  EXPECT_EQ(name_of(SentenceRule::lines), "lines");
  EXPECT_THROW(word_rule_from("unicod"), std::invalid_argument);
}

}  // namespace

}  // namespace latent::text
