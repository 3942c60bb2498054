#pragma once
// From a text as ids to the windows that a model learns from.

#include <latent/words/subwords.hpp>
#include <latent/words/training/embedding_options.hpp>
#include <latent/words/training/huffman.hpp>
#include <latent/words/training/noise.hpp>
#include <latent/words/vocabulary.hpp>

#include <optional>
#include <span>
#include <vector>

namespace latent::words {

/// Windows of a chunk of text: input rows, whose mean is the hidden vector, and output rows with what they are to say.
/// Lists of inputs are empty where each window has one input, its word.
struct Windows {
  int64_t count = 0;
  int64_t words = 0;                  ///< words of the chunk, kept or not
  std::vector<int32_t> word;          ///< (count) the word in the middle
  std::vector<int32_t> pairs;         ///< (count) predictions that are right: neighbours (skip-gram), or 1 (CBOW)
  std::vector<int32_t> first_input;   ///< (count + 1)
  std::vector<int32_t> input;         ///< words, then vocabulary.size() + bucket
  int64_t parts = 1;                  ///< parts of the output table: see kernels::RowShare
  std::vector<int32_t> first_output;  ///< (count * parts + 1): outputs of window w in part j begin at [w * parts + j]
  std::vector<int32_t> output;        ///< words, or nodes of the Huffman tree
  std::vector<float> positive;        ///< weight of label 1
  std::vector<float> weight;          ///< weight of both labels
};

/// Cuts a text into chunks and draws their windows. What is drawn depends on (seed, epoch, place in the text) alone.
///
/// As in word2vec, frequent words are left out first, with probability 1 - (sqrt(t / f) + t / f), where f is the word's
/// share of the text and t = sample, then each word's window is 1 ... window of the words left on each side within its
/// sentence. Skip-gram draws noise once for every kSharedBy neighbours of a word. A draw that is the neighbour itself
/// counts as nothing there. Windows do not reach across the ends of chunks.
class WindowSampler {
 public:
  /// Bytes that windows of a chunk and what they are drawn from take, about.
  static int64_t memory(const EmbeddingOptions& options, int64_t words);
  /// Parts of the tables of skip-gram, which are trained side by side: as many threads are of use.
  static constexpr int64_t kParts = 8;
  /// Neighbours that share draws of noise.
  static constexpr int64_t kSharedBy = 1;
  /// Ids of a chunk.
  static constexpr int64_t kChunk = int64_t{1} << 14;

  WindowSampler(const EmbeddingOptions& options, const Vocabulary& vocabulary);
  /// The text from which draw() takes chunks. @param ids  must live as long as this
  void read(std::span<const int32_t> ids) { ids_ = ids; }

  /// Chunks of an epoch.
  int64_t chunks() const;
  /// @throws std::invalid_argument for an id that is no word and no end of a sentence
  void draw(int64_t epoch, int64_t chunk, Windows& windows);

  /// The largest share that a word has of the words that are kept.
  double largest_share() const { return largest_share_; }
  /// Probability that a word is kept.
  double keep(int64_t word) const { return keep_[static_cast<size_t>(word)]; }
  /// Rows of the output table: words, or nodes.
  int64_t output_rows() const;

 private:
  struct Kept {      // a word that is left, or the end of a sentence
    int32_t id = 0;  // kSentenceEnd
    int32_t reach = 0;
    uint64_t noise = 0;
  };
  struct Place {  // a window among the words kept
    int32_t at = 0, first = 0, last = 0;
  };

  void keep_words(int64_t epoch, std::span<const int32_t> ids, int64_t begin);
  void place_windows(Windows& windows);
  void fill(int64_t begin, int64_t end, Windows& windows) const;
  struct Outputs {  // of one window
    std::vector<int32_t> row;
    std::vector<float> positive, weight;
    void clear();
    void add(int32_t to, float label, float counts);
  };
  void list_outputs(const Place& place, Outputs& outputs) const;
  void list_noise(const Place& place, Outputs& outputs) const;
  static void put_outputs(const Outputs& outputs, int64_t window, Windows& windows);
  void fill_inputs(const Place& place, int64_t to, Windows& windows) const;
  int64_t input_count(const Place& place) const;
  int64_t output_count(const Place& place) const;
  int64_t path_length(int32_t word) const { return tree_->length(word); }

  EmbeddingOptions options_;
  std::span<const int32_t> ids_;
  std::vector<float> keep_;
  double largest_share_ = 0.0;
  std::optional<NoiseDistribution> noise_;
  std::optional<HuffmanTree> tree_;
  std::vector<int64_t> first_subword_;  // (V + 1), with n-grams
  std::vector<int32_t> subwords_;       // V + bucket
  std::vector<Kept> draws_, kept_;
  std::vector<Place> places_;
};

}  // namespace latent::words
