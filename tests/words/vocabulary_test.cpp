// Vocabulary, n-grams and the encoded text.

#include <latent/core/error.hpp>
#include <latent/words/encoded_corpus.hpp>
#include <latent/words/subwords.hpp>
#include <latent/words/vocabulary.hpp>

#include <tests/support/temporary_folder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace latent::words {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Vocabulary, SortsByCountThenByBytes) {
  const Vocabulary vocabulary = Vocabulary::by_count({{"zebra", 2}, {"ape", 2}, {"the", 9}, {"Ape", 2}});
  ASSERT_EQ(vocabulary.size(), 4);
  EXPECT_EQ(vocabulary.word(0), "the");
  EXPECT_EQ(vocabulary.word(1), "Ape");
  EXPECT_EQ(vocabulary.word(2), "ape");
  EXPECT_EQ(vocabulary.word(3), "zebra");
  EXPECT_EQ(vocabulary.count(0), 9);
  EXPECT_EQ(vocabulary.total(), 15);
  EXPECT_EQ(vocabulary.find("ape"), 2);
  EXPECT_EQ(vocabulary.find("apes"), std::nullopt);
}

TEST(Vocabulary, KeepsTheOrderOfAFile) {
  const Vocabulary vocabulary = Vocabulary::in_order({"b", "a", "new york"});
  EXPECT_EQ(vocabulary.word(0), "b");
  EXPECT_EQ(vocabulary.find("new york"), 2);
  EXPECT_EQ(vocabulary.count(2), 0);
  EXPECT_EQ(vocabulary.total(), 0);
}

TEST(Vocabulary, OfNoWords) {
  const Vocabulary vocabulary;
  EXPECT_EQ(vocabulary.size(), 0);
  EXPECT_EQ(vocabulary.find(""), std::nullopt);
  EXPECT_THAT(vocabulary.near_spellings("a", 3), IsEmpty());
}

