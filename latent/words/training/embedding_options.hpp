#pragma once
// What learning words by their neighbours (skip-gram, CBOW) can be told.

#include <cstdint>
#include <optional>
#include <string_view>

namespace latent::words {

/// What predicts what: the word its neighbours, or their mean the word.
enum class EmbeddingMethod : uint8_t { skipgram, cbow };
/// "skipgram" or "cbow". @throws std::invalid_argument for others, with the nearest
EmbeddingMethod embedding_method_from(std::string_view name);
std::string_view name_of(EmbeddingMethod method);

struct EmbeddingOptions {
  EmbeddingMethod method = EmbeddingMethod::skipgram;
  int64_t dim = 100;                  ///< numbers of a vector; 1 to 4096
  int64_t window = 5;                 ///< words on each side, at most: each window has 1 ... window; 1 to 100
  int64_t negative = 5;               ///< draws of noise for each pair of words; 1 to 100
  bool hierarchical_softmax = false;  ///< the path in a Huffman tree instead of draws of noise
  /// Taken off the product of two vectors, which tells a pair of words from noise; none: shift_for() the text. 0 as in
  /// word2vec; a path in the tree has none.
  std::optional<double> shift = {};
  double sample = 1e-3;       ///< a word with this share of the text is kept with probability 1; 0: all are
  double ns_exponent = 0.75;  ///< noise is drawn in proportion to count^ns_exponent; -1 to 1
  double lr = 0.0;            ///< 0: 0.025 for skip-gram, 0.05 for CBOW, as word2vec
  double min_lr = 1e-4;       ///< falls to this in a straight line; below lr
  int64_t epochs = 5;
  int min_n = 0, max_n = 0;     ///< lengths of n-grams of characters; 0: none
  int64_t buckets = 2'000'000;  ///< rows that n-grams share
  uint64_t seed = 0;

  bool has_subwords() const { return max_n > 0; }
  double first_lr() const;
  /// The shift for a text of so many words: `shift` where it is given, else log(negative) + 1 up to 4 million words, 0
  /// from 10 million on (docs/models/words.md has figures), between them in proportion to the logarithm.
  double shift_for(int64_t words) const;
};

/// @throws std::invalid_argument for an option out of range
void check(const EmbeddingOptions& options);

}  // namespace latent::words
