// GloVe: counts, what is learned from them, and that it is the same bits however it is computed.

#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>
#include <latent/words/glove/glove_trainer.hpp>
#include <latent/words/glove/pair_table.hpp>

#include <sys/resource.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tests/support/message_of.hpp>
#include <tests/support/temporary_folder.hpp>

#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstring>
#include <map>
#include <vector>

namespace latent::words {

namespace {

using test::TemporaryFolder;
using testing::HasSubstr;

using PairCounts = std::map<std::pair<int32_t, int32_t>, double>;

// Each pair with the smaller id first.
PairCounts table_of(const Cooccurrences& counts) {
  PairCounts table;
  for (int64_t a = 0; a < Cooccurrences::kParts; ++a) {
    for (int64_t b = a; b < Cooccurrences::kParts; ++b) {
      for (const auto& pair : counts.block(a, b)) {
        EXPECT_EQ(Cooccurrences::part_of(pair.first), a);
        EXPECT_EQ(Cooccurrences::part_of(pair.second), b);
        const bool added = table.emplace(std::minmax(pair.first, pair.second), pair.count).second;
        EXPECT_TRUE(added) << pair.first << ' ' << pair.second;
      }
    }
  }
  EXPECT_EQ(static_cast<int64_t>(table.size()), counts.pairs());
  return table;
}

std::vector<int32_t> random_text(int64_t length, uint64_t words, uint64_t seed) {
  Rng rng(seed);
  std::vector<int32_t> ids;
  for (int64_t k = 0; k < length; ++k) {
    ids.push_back(rng.below(20) == 0 ? kSentenceEnd
                                     : static_cast<int32_t>(static_cast<double>(words) * std::pow(rng.uniform(), 2)));
  }
  ids.push_back(kSentenceEnd);
  return ids;
}

TEST(CountCooccurrences, ByHand) {
  // "a b a c" and "b c", with two words on each side: a pair at distance 2 counts a half. A word beside itself counts
  // in both directions, as in the authors' program.
  const std::vector<int32_t> ids{0, 1, 0, 2, kSentenceEnd, 1, 2, kSentenceEnd};
  const PairCounts table = table_of(count_cooccurrences(ids, 3, {.window = 2}));
  const PairCounts expected{{{0, 0}, 1.0}, {{0, 1}, 2.0}, {{0, 2}, 1.0}, {{1, 2}, 1.5}};
  EXPECT_EQ(table, expected);
}

TEST(CountCooccurrences, WithoutDistanceWeighting) {
  const std::vector<int32_t> ids{0, 1, 0, 2, kSentenceEnd};
  const PairCounts table = table_of(count_cooccurrences(ids, 3, {.window = 3, .distance_weighting = false}));
  const PairCounts expected{{{0, 0}, 2.0}, {{0, 1}, 2.0}, {{0, 2}, 2.0}, {{1, 2}, 1.0}};
  EXPECT_EQ(table, expected);
}

TEST(CountCooccurrences, AgreesWithCountingEveryPair) {
  const std::vector<int32_t> ids = random_text(5000, 300, 1);
  PairCounts expected;
  for (size_t at = 0; at < ids.size(); ++at) {
    for (size_t distance = 1; distance <= 5 && distance <= at && ids[at] >= 0; ++distance) {
      const int32_t other = ids[at - distance];
      if (other == kSentenceEnd) break;
      expected[std::minmax(ids[at], other)] += (other == ids[at] ? 2.0 : 1.0) / static_cast<double>(distance);
    }
  }
  const PairCounts table = table_of(count_cooccurrences(ids, 300, {.window = 5}));
  ASSERT_EQ(table.size(), expected.size());
  for (const auto& [pair, count] : expected) EXPECT_NEAR(table.at(pair), count, 1e-5 * count);
}

bool same_pairs(const Cooccurrences& a, const Cooccurrences& b) {
  for (int64_t block = 0; block < Cooccurrences::kParts * Cooccurrences::kParts; ++block) {
    const auto x = a.block(block / Cooccurrences::kParts, block % Cooccurrences::kParts);
    const auto y = b.block(block / Cooccurrences::kParts, block % Cooccurrences::kParts);
    if (x.size() != y.size() || std::memcmp(x.data(), y.data(), x.size_bytes()) != 0) return false;
  }
  return true;
}

TEST(CountCooccurrences, SameWithAnyThreadsAndAnyMemory) {
  const TemporaryFolder folder;
  const std::vector<int32_t> ids = random_text(40000, 2000, 2);
  const int before = num_threads();
  set_num_threads(1);
  const Cooccurrences one = count_cooccurrences(ids, 2000, {.folder = folder.path()});
  EXPECT_FALSE(one.is_spilled());
  for (int threads = 1; threads <= std::min(3, available_threads()); ++threads) {
    set_num_threads(threads);
    EXPECT_TRUE(same_pairs(one, count_cooccurrences(ids, 2000, {.folder = folder.path()})));
    const Cooccurrences spilled = count_cooccurrences(ids, 2000, {.memory = 1 << 18, .folder = folder.path()});
    EXPECT_TRUE(spilled.is_spilled());
    EXPECT_TRUE(same_pairs(one, spilled));
  }
  set_num_threads(before);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

// A limit on file sizes fails in the middle of a write, as a full disk does.
TEST(CountCooccurrences, AFullDiskEndsInOneLineAndLeavesNothing) {
  const TemporaryFolder folder;
  const std::vector<int32_t> ids = random_text(40000, 2000, 3);
  const auto handler_before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 200'000;
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string message =
      message_of<IoError>([&] { count_cooccurrences(ids, 2000, {.memory = 1 << 18, .folder = folder.path()}); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler_before);
  EXPECT_EQ(message, folder.path().string() + ": cannot write counts of pairs of words: File too large");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(CountCooccurrences, NamesAFolderThatIsNotThere) {
  const std::vector<int32_t> ids = random_text(40000, 2000, 3);
  EXPECT_THAT(message_of<IoError>([&] { count_cooccurrences(ids, 2000, {.memory = 1 << 18, .folder = "/nowhere"}); }),
              HasSubstr("/nowhere/pairs: cannot create"));
}

TEST(CountCooccurrences, RefusesIdsThatAreNoWords) {
  const std::vector<int32_t> ids{0, 1, 2, kSentenceEnd};
  EXPECT_EQ(message_of([&] { count_cooccurrences(ids, 2); }), "[glove] id 2 is no word of 2, at place 2 of the text");
  EXPECT_THAT(message_of([&] { count_cooccurrences(ids, 3, {.window = 0}); }), HasSubstr("window from 1 to 100"));
}

// --- training ---

GloveOptions planted_glove() {
  GloveOptions options;
  options.dim = 20;
  options.iterations = 30;
  options.seed = 5;
  return options;
}

TEST(GloveTrainer, ProductsBecomeLogarithmsOfCounts) {
  const std::vector<int32_t> ids = random_text(60000, 40, 4);
  const Cooccurrences counts = count_cooccurrences(ids, 40);
  GloveOptions options = planted_glove();
  options.iterations = 100;
  GloveTables tables = initial_tables(options, 40);
  GloveTrainer trainer(options, counts, tables);
  trainer.step();
  const double first = trainer.progress().loss;
  while (trainer.step()) {
  }
  EXPECT_LT(trainer.progress().loss, 0.01 * first);
  const auto bias = static_cast<size_t>(2 * EmbeddingTable::stride_of(options.dim));
  for (const auto& [pair, count] : table_of(counts)) {
    const auto word = tables.words.row(pair.first), context = tables.contexts.row(pair.second);
    double f = word[bias] + context[bias];
    for (size_t d = 0; d < 20; ++d) f += word[d] * context[d];
    if (count <= 200.0) continue;
    EXPECT_NEAR(f, std::log(count), 0.3) << pair.first << ' ' << pair.second;
  }
}

// Four topics of ten words each: vectors of one topic are nearer to each other than to all others.
TEST(GloveTrainer, FindsTopics) {
  Rng rng(8);
  std::vector<int32_t> ids;
  for (int sentence = 0; sentence < 3000; ++sentence) {
    const uint64_t topic = rng.below(4);
    for (int k = 0; k < 8; ++k) {
      const bool astray = rng.below(20) == 0;  // so that pairs of different topics are met at all
      ids.push_back(static_cast<int32_t>(10 * (astray ? rng.below(4) : topic) + rng.below(10)));
    }
    ids.push_back(kSentenceEnd);
  }
  const GloveOptions options = planted_glove();
  GloveTables tables = initial_tables(options, 40);
  GloveTrainer trainer(options, count_cooccurrences(ids, 40), tables);
  while (trainer.step()) {
  }
  const Tensor vectors = vectors_of(options, tables);
  const auto similarity = [&](int64_t i, int64_t j) {
    double product = 0.0, a = 0.0, b = 0.0;
    for (int64_t d = 0; d < 20; ++d) {
      const double x = vectors.data<float>()[i * 20 + d], y = vectors.data<float>()[j * 20 + d];
      product += x * y, a += x * x, b += y * y;
    }
    return product / std::sqrt(a * b);
  };
  for (int64_t i = 0; i < 40; ++i) {
    double stranger = -1.0, together = 1.0;
    for (int64_t j = 0; j < 40; ++j) {
      if (i / 10 == j / 10 && i != j) together = std::min(together, similarity(i, j));
      if (i / 10 != j / 10) stranger = std::max(stranger, similarity(i, j));
    }
    EXPECT_GT(together, stranger) << i;
  }
}

bool same_bits_of(const GloveTables& a, const GloveTables& b) {
  return std::memcmp(a.words.padded().raw(), b.words.padded().raw(), a.words.padded().nbytes()) == 0 &&
         std::memcmp(a.contexts.padded().raw(), b.contexts.padded().raw(), a.contexts.padded().nbytes()) == 0;
}

TEST(GloveTrainer, SameBitsWithAnyThreadsAndFromTheMiddle) {
  const std::vector<int32_t> ids = random_text(30000, 500, 6);
  const Cooccurrences counts = count_cooccurrences(ids, 500);
  GloveOptions options = planted_glove();
  options.iterations = 3;
  const int before = num_threads();
  set_num_threads(1);
  GloveTables one = initial_tables(options, 500);
  GloveTrainer straight(options, counts, one);
  while (straight.step()) {
  }
  for (int threads = 1; threads <= std::min(3, available_threads()); ++threads) {
    set_num_threads(threads);
    GloveTables tables = initial_tables(options, 500);
    GloveTrainer first(options, counts, tables);
    while (first.position() < 40) first.step();
    EXPECT_EQ(first.progress().iteration, 1);
    GloveTables kept{EmbeddingTable::from_padded(tables.words.padded(), tables.words.dim()),
                     EmbeddingTable::from_padded(tables.contexts.padded(), tables.contexts.dim())};
    GloveTrainer second(options, counts, kept);
    second.go_to(40);
    EXPECT_EQ(second.progress().pairs_done, first.progress().pairs_done);
    while (second.step()) {
    }
    EXPECT_EQ(second.progress().pairs_done, second.progress().pairs_total);
    EXPECT_EQ(second.progress().loss, straight.progress().loss);
    EXPECT_TRUE(same_bits_of(one, kept)) << threads;
  }
  set_num_threads(before);
}

TEST(GloveTrainer, SaysWhatDoesNotFit) {
  const std::vector<int32_t> ids{0, 1, kSentenceEnd};
  const Cooccurrences counts = count_cooccurrences(ids, 2);
  GloveOptions options;
  GloveTables tables = initial_tables(options, 3);
  EXPECT_EQ(message_of([&] { GloveTrainer(options, counts, tables); }),
            "[glove] tables (2, 240) expected, got (3, 240)");
  GloveTables two = initial_tables(options, 2);
  const std::vector<int32_t> lonely{0, kSentenceEnd, 1, kSentenceEnd};
  EXPECT_THAT(message_of([&] { GloveTrainer(options, count_cooccurrences(lonely, 2), two); }),
              HasSubstr("side by side"));
  options.x_max = 0.0;
  EXPECT_EQ(message_of([&] { initial_tables(options, 2); }), "[glove] x_max > 0 expected, got 0");
}

}  // namespace

}  // namespace latent::words
