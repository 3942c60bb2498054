// What is drawn from a text: subsampling, windows, noise, and the paths of the Huffman tree.

#include <latent/words/encoded_corpus.hpp>
#include <latent/words/training/windows.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tests/support/message_of.hpp>

#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <vector>

namespace latent::words {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Vocabulary counted(const std::vector<int64_t>& counts) {
  std::vector<std::string> words;
  for (size_t i = 0; i < counts.size(); ++i) words.push_back("w" + std::to_string(i));
  return Vocabulary::in_order(words, counts);
}

// A share that n draws are to have, within so many standard deviations of a binomial.
void expect_share(int64_t hits, int64_t n, double share) {
  constexpr double kDeviations = 5.0;
  const double spread = std::sqrt(share * (1.0 - share) / static_cast<double>(n));
  EXPECT_NEAR(static_cast<double>(hits) / static_cast<double>(n), share, kDeviations * spread + 1e-9);
}

TEST(NoiseDistribution, DrawsInProportionToAPowerOfCounts) {
  const std::vector<int64_t> counts{1000, 300, 0, 50, 7, 1};
  const NoiseDistribution noise(counted(counts), 0.75);
  double sum = 0.0;
  for (const int64_t count : counts) sum += std::pow(static_cast<double>(count), 0.75);
  std::vector<int64_t> hits(counts.size());
  constexpr int64_t kDraws = 1 << 20;
  for (uint64_t k = 0; k < kDraws; ++k)
    ++hits[static_cast<size_t>(noise.draw(k * 0x9e3779b97f4a7c15u * 0xbf58476d1ce4e5b9u))];
  for (size_t word = 0; word < counts.size(); ++word) {
    expect_share(hits[word], kDraws, std::pow(static_cast<double>(counts[word]), 0.75) / sum);
  }
}

TEST(NoiseDistribution, WithoutCountsDrawsAllAlike) {
  const NoiseDistribution noise(counted({0, 0, 0}), 0.75);
  std::set<int32_t> drawn;
  for (uint64_t k = 0; k < 64; ++k) drawn.insert(noise.draw(k << 58));
  EXPECT_THAT(drawn, ElementsAre(0, 1, 2));
}

TEST(HuffmanTree, OfFourWordsByHand) {
  // 1 + 2 = 3 (node 0); 3 + 4 = 7 (node 1); 7 + 9 = 16 (node 2, the root). The lesser one gets code 0; at 3 = 3 there
  // would be a choice.
  const HuffmanTree tree = huffman_tree(std::vector<int64_t>{9, 4, 2, 1});
  EXPECT_THAT(tree.first, ElementsAre(0, 1, 3, 6, 9));
  EXPECT_THAT(tree.node, ElementsAre(2, 2, 1, 2, 1, 0, 2, 1, 0));
  EXPECT_THAT(tree.code, ElementsAre(1, 0, 1, 0, 0, 1, 0, 0, 0));
}

TEST(HuffmanTree, IsCompleteAndShort) {
  std::vector<int64_t> counts;
  for (int64_t i = 0; i < 1000; ++i) counts.push_back(100000 / (i + 1));
  const HuffmanTree tree = huffman_tree(counts);
  double kraft = 0.0, mean = 0.0, entropy = 0.0;
  const auto total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
  for (int64_t word = 0; word < 1000; ++word) {
    const double share = static_cast<double>(counts[static_cast<size_t>(word)]) / total;
    kraft += std::pow(2.0, -static_cast<double>(tree.length(word)));
    mean += share * static_cast<double>(tree.length(word));
    entropy -= share * std::log2(share);
  }
  EXPECT_NEAR(kraft, 1.0, 1e-12);
  EXPECT_GE(mean, entropy);
  EXPECT_LT(mean, entropy + 0.1);
  EXPECT_THAT(message_of([] { huffman_tree(std::vector<int64_t>{5}); }), HasSubstr("two words"));
}

// Words with no count are all alike: a balanced tree, not a chain.
TEST(HuffmanTree, WithoutCountsIsBalanced) {
  const HuffmanTree tree = huffman_tree(std::vector<int64_t>(256, 0));
  for (int64_t word = 0; word < 256; ++word) EXPECT_EQ(tree.length(word), 8);
}

// A text of one word after the other, in sentences of 50.
std::vector<int32_t> round_robin(int32_t words, int64_t length) {
  std::vector<int32_t> ids;
  for (int64_t k = 0; k < length; ++k) {
    ids.push_back(static_cast<int32_t>(k * 7919 % words));
    if (k % 50 == 49) ids.push_back(kSentenceEnd);
  }
  return ids;
}

EmbeddingOptions plain_options() {
  EmbeddingOptions options;
  options.sample = 0.0;
  return options;
}

TEST(WindowSampler, KeepsFrequentWordsAsTheFormulaSays) {
  // Shares 0.9 and 0.1 of the text, with t = 0.05.
  EmbeddingOptions options = plain_options();
  options.sample = 0.05;
  options.epochs = 40;
  WindowSampler sampler(options, counted({9000, 1000}));
  std::vector<int32_t> ids;
  for (int64_t k = 0; k < WindowSampler::kChunk; ++k) ids.push_back(k % 10 == 0 ? 1 : 0);
  sampler.read(ids);
  const auto keep = [](double share) { return std::sqrt(0.05 / share) + 0.05 / share; };
  EXPECT_NEAR(sampler.keep(0), keep(0.9), 1e-6);
  EXPECT_NEAR(sampler.keep(1), 1.0, 1e-6);  // 1.2 by the formula
  std::map<int32_t, int64_t> kept;
  Windows windows;
  for (int64_t epoch = 0; epoch < options.epochs; ++epoch) {
    sampler.draw(epoch, 0, windows);
    for (const int32_t word : windows.word) ++kept[word];
  }
  const int64_t ones = (WindowSampler::kChunk + 9) / 10, zeros = WindowSampler::kChunk - ones;
  EXPECT_EQ(kept[1], ones * options.epochs);
  expect_share(kept[0], zeros * options.epochs, keep(0.9));
}

TEST(WindowSampler, WindowsAreEachWidthAlikeAndStayInTheirSentence) {
  EmbeddingOptions options = plain_options();
  options.window = 4;
  WindowSampler sampler(options, counted(std::vector<int64_t>(101, 10)));
  const std::vector<int32_t> ids = round_robin(101, 16000);
  sampler.read(ids);
  Windows windows;
  sampler.draw(0, 0, windows);
  ASSERT_EQ(windows.count, 16000);
  EXPECT_EQ(windows.words, 16000);
  std::map<int32_t, int64_t> widths;
  int64_t inner = 0;
  for (int64_t w = 0; w < windows.count; ++w) {
    const int64_t in_sentence = w % 50;
    EXPECT_LE(windows.pairs[static_cast<size_t>(w)],
              std::min<int64_t>(in_sentence, 4) + std::min<int64_t>(49 - in_sentence, 4));
    if (in_sentence < 4 || in_sentence > 45) continue;
    ++widths[windows.pairs[static_cast<size_t>(w)]];
    ++inner;
  }
  ASSERT_EQ(widths.size(), 4u);
  for (const int32_t width : {2, 4, 6, 8}) expect_share(widths[width], inner, 0.25);
}

// Outputs of a window of skip-gram: its neighbours, and five draws for each that are none of them.
TEST(WindowSampler, NoiseCountsFiveTimesForEachNeighbour) {
  const Vocabulary vocabulary = counted({500, 300, 100, 50, 20, 10, 5, 5, 5, 5});
  WindowSampler sampler(plain_options(), vocabulary);
  const std::vector<int32_t> ids = round_robin(10, 5000);
  sampler.read(ids);
  Windows windows;
  sampler.draw(0, 0, windows);
  const auto parts = static_cast<size_t>(windows.parts);
  double noise = 0.0, neighbours = 0.0;
  for (size_t w = 0; w < static_cast<size_t>(windows.count); ++w) {
    double labels = 0.0;
    for (int32_t i = windows.first_output[w * parts]; i < windows.first_output[(w + 1) * parts]; ++i) {
      const auto k = static_cast<size_t>(i);
      labels += windows.positive[k];
      noise += windows.weight[k] - windows.positive[k];
    }
    EXPECT_EQ(labels, windows.pairs[w]);
    neighbours += labels;
  }
  // Less what would have been the neighbour itself. Neighbours are any word here, and noise is the word k with share
  // p_k: one draw in ten of all counts as nothing.
  EXPECT_NEAR(noise / neighbours, 5.0 * 0.9, 0.1);
}

TEST(WindowSampler, DependsOnSeedEpochAndPlaceAlone) {
  const Vocabulary vocabulary = counted(std::vector<int64_t>(101, 10));
  WindowSampler sampler(plain_options(), vocabulary), other(plain_options(), vocabulary);
  const std::vector<int32_t> ids = round_robin(101, 3 * WindowSampler::kChunk);
  sampler.read(ids);
  other.read(ids);
  Windows a, b;
  sampler.draw(0, 0, a);
  sampler.draw(1, 2, a);
  other.draw(1, 2, b);
  EXPECT_EQ(a.output, b.output);
  EXPECT_EQ(a.weight, b.weight);
  other.draw(2, 2, b);
  EXPECT_NE(a.output, b.output);
  EmbeddingOptions options = plain_options();
  options.seed = 1;
  WindowSampler reseeded(options, vocabulary);
  reseeded.read(ids);
  reseeded.draw(1, 2, b);
  EXPECT_NE(a.output, b.output);
}

TEST(WindowSampler, RefusesIdsThatAreNoWords) {
  WindowSampler sampler(plain_options(), counted({5, 5}));
  const std::vector<int32_t> ids{0, 1, 2, kSentenceEnd};
  sampler.read(ids);
  Windows windows;
  EXPECT_EQ(message_of([&] { sampler.draw(0, 0, windows); }), "[words] id 2 is no word of 2, at place 2 of the text");
}

TEST(WindowSampler, CbowListsNeighboursWithTheirSubwords) {
  EmbeddingOptions options = plain_options();
  options.method = EmbeddingMethod::cbow;
  options.window = 1;
  options.min_n = options.max_n = 3;
  options.buckets = 50;
  const Vocabulary vocabulary = counted({5, 4, 3});
  WindowSampler sampler(options, vocabulary);
  const std::vector<int32_t> ids{0, 1, 2, kSentenceEnd, 2, kSentenceEnd};
  sampler.read(ids);
  Windows windows;
  sampler.draw(0, 0, windows);
  ASSERT_EQ(windows.count, 3);  // the lone word of the second sentence has no neighbours
  EXPECT_THAT(windows.word, ElementsAre(0, 1, 2));
  std::vector<int32_t> expected;
  for (const int32_t neighbour : {0, 2}) {
    expected.push_back(neighbour);
    for (const int32_t bucket : subword_buckets(vocabulary.word(neighbour), 3, 3, 50)) expected.push_back(3 + bucket);
  }
  const std::vector<int32_t> middle(windows.input.begin() + windows.first_input[1],
                                    windows.input.begin() + windows.first_input[2]);
  EXPECT_EQ(middle, expected);
  EXPECT_EQ(windows.output[static_cast<size_t>(windows.first_output[1])], 1);
  EXPECT_EQ(windows.first_output[2] - windows.first_output[1], 6);
}

}  // namespace

}  // namespace latent::words
