// Counting words, finding phrases, turning text into ids.

#include <latent/core/error.hpp>
#include <latent/core/interrupted.hpp>
#include <latent/words/pair_counter.hpp>
#include <latent/words/reading.hpp>
#include <latent/words/word_counter.hpp>

#include <tests/support/any_threads.hpp>
#include <tests/support/message_of.hpp>
#include <tests/support/temporary_folder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

namespace latent::words {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A text in a file.
class Text {
 public:
  explicit Text(const std::string& text) { test::write_text(folder_ / "text.txt", text); }
  text::Corpus corpus(const text::TokenizerOptions& options = {}) const {
    return {text::TextSources({(folder_ / "text.txt").string()}), options};
  }
  const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  test::TemporaryFolder folder_;
};

std::vector<std::pair<std::string, int64_t>> list_of(const Vocabulary& vocabulary) {
  std::vector<std::pair<std::string, int64_t>> list;
  for (int64_t id = 0; id < vocabulary.size(); ++id) list.emplace_back(vocabulary.word(id), vocabulary.count(id));
  return list;
}

// Words by Zipf's law and many rare ones, over several pieces.
std::string zipf_text(int64_t words) {
  std::mt19937 random(7);
  std::string text;
  for (int64_t i = 0; i < words; ++i) {
    if (random() % 5 == 0) text += "r" + std::to_string(random() % 100'000) + " ";
    const double rank = 30'000.0 / (1.0 + random() % 30'000);
    text += "w" + std::to_string(static_cast<int>(rank)) + "_" + std::to_string(random() % 3);
    text += i % 20 == 19 ? '\n' : ' ';
  }
  return text;
}

TEST(WordCounter, CountsLikeAMap) {
  WordCounter counter;
  std::map<std::string, int64_t> expected;
  std::mt19937 random(1);
  for (int i = 0; i < 100'000; ++i) {
    const std::string word(1 + random() % 30, static_cast<char>('a' + random() % 26));
    const std::string longer = word + std::to_string(random() % 100);
    counter.add(longer);
    ++expected[longer];
  }
  std::map<std::string, int64_t> found;
  for (int64_t i = 0; i < counter.size(); ++i) found.emplace(counter.word(i), counter.count(i));
  EXPECT_EQ(found, expected);
  counter.drop_below(60);
  std::erase_if(expected, [](const auto& entry) { return entry.second < 60; });
  EXPECT_EQ(counter.size(), static_cast<int64_t>(expected.size()));
}

TEST(PairCounter, CountsLikeAMap) {
  PairCounter counter;
  std::map<uint64_t, int64_t> expected, found;
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t key = (random() % 200) << 32 | random() % 200;
    counter.add(key);
    ++expected[key];
  }
  counter.for_each([&](uint64_t key, int64_t count) { found.emplace(key, count); });
  EXPECT_EQ(found, expected);
}

TEST(CountWords, LeavesOutRareOnes) {
  const Text text("b a b c b\na a d\n");
  const CountedText counted = count_words(text.corpus(), {.min_count = 2});
  EXPECT_THAT(list_of(counted.vocabulary), ElementsAre(std::pair("a", 3), std::pair("b", 3)));
  EXPECT_EQ(counted.pass.words, 8);
  EXPECT_EQ(counted.different_words, 4);
  EXPECT_THAT(list_of(count_words(text.corpus(), {.min_count = 1, .max_words = 3}).vocabulary),
              ElementsAre(std::pair("a", 3), std::pair("b", 3), std::pair("c", 1)));
}

