// Questions to word vectors, and what evaluation makes of files that people have judged.

#include <latent/core/error.hpp>
#include <latent/words/evaluation.hpp>
#include <latent/words/files/vector_file.hpp>
#include <latent/words/queries.hpp>

#include <tests/support/any_threads.hpp>
#include <tests/support/message_of.hpp>
#include <tests/support/temporary_folder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace latent::words {

namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;

// Words on a grid: the first coordinate is the sex, the second the rank.
WordVectors royals() {
  WordVectors words;
  words.vocabulary =
      Vocabulary::by_count({{"man", 60}, {"woman", 50}, {"king", 40}, {"queen", 30}, {"apple", 20}, {"Queen", 10}});
  words.vectors =
      Tensor::from(std::vector<float>{1, 0, 0.2f, -1, 0, 0.2f, 1, 1, 0.2f, -1, 1, 0.2f, 0, 0, -9, -1, 1, 0.3f}, {6, 3});
  return words;
}

WordVectors random_words(int64_t count, int64_t dim) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  std::vector<std::string> names;
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i) names.push_back("w" + std::to_string(i));
  for (int64_t i = 0; i < count * dim; ++i) values.push_back(normal(random));
  WordVectors words;
  words.vocabulary = Vocabulary::in_order(names);
  words.vectors = Tensor::from(values, {count, dim});
  return words;
}

std::vector<std::string> names_of(const WordQueries& queries, const std::vector<NearWord>& found) {
  std::vector<std::string> names;
  for (const NearWord& word : found) names.emplace_back(queries.words().vocabulary.word(word.id));
  return names;
}

TEST(WordQueries, NearestByCosineWithoutTheWordItself) {
  const WordQueries queries(royals());
  const auto found = queries.nearest("queen", 2);
  EXPECT_THAT(names_of(queries, found), ElementsAre("Queen", "woman"));
  EXPECT_NEAR(found[1].cosine, (1 + 0.04) / std::sqrt(2.04 * 1.04), 1e-6);
  EXPECT_EQ(queries.nearest("queen", 100).size(), 5U);
}

TEST(WordQueries, AnalogyIsTheSumOfDirections) {
  const WordQueries queries(royals());
  EXPECT_EQ(names_of(queries, queries.analogy("man", "king", "woman", 1)), std::vector<std::string>{"queen"});
}

TEST(WordQueries, OddOneIsFarthestFromTheMean) {
  const auto cosines = cosines_with_mean(royals(), {"king", "man", "apple"});
  EXPECT_EQ(std::ranges::min_element(cosines) - cosines.begin(), 2);
  EXPECT_THROW(cosines_with_mean(royals(), {"king"}), UsageError);
}

TEST(WordQueries, OffersNearSpellings) {
  const WordQueries queries(royals());
  try {
    queries.nearest("quen", 3);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "'quen' is not among the 6 words");
    EXPECT_EQ(error.advice(), "near it are queen, Queen");
  }
}

TEST(WordQueries, SameAsBruteForceForAnyNumberOfThreads) {
  const WordVectors words = random_words(5000, 37);
  const WordQueries queries(words);
  std::vector<std::pair<double, int32_t>> expected;
  const float* rows = words.vectors.data<float>();
  for (int32_t id = 0; id < 5000; ++id) {
    double ab = 0.0, aa = 0.0, bb = 0.0;
    for (int d = 0; d < 37; ++d) {
      const double a = rows[17 * 37 + d], b = rows[id * 37 + d];
      ab += a * b;
      aa += a * a;
      bb += b * b;
    }
    if (id != 17) expected.emplace_back(-ab / std::sqrt(aa * bb), id);
  }
  std::ranges::sort(expected);
  const auto found = queries.nearest("w17", 20);
  for (size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(found[i].id, expected[i].second);
    EXPECT_NEAR(found[i].cosine, -expected[i].first, 1e-6);
  }
  expect_same_with_any_threads([&] { return queries.nearest("w17", 20); });
}

TEST(WordQueries, AVectorOfZerosIsNearToNone) {
  WordVectors words = royals();
  words.vectors.rows(4, 5).copy_from(Tensor::zeros({1, 3}));
  const WordQueries queries(words);
  for (const NearWord& word : queries.nearest("apple", 5)) EXPECT_EQ(word.cosine, 0.0);
}

TEST(WordQueries, AnIndexFindsMostOfThem) {
  const WordVectors words = random_words(3000, 16);
  const WordQueries exact(words), fast(words, {.method = space::IndexMethod::hnsw});
  int64_t same = 0;
  for (int i = 0; i < 50; ++i) {
    const auto a = exact.nearest("w" + std::to_string(i), 10), b = fast.nearest("w" + std::to_string(i), 10);
    for (const NearWord& word : b)
      same += std::ranges::count_if(a, [&](const NearWord& other) { return other.id == word.id; });
  }
  EXPECT_GT(same, 475);
}

TEST(WordQueries, MappedVectorsAnswerAgainAndAgain) {
  const test::TemporaryFolder folder;
  const WordVectors words = random_words(9000, 40);
  write_vectors(folder / "words.safetensors", words, VectorFormat::safetensors);
  const WordQueries memory(words), mapped(read_vectors(folder / "words.safetensors").words);
  for (const char* word : {"w5", "w8999", "w5"}) EXPECT_EQ(memory.nearest(word, 5), mapped.nearest(word, 5));
}