TEST(Vocabulary, FindsEachOfManyWords) {
  std::vector<std::pair<std::string, int64_t>> words;
  for (int64_t i = 0; i < 20'000; ++i) words.emplace_back("word" + std::to_string(i * i), i + 1);
  const Vocabulary vocabulary = Vocabulary::by_count(words);
  for (const auto& [word, count] : words) {
    const auto id = vocabulary.find(word);
    ASSERT_TRUE(id) << word;
    EXPECT_EQ(vocabulary.word(*id), word);
    EXPECT_EQ(vocabulary.count(*id), count);
  }
  EXPECT_EQ(vocabulary.find("word2"), std::nullopt);
}

TEST(Vocabulary, ComesBackFromItsTensors) {
  const Vocabulary vocabulary = Vocabulary::by_count({{"the", 9}, {"größe", 3}, {"x", 1}});
  const Vocabulary again = Vocabulary::from_tensors(vocabulary.bytes(), vocabulary.ends(), vocabulary.counts());
  EXPECT_EQ(again.size(), 3);
  EXPECT_EQ(again.find("größe"), 1);
  EXPECT_EQ(again.count(1), 3);
}

TEST(Vocabulary, RefusesTensorsThatLie) {
  const auto bytes = Tensor::from(std::vector<uint8_t>{'a', 'b', 'a'}, {3});
  const auto from = [&](const std::vector<int64_t>& ends, const std::vector<int64_t>& counts) {
    return Vocabulary::from_tensors(bytes, Tensor::from(ends, {static_cast<int64_t>(ends.size())}),
                                    Tensor::from(counts, {static_cast<int64_t>(counts.size())}));
  };
  EXPECT_NO_THROW(from({2, 3}, {1, 1}));
  EXPECT_THROW(from({2, 1}, {1, 1}), std::invalid_argument);  // not ascending
  EXPECT_THROW(from({2, 4}, {1, 1}), std::invalid_argument);  // beyond the bytes
  EXPECT_THROW(from({1, 2}, {1, 1}), std::invalid_argument);  // a byte of no word
  EXPECT_THROW(from({2, 3}, {1}), std::invalid_argument);
}

TEST(Vocabulary, TakesTheFirstOfTwoInAFile) {
  const auto bytes = Tensor::from(std::vector<uint8_t>{'a', 'b', 'a'}, {3});
  const auto ends = Tensor::from(std::vector<int64_t>{1, 2, 3}, {3});
  const auto vocabulary = Vocabulary::from_tensors(bytes, ends, Tensor::from(std::vector<int64_t>{1, -5, 2}, {3}));
  for (int asked = 0; asked < 10; ++asked) EXPECT_EQ(vocabulary.find("a"), 0);
  EXPECT_EQ(vocabulary.count(1), 0);
  EXPECT_EQ(vocabulary.total(), 3);
}

TEST(Vocabulary, RefusesWordsThatAreThereTwiceOrEmpty) {
  EXPECT_THROW(Vocabulary::by_count({{"a", 1}, {"a", 2}}), std::invalid_argument);
  EXPECT_THROW(Vocabulary::by_count({{"", 1}}), std::invalid_argument);
  EXPECT_THROW(Vocabulary::by_count({{"a", 0}}), std::invalid_argument);
}

TEST(Vocabulary, OffersNearSpellings) {
  const Vocabulary vocabulary =
      Vocabulary::by_count({{"berlin", 50}, {"merlin", 60}, {"berliner", 5}, {"Köln", 7}, {"bern", 3}, {"the", 99}});
  EXPECT_THAT(vocabulary.near_spellings("Berlin", 2), ElementsAre("berlin", "merlin"));
  EXPECT_THAT(vocabulary.near_spellings("beriln", 1), ElementsAre("berlin"));  // a swap is one step
  EXPECT_THAT(vocabulary.near_spellings("Koln", 3), ElementsAre("Köln"));      // ö is one character
  EXPECT_THAT(vocabulary.near_spellings("xxxxxxx", 3), IsEmpty());
}

// Values of fastText 0.9.2: `fasttext print-ngrams` of a model with minn 3, maxn 4 and 1000 buckets gives the n-grams;
// the hashes follow from Dictionary::hash.
TEST(Subwords, HashTakesBytesAsSignedNumbers) {
  EXPECT_EQ(fasttext_hash(""), 2166136261u);
  EXPECT_EQ(fasttext_hash("a"), 3826002220u);       // as FNV-1a
  EXPECT_EQ(fasttext_hash("foobar"), 3214735720u);  // as FNV-1a
  // "ä" is c3 a4: with the sign, h ^ 0xffffffc3 and so on.
  uint32_t expected = (2166136261u ^ 0xffffffc3u) * 16777619u;
  expected = (expected ^ 0xffffffa4u) * 16777619u;
  EXPECT_EQ(fasttext_hash("ä"), expected);
}

std::vector<int32_t> buckets_of(const std::vector<std::string>& ngrams, uint32_t buckets) {
  std::vector<int32_t> rows;
  for (const std::string& ngram : ngrams) rows.push_back(static_cast<int32_t>(fasttext_hash(ngram) % buckets));
  return rows;
}

TEST(Subwords, StandBetweenMarks) {
  EXPECT_EQ(subword_buckets("cat", 3, 4, 1000), buckets_of({"<ca", "<cat", "cat", "cat>", "at>"}, 1000));
  EXPECT_EQ(subword_buckets("a", 1, 3, 1000), buckets_of({"<a", "<a>", "a", "a>"}, 1000));
  EXPECT_EQ(subword_buckets("für", 3, 3, 77), buckets_of({"<fü", "für", "ür>"}, 77));
}

TEST(Subwords, OfNoLengthAndOfTheEndOfASentence) {
  EXPECT_THAT(subword_buckets("cat", 0, 0, 1000), IsEmpty());
  EXPECT_THAT(subword_buckets("</s>", 3, 6, 1000), IsEmpty());
  EXPECT_THROW(subword_buckets("cat", 4, 3, 1000), std::invalid_argument);
  EXPECT_THROW(subword_buckets("cat", 3, 6, 0), std::invalid_argument);
}

std::vector<int32_t> counting(int32_t count) {
  std::vector<int32_t> ids(static_cast<size_t>(count));
  std::iota(ids.begin(), ids.end(), 0);
  return ids;
}

TEST(EncodedCorpus, EndsEachSentenceOnce) {
  const test::TemporaryFolder folder;
  CorpusWriter writer(1 << 20, folder.path());
  writer.append(std::vector<int32_t>{kSentenceEnd, 3, 1, kSentenceEnd, kSentenceEnd, 2});
  writer.append(std::vector<int32_t>{2});
  writer.count_raw(7);
  const EncodedCorpus corpus = writer.finish();
  EXPECT_THAT(corpus.ids(), ElementsAre(3, 1, -1, 2, 2, -1));
  EXPECT_EQ(corpus.words(), 4);
  EXPECT_EQ(corpus.sentences(), 2);
  EXPECT_EQ(corpus.raw_words(), 7);
  EXPECT_FALSE(corpus.is_spilled());
}

TEST(EncodedCorpus, OfNothing) {
  const test::TemporaryFolder folder;
  EXPECT_THAT(CorpusWriter(100, folder.path()).finish().ids(), IsEmpty());
}

TEST(EncodedCorpus, SpillsToAFileThatIsGoneAtOnce) {
  const test::TemporaryFolder folder;
  const std::vector<int32_t> ids = counting(50'000);
  CorpusWriter writer(1000, folder.path());
  writer.append(std::span(ids).first(30'000));
  EXPECT_FALSE(std::filesystem::is_empty(folder.path()));
  writer.append(std::span(ids).subspan(30'000));
  const EncodedCorpus corpus = writer.finish();
  EXPECT_TRUE(corpus.is_spilled());
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  ASSERT_EQ(corpus.ids().size(), ids.size() + 1);
  EXPECT_TRUE(std::equal(ids.begin(), ids.end(), corpus.ids().begin()));
  EXPECT_EQ(corpus.ids().back(), kSentenceEnd);
  const EncodedCorpus copy = corpus;
  EXPECT_EQ(copy.ids()[49'999], 49'999);
}

TEST(EncodedCorpus, StaysInAFileThatIsToStay) {
  const test::TemporaryFolder folder;
  CorpusWriter writer(folder / "text.ids");
  writer.append(std::vector<int32_t>{3, 1, kSentenceEnd, 2});
  writer.finish();
  const EncodedCorpus corpus = EncodedCorpus::open(folder / "text.ids", 4, 9);
  EXPECT_THAT(corpus.ids(), ElementsAre(3, 1, -1, 2, -1));
  EXPECT_EQ(corpus.words(), 3);
  EXPECT_EQ(corpus.sentences(), 2);
  EXPECT_EQ(corpus.raw_words(), 9);
  EXPECT_THROW(EncodedCorpus::open(folder / "text.ids", 3, 9), DataError);
  test::write_text(folder / "cut", "abc");
  EXPECT_THROW(EncodedCorpus::open(folder / "cut", 3, 9), DataError);
}

TEST(EncodedCorpus, LeavesNoFileWhereItIsNotFinished) {
  const test::TemporaryFolder folder;
  {
    CorpusWriter writer(0, folder.path());
    writer.append(counting(50'000));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace

}  // namespace latent::words
