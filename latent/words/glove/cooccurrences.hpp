#pragma once
// How often words stand near each other: what GloVe is trained on.

#include <latent/core/word_pair.hpp>
#include <latent/words/encoded_corpus.hpp>

#include <array>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

namespace latent::words {

/// Counts of pairs of words, each pair once, in the blocks of a grid: words are dealt out to kParts parts as if at
/// random, and block (a, b), a <= b, holds the pairs of a word of part a with one of part b, in random order. In
/// memory, or in a mapped file that is gone with the last copy. Copying is cheap. Immutable, safe from many threads.
class Cooccurrences {
 public:
  static constexpr int64_t kParts = 32;

  Cooccurrences() = default;
  /// Pairs of different words, and of a word with itself.
  int64_t pairs() const { return static_cast<int64_t>(pairs_.size()); }
  /// `first` is of part a, `second` of part b. Of pairs within a part, `first` is the smaller id.
  std::span<const WordPair> block(int64_t a, int64_t b) const {
    const auto at = static_cast<size_t>(a * kParts + b);
    return pairs_.subspan(static_cast<size_t>(begin_[at]), static_cast<size_t>(begin_[at + 1] - begin_[at]));
  }
  /// The part of a word.
  static int64_t part_of(int32_t word);
  /// Whether counts went to disk on the way or lie there now, because they would have taken more memory than they may.
  bool is_spilled() const { return runs_ > 0 || file_ != nullptr; }
  int64_t words() const { return words_; }

 private:
  friend class CooccurrenceMerger;
  friend Cooccurrences count_cooccurrences(std::span<const int32_t>, int64_t, const struct CooccurrenceOptions&);
  std::span<const WordPair> pairs_;
  std::vector<int64_t> begin_ = std::vector<int64_t>(static_cast<size_t>(kParts * kParts + 1));
  std::shared_ptr<const std::vector<WordPair>> memory_;
  std::shared_ptr<const MappedFile> file_;
  int64_t words_ = 0, runs_ = 0;
};

struct CooccurrenceOptions {
  int64_t window = 10;                 ///< words on each side; 1 to 100
  bool distance_weighting = true;      ///< words at distance d count as 1/d, otherwise as 1
  int64_t memory = int64_t{2} << 30;   ///< bytes that counting may take; what is more goes to disk
  std::filesystem::path folder = ".";  ///< where temporary files stand
  uint64_t seed = 0;                   ///< seed of the order of pairs
};

/// Counts a text. A pair counts in both directions alike (symmetric windows), within a sentence. Weights are whole
/// 2^-24, so sums are exact, and the same for any number of threads and any memory.
/// @param ids  as EncodedCorpus::ids()   @param words  size of the vocabulary, at most 2^27
/// @throws IoError if a temporary file cannot be written: nothing is left of it then; std::invalid_argument for options
/// out of range or ids that are no words
/// Source: Pennington et al. 2014, section 4.2.
Cooccurrences count_cooccurrences(std::span<const int32_t> ids, int64_t words, const CooccurrenceOptions& options = {});

}  // namespace latent::words