TEST(WordQueries, UnseenWordsHaveVectorsFromTheirNgrams) {
  WordVectors words = royals();
  Tensor rows = Tensor::zeros({50, 3});
  words.ngrams = Ngrams{3, 3, rows, words.vectors.clone()};
  const auto unseen = vector_of(words, "kings");
  ASSERT_TRUE(unseen);
  EXPECT_EQ(vector_of(words, "a"), (std::vector<float>{0, 0, 0}));  // "<a>" is one
  EXPECT_EQ(vector_of(words, ""), std::nullopt);                    // "<>" has none
}

TEST(Analogies, AreReadWithTheirSections) {
  const test::TemporaryFolder folder;
  test::write_text(folder / "q", ": family life\nman woman king queen\r\n\n: gram1\nA b c d\n");
  const auto sections = read_analogies(folder / "q");
  ASSERT_EQ(sections.size(), 2U);
  EXPECT_EQ(sections[0].name, "family life");
  EXPECT_THAT(sections[0].questions[0], ElementsAre("man", "woman", "king", "queen"));
  test::write_text(folder / "bad", ": x\nman woman king\n");
  EXPECT_THAT(message_of<DataError>([&] { read_analogies(folder / "bad"); }), HasSubstr("line 2: expected four words"));
  test::write_text(folder / "none", ": x\n");
  EXPECT_THAT(message_of<DataError>([&] { read_analogies(folder / "none"); }), HasSubstr("no questions"));
}

TEST(Analogies, CountRightAnswersAndThoseNotAsked) {
  const std::vector<AnalogySection> sections = {
      {"family",
       {{"MAN", "woman", "king", "queen"}, {"man", "woman", "king", "apple"}, {"man", "woman", "king", "duke"}}},
      {"gram1-x", {{"woman", "man", "queen", "king"}}}};
  const AnalogyResult all = evaluate_analogies(royals(), sections);
  EXPECT_EQ(all.vocabulary, 6);
  EXPECT_EQ(all.sections[0].correct, 1);
  EXPECT_EQ(all.sections[0].asked, 2);
  EXPECT_EQ(all.sections[0].not_asked, 1);
  EXPECT_EQ(all.syntactic.correct, 1);
  EXPECT_EQ(all.semantic.asked, 2);
  EXPECT_EQ(all.total.asked, 3);
  EXPECT_DOUBLE_EQ(all.total.accuracy(), 2.0 / 3.0);
  // Case counts: "MAN" is no word then.
  EXPECT_EQ(evaluate_analogies(royals(), sections, {.ignore_case = false}).sections[0].asked, 1);
  // Without queen among the words that count, only the last question could be asked, and is not.
  const AnalogyResult few = evaluate_analogies(royals(), sections, {.restrict_vocab = 3});
  EXPECT_EQ(few.vocabulary, 3);
  EXPECT_EQ(few.total.asked, 0);
}

TEST(Similarity, ReadsTheFormsThatAreAbout) {
  const test::TemporaryFolder folder;
  const auto read = [&](const std::string& text) {
    test::write_text(folder / "pairs", text);
    std::string all;
    for (const JudgedPair& pair : read_similarities(folder / "pairs"))
      all += pair.first + "~" + pair.second + "=" + std::to_string(static_cast<int>(pair.score * 100)) + " ";
    return all;
  };
  EXPECT_EQ(read("love\tsex\t6.77\ntiger\tcat\t7.35\n"), "love~sex=677 tiger~cat=735 ");
  EXPECT_EQ(read("# about\nWord 1,Word 2,Human (mean)\nlove,sex,6.77\n"), "love~sex=677 ");
  EXPECT_EQ(read("word1\tword2\tSimLex999\tconc\nold\tnew\t1.58\t2.7\n"), "old~new=158 ");
  EXPECT_EQ(read("old  new 1.5\n"), "old~new=150 ");
  EXPECT_THAT(message_of<DataError>([&] { read("a b 1\nc d\n"); }),
              HasSubstr("line 2: expected two words and a number"));
  EXPECT_THAT(message_of<DataError>([&] { read("word1 word2 score\n"); }), HasSubstr("no pairs"));
}

TEST(Similarity, SpearmanOfTies) {
  // Ranks of a: 0, 1.5, 1.5, 3; of b: 0, 1, 2, 3. By hand: 4.5 / sqrt(4.5 * 5).
  EXPECT_NEAR(spearman(std::vector<double>{1, 2, 2, 3}, std::vector<double>{1, 2, 3, 4}), 4.5 / std::sqrt(22.5), 1e-12);
  EXPECT_DOUBLE_EQ(spearman(std::vector<double>{1, 2, 30}, std::vector<double>{-3, -2, -1}), 1.0);
  EXPECT_DOUBLE_EQ(spearman(std::vector<double>{1, 2, 30}, std::vector<double>{3, 2, 1}), -1.0);
  EXPECT_TRUE(std::isnan(spearman(std::vector<double>{1, 1}, std::vector<double>{3, 2})));
}

TEST(Similarity, CountsPairsOutsideOfTheVocabulary) {
  const std::vector<JudgedPair> pairs = {
      {"King", "man", 9}, {"king", "apple", 1}, {"queen", "woman", 8}, {"king", "duke", 5}};
  const SimilarityResult result = evaluate_similarity(royals(), pairs);
  EXPECT_EQ(result.pairs, 3);
  EXPECT_EQ(result.out_of_vocabulary, 1);
  EXPECT_GT(result.spearman, 0.8);
  EXPECT_EQ(evaluate_similarity(royals(), pairs, false).pairs, 2);
}

}  // namespace

}  // namespace latent::words