TEST(CountWords, IsTheSameForAnyNumberOfThreads) {
  const Text text(zipf_text(400'000));
  expect_same_with_any_threads([&] { return list_of(count_words(text.corpus(), {.min_count = 2}).vocabulary); });
}

TEST(CountWords, ForgetsRareWordsWhereMemoryIsShort) {
  const Text text(zipf_text(400'000));
  const CountedText all = count_words(text.corpus(), {.min_count = 50});
  const CountedText some = count_words(text.corpus(), {.min_count = 50, .memory = 200'000});
  EXPECT_EQ(all.forgotten_below, 0);
  EXPECT_GT(some.forgotten_below, 1);
  EXPECT_LT(some.different_words, all.different_words);
  EXPECT_EQ(list_of(some.vocabulary), list_of(all.vocabulary));
}

TEST(CountWords, SaysWhyThereAreNone) {
  EXPECT_THAT(message_of<DataError>([] { count_words(Text("a b c").corpus(), {}); }),
              HasSubstr("text.txt: no word is met 5 times (the most frequent one 1 time): the vocabulary is empty"));
  EXPECT_THAT(message_of<DataError>([] { count_words(Text("\n \n").corpus(), {}); }),
              HasSubstr("no words: the text is empty"));
  EXPECT_THAT(message_of<DataError>([] { count_words(Text(std::string(5000, 'x')).corpus(), {}); }),
              HasSubstr("without a space"));
  EXPECT_THROW(count_words(Text("a").corpus(), {.min_count = 0}), std::invalid_argument);
}

TEST(CountWords, EndsWhenToldTo) {
  EXPECT_THROW(count_words(Text("a a a a a").corpus(), {}, {}, [](const auto&) { return false; }), Interrupted);
}

TEST(EncodeText, GivesIdsAndEndsOfSentences) {
  const Text text("the cat saw the dog\ncat\n\nnobody\n");
  const Vocabulary vocabulary = Vocabulary::in_order({"the", "cat", "dog"});
  const EncodedCorpus corpus = encode_text(text.corpus(), vocabulary, {}, {1 << 20, text.folder()});
  EXPECT_THAT(corpus.ids(), ElementsAre(0, 1, 0, 2, -1, 1, -1));
  EXPECT_EQ(corpus.words(), 5);
  EXPECT_EQ(corpus.raw_words(), 7);
  EXPECT_EQ(corpus.sentences(), 2);
}

TEST(EncodeText, IsTheSameSpilledAndForAnyNumberOfThreads) {
  const Text text(zipf_text(300'000));
  const Vocabulary vocabulary = count_words(text.corpus(), {.min_count = 5}).vocabulary;
  const auto encoded = [&](int64_t memory) {
    const EncodedCorpus corpus = encode_text(text.corpus(), vocabulary, {}, {memory, text.folder()});
    EXPECT_EQ(corpus.is_spilled(), memory == 0);
    return std::vector<int32_t>(corpus.ids().begin(), corpus.ids().end());
  };
  expect_same_with_any_threads([&] { return encoded(1 << 24); });
  EXPECT_EQ(encoded(1 << 24), encoded(0));
}

std::vector<std::string> joined(const Phrases& phrases, const std::string& text) {
  const text::Tokens tokens = phrases.join(text::tokenize(text, {}));
  std::vector<std::string> words;
  for (const auto& token : tokens.tokens) words.emplace_back(token.ends_sentence() ? "|" : tokens.word(token));
  return words;
}

TEST(Phrases, AreJoinedFromLeftToRightOnce) {
  const Phrases phrases(Phrases::Passes{{{"new", "york"}, {"york", "times"}, {"a", "a"}}});
  EXPECT_THAT(joined(phrases, "the new york times in\nyork\ntimes a a a"),
              ElementsAre("the", "new_york", "times", "in", "|", "york", "|", "times", "a_a", "a", "|"));
  EXPECT_EQ(phrases.join(text::tokenize("new york city", {})).words, 2);
}

TEST(Phrases, LaterPassesJoinWhatEarlierOnesMade) {
  const Phrases phrases(Phrases::Passes{{{"new", "york"}}, {{"new_york", "times"}}});
  EXPECT_THAT(joined(phrases, "new york times"), ElementsAre("new_york_times", "|"));
  EXPECT_EQ(phrases.pairs()[1], (std::vector<Phrases::Pair>{{"new_york", "times"}}));
}

// score(new york) = (10 - 2) / (10 * 12) * words; with 22 + 100 words this is 8.1.
TEST(Phrases, AreFoundByTheirScore) {
  std::string words;
  for (int i = 0; i < 10; ++i) words += "new york\n";
  for (int i = 0; i < 2; ++i) words += "york\n";
  for (int i = 0; i < 50; ++i) words += "the the\n";
  const Text text(words);
  const auto found = [&](double threshold) {
    return find_phrases(text.corpus(), {.passes = 1, .threshold = threshold, .min_count = 2}).pairs();
  };
  const double score = 8.0 / (10 * 12) * (10 * 2 + 2 + 50 * 2);
  ASSERT_GT(score, 8.0);
  EXPECT_EQ(found(score - 0.001), (Phrases::Passes{{{"new", "york"}}}));
  EXPECT_THAT(found(score + 0.001), IsEmpty());
}

TEST(Phrases, AreTheSameForAnyNumberOfThreads) {
  const Text text(zipf_text(200'000));
  expect_same_with_any_threads([&] { return find_phrases(text.corpus(), {.passes = 2, .threshold = 1.0}).pairs(); });
}

}  // namespace

}  // namespace latent::words
