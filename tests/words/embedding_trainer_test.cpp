// Skip-gram and CBOW: what they learn, and that it is the same bits however it is computed.

#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>
#include <latent/words/training/embedding_trainer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tests/support/message_of.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

namespace latent::words {

namespace {

using testing::HasSubstr;

// Sentences of words that each stand for something: a vocabulary and a text of them.
struct PlantedText {
  Vocabulary vocabulary;
  EncodedCorpus corpus;
};

PlantedText planted(const std::vector<std::vector<std::string>>& sentences) {
  std::vector<std::pair<std::string, int64_t>> counts;
  for (const auto& sentence : sentences) {
    for (const std::string& word : sentence) counts.emplace_back(word, 1);
  }
  std::sort(counts.begin(), counts.end());
  std::vector<std::pair<std::string, int64_t>> merged;
  for (const auto& entry : counts) {
    if (merged.empty() || merged.back().first != entry.first) {
      merged.push_back(entry);
    } else {
      ++merged.back().second;
    }
  }
  PlantedText text{Vocabulary::by_count(std::move(merged)), {}};
  CorpusWriter writer(int64_t{1} << 30, ".");
  for (const auto& sentence : sentences) {
    std::vector<int32_t> ids;
    for (const std::string& word : sentence) ids.push_back(*text.vocabulary.find(word));
    ids.push_back(kSentenceEnd);
    writer.append(ids);
  }
  text.corpus = writer.finish();
  return text;
}

// Four topics of ten words; a sentence keeps to one.
PlantedText topics() {
  Rng rng(3);
  std::vector<std::vector<std::string>> sentences(3000);
  for (auto& sentence : sentences) {
    const uint64_t topic = rng.below(4);
    for (int k = 0; k < 8; ++k) sentence.push_back(fmt::format("t{}w{}", topic, rng.below(10)));
  }
  return planted(sentences);
}

// Twelve things in two forms each, as "king" and "queen", "man" and "woman" are: neighbours tell which thing it is, and
// which form.
PlantedText forms() {
  Rng rng(4);
  std::vector<std::vector<std::string>> sentences(12000);
  for (auto& sentence : sentences) {
    const uint64_t thing = rng.below(12), form = rng.below(2);
    const auto beside_thing = [&] { return fmt::format("thing{}{}", thing, "abc"[rng.below(3)]); };
    const auto beside_form = [&] { return fmt::format("form{}{}", form, "abc"[rng.below(3)]); };
    sentence = {beside_form(), beside_thing(), fmt::format("word{}_{}", thing, form), beside_thing(), beside_form()};
  }
  return planted(sentences);
}

struct Learned {
  EmbeddingTables tables;
  double loss = 0.0;
};

Learned train_all(const PlantedText& text, const EmbeddingOptions& options) {
  Learned learned{initial_tables(options, text.vocabulary), 0.0};
  EmbeddingTrainer trainer(options, text.vocabulary, text.corpus, learned.tables);
  while (trainer.step()) learned.loss = trainer.progress().loss;
  return learned;
}

EmbeddingOptions planted_options(EmbeddingMethod method, bool hierarchical) {
  EmbeddingOptions options;
  options.method = method;
  options.hierarchical_softmax = hierarchical;
  options.dim = 24;
  options.sample = 0.0;
  options.lr = 0.05;
  options.epochs = 10;
  return options;
}

std::vector<double> unit_row(const EmbeddingTable& table, int64_t id) {
  std::vector<double> row(table.row(id).begin(), table.row(id).end());
  double square = 0.0;
  for (const double value : row) square += value * value;
  for (double& value : row) value /= std::sqrt(square);
  return row;
}

double cosine(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0.0;
  for (size_t d = 0; d < a.size(); ++d) sum += a[d] * b[d];
  return sum;
}

void expect_topics_found(const EmbeddingOptions& options) {
  const PlantedText text = topics();
  const Learned learned = train_all(text, options);
  for (int64_t i = 0; i < 40; ++i) {
    double nearest_stranger = -1.0, farthest_friend = 1.0;
    for (int64_t j = 0; j < 40; ++j) {
      if (i == j) continue;
      const double similarity = cosine(unit_row(learned.tables.input, i), unit_row(learned.tables.input, j));
      const bool friends = text.vocabulary.word(i).substr(0, 2) == text.vocabulary.word(j).substr(0, 2);
      double& bound = friends ? farthest_friend : nearest_stranger;
      bound = friends ? std::min(bound, similarity) : std::max(bound, similarity);
    }
    EXPECT_GT(farthest_friend, nearest_stranger + 0.2) << text.vocabulary.word(i);
  }
}

TEST(EmbeddingTrainer, SkipgramFindsTopics) { expect_topics_found(planted_options(EmbeddingMethod::skipgram, false)); }
TEST(EmbeddingTrainer, SkipgramWithTreeFindsTopics) {
  expect_topics_found(planted_options(EmbeddingMethod::skipgram, true));
}
TEST(EmbeddingTrainer, CbowFindsTopics) { expect_topics_found(planted_options(EmbeddingMethod::cbow, false)); }
TEST(EmbeddingTrainer, CbowWithTreeFindsTopics) { expect_topics_found(planted_options(EmbeddingMethod::cbow, true)); }

// word_i with form 0 is to form 1 as word_j is.
double analogies_right(const PlantedText& text, const EmbeddingTable& table) {
  const auto row = [&](uint64_t thing, uint64_t form) {
    return unit_row(table, *text.vocabulary.find(fmt::format("word{}_{}", thing, form)));
  };
  int asked = 0, right = 0;
  for (uint64_t i = 0; i < 12; ++i) {
    for (uint64_t j = 0; j < 12; ++j) {
      if (i == j) continue;
      std::vector<double> wanted = row(i, 1);
      for (size_t d = 0; d < wanted.size(); ++d) wanted[d] += row(j, 0)[d] - row(i, 0)[d];
      double best = -1e9;
      std::pair<uint64_t, uint64_t> answer;
      for (uint64_t thing = 0; thing < 12; ++thing) {
        for (uint64_t form = 0; form < 2; ++form) {
          const bool in_question = (thing == i) || (thing == j && form == 0);
          const double similarity = cosine(wanted, row(thing, form));
          if (!in_question && similarity > best) best = similarity, answer = {thing, form};
        }
      }
      ++asked;
      right += answer == std::pair(j, uint64_t{1}) ? 1 : 0;
    }
  }
  return static_cast<double>(right) / asked;
}

TEST(EmbeddingTrainer, SkipgramFindsAnalogies) {
  const PlantedText text = forms();
  EXPECT_GT(analogies_right(text, train_all(text, planted_options(EmbeddingMethod::skipgram, false)).tables.input),
            0.9);
}

TEST(EmbeddingTrainer, CbowFindsAnalogies) {
  const PlantedText text = forms();
  EXPECT_GT(analogies_right(text, train_all(text, planted_options(EmbeddingMethod::cbow, false)).tables.input), 0.9);
}

// --- the same bits ---

// Long enough for several chunks, with the frequent words that text has.
PlantedText zipf_text() {
  Rng rng(6);
  std::vector<std::vector<std::string>> sentences(3000);
  for (auto& sentence : sentences) {
    for (uint64_t k = 0, words = 1 + rng.below(30); k < words; ++k) {
      sentence.push_back(fmt::format("w{}", static_cast<int>(400.0 * std::pow(rng.uniform(), 3.0))));
    }
  }
  return planted(sentences);
}

std::vector<EmbeddingOptions> every_kind() {
  std::vector<EmbeddingOptions> kinds;
  for (const EmbeddingMethod method : {EmbeddingMethod::skipgram, EmbeddingMethod::cbow}) {
    for (const bool hierarchical : {false, true}) {
      for (const int max_n : {0, 4}) {
        EmbeddingOptions options;
        options.method = method;
        options.hierarchical_softmax = hierarchical;
        options.dim = 20;
        options.epochs = 2;
        options.min_n = max_n > 0 ? 2 : 0;
        options.max_n = max_n;
        options.buckets = 300;
        options.seed = 8;
        kinds.push_back(options);
      }
    }
  }
  return kinds;
}

bool same_bits(const EmbeddingTables& a, const EmbeddingTables& b) {
  const auto same = [](const Tensor& x, const Tensor& y) {
    return x.shape() == y.shape() && std::memcmp(x.raw(), y.raw(), x.nbytes()) == 0;
  };
  return same(a.input.padded(), b.input.padded()) && same(a.output.padded(), b.output.padded());
}

std::string kind_of(const EmbeddingOptions& options) {
  return fmt::format("{}{}{}", name_of(options.method), options.hierarchical_softmax ? " hs" : "",
                     options.has_subwords() ? " subwords" : "");
}

TEST(EmbeddingTrainer, SameBitsWithAnyNumberOfThreads) {
  const PlantedText text = zipf_text();
  const int before = num_threads();
  for (const EmbeddingOptions& options : every_kind()) {
    SCOPED_TRACE(kind_of(options));
    set_num_threads(1);
    const Learned one = train_all(text, options);
    EXPECT_GT(one.loss, 0.0);
    for (int threads = 2; threads <= std::min(3, available_threads()); ++threads) {
      set_num_threads(threads);
      const Learned several = train_all(text, options);
      EXPECT_TRUE(same_bits(one.tables, several.tables)) << threads;
      EXPECT_EQ(one.loss, several.loss) << threads;
    }
  }
  set_num_threads(before);
}

TEST(EmbeddingTrainer, AnotherSeedGivesOtherBits) {
  const PlantedText text = zipf_text();
  EmbeddingOptions options = every_kind()[0];
  const Learned one = train_all(text, options);
  options.seed = 9;
  EXPECT_FALSE(same_bits(one.tables, train_all(text, options).tables));
}

TEST(EmbeddingTrainer, GoesOnFromTheMiddleWithTheSameBits) {
  const PlantedText text = zipf_text();
  for (const EmbeddingOptions& options : every_kind()) {
    SCOPED_TRACE(kind_of(options));
    const Learned straight = train_all(text, options);
    EmbeddingTables tables = initial_tables(options, text.vocabulary);
    int64_t position = 0;
    {
      EmbeddingTrainer first(options, text.vocabulary, text.corpus, tables);
      ASSERT_GE(first.positions(), 4);
      while (first.position() < first.positions() / 2) first.step();
      position = first.position();
    }
    EmbeddingTables kept{EmbeddingTable::from_padded(tables.input.padded(), options.dim),
                         EmbeddingTable::from_padded(tables.output.padded(), options.dim)};
    EmbeddingTrainer second(options, text.vocabulary, text.corpus, kept);
    second.go_to(position);
    while (second.step()) {
    }
    EXPECT_TRUE(same_bits(straight.tables, kept));
  }
}

// --- progress, memory, wrong calls ---

TEST(EmbeddingTrainer, TheRateFallsInAStraightLine) {
  const PlantedText text = zipf_text();
  EmbeddingOptions options = every_kind()[0];
  options.lr = 0.03;
  options.min_lr = 0.01;
  EmbeddingTables tables = initial_tables(options, text.vocabulary);
  EmbeddingTrainer trainer(options, text.vocabulary, text.corpus, tables);
  EXPECT_EQ(trainer.progress().lr, 0.03);
  int64_t words_before = -1;
  do {
    const auto progress = trainer.progress();
    const double done = static_cast<double>(progress.words_done) / static_cast<double>(progress.words_total);
    EXPECT_NEAR(progress.lr, 0.03 - 0.02 * done, 1e-6);
    EXPECT_EQ(progress.epoch, trainer.position() / (trainer.positions() / 2));
    EXPECT_GT(progress.words_done, words_before);
    words_before = progress.words_done;
  } while (trainer.step());
  EXPECT_EQ(trainer.progress().words_total, 2 * text.corpus.words());
  EXPECT_EQ(trainer.progress().words_done, 2 * text.corpus.words());
  EXPECT_NEAR(trainer.progress().lr, 0.01, 1e-9);
}

TEST(EmbeddingTrainer, TheLossFalls) {
  const PlantedText text = topics();
  EmbeddingOptions options = planted_options(EmbeddingMethod::skipgram, false);
  EmbeddingTables tables = initial_tables(options, text.vocabulary);
  EmbeddingTrainer trainer(options, text.vocabulary, text.corpus, tables);
  trainer.step();
  const double first = trainer.progress().loss;
  EXPECT_LT(first, 6.0 * std::log(2.0) + 0.1);  // a word and five draws, where nothing is known yet
  while (trainer.step()) {
  }
  EXPECT_LT(trainer.progress().loss, 0.9 * first);
}

TEST(EmbeddingTrainer, SaysWhatDoesNotFit) {
  const PlantedText text = topics();
  EmbeddingOptions options = planted_options(EmbeddingMethod::skipgram, false);
  EmbeddingTables tables = initial_tables(options, text.vocabulary);
  EmbeddingTables other{EmbeddingTable(3, options.dim), tables.output};
  EXPECT_EQ(message_of([&] { EmbeddingTrainer(options, text.vocabulary, text.corpus, other); }),
            "[words] input table (40, 24) expected, got (3, 24)");
  EXPECT_THAT(message_of([&] { EmbeddingTrainer(options, text.vocabulary, EncodedCorpus(), tables); }),
              HasSubstr("a text with words of the vocabulary expected"));
  EmbeddingTrainer trainer(options, text.vocabulary, text.corpus, tables);
  EXPECT_THAT(message_of([&] { trainer.go_to(1 << 20); }), HasSubstr("does not exist"));
  options.window = 0;
  EXPECT_EQ(message_of([&] { initial_tables(options, text.vocabulary); }),
            "[words] window from 1 to 100 expected, got 0");
  EXPECT_THAT(message_of([] { embedding_method_from("skip-gram"); }), HasSubstr("skipgram"));
}

TEST(EmbeddingTable, MovesRowsTogetherInItsOwnMemory) {
  for (const int64_t dim : {1, 16, 21}) {
    EmbeddingTable table(5, dim);
    for (int64_t i = 0; i < 5; ++i) std::fill(table.row(i).begin(), table.row(i).end(), static_cast<float>(i + 1));
    const void* memory = table.data();
    const Tensor some = table.rows_as_tensor(1, 3);
    const Tensor rows = table.take();
    EXPECT_EQ(rows.raw(), memory);
    EXPECT_EQ(table.rows(), 0);
    ASSERT_EQ(rows.shape(), (Shape{5, dim}));
    for (int64_t k = 0; k < 5 * dim; ++k) EXPECT_EQ(rows.data<float>()[k], static_cast<float>(k / dim + 1));
    ASSERT_EQ(some.shape(), (Shape{2, dim}));
    EXPECT_EQ(some.data<float>()[0], 2.0f);
    EXPECT_EQ(some.data<float>()[2 * dim - 1], 3.0f);
  }
}

}  // namespace

}  // namespace latent::words
