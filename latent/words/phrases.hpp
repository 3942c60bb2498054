#pragma once
// Words that stand together more often than chance lets them, joined to one: "new york" -> "new_york".

#include <latent/text/corpus.hpp>
#include <latent/words/vocabulary.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace latent::words {

struct PhraseOptions {
  int64_t passes = 0;        ///< two make phrases of up to four words, and so on
  double threshold = 100.0;  ///< the score from which two words are joined; a higher one makes fewer phrases
  int64_t min_count = 5;     ///< least count of each word and of the pair
  int64_t memory = 0;        ///< bytes for counting pairs; beyond, the rarest are forgotten. 0: as many as it takes
};

/// Pairs of words to join, for each pass. Copying is cheap. Immutable, safe from many threads.
class Phrases {
 public:
  using Pair = std::pair<std::string, std::string>;
  using Passes = std::vector<std::vector<Pair>>;
  /// None.
  Phrases() = default;
  /// @param passes  the pairs of each pass; words of later ones may be phrases of earlier ones
  explicit Phrases(const Passes& passes);

  bool empty() const { return passes_.empty(); }
  /// The pairs, pass by pass, in the order of their bytes.
  Passes pairs() const;
  /// Joins the words of a text with '_', from left to right, pass after pass. A pair does not reach over the end of a
  /// sentence; a word that was joined to the one before it is not joined to the next in the same pass.
  text::Tokens join(text::Tokens tokens) const;

 private:
  struct Pass;
  std::vector<std::shared_ptr<const Pass>> passes_;
};

/// Finds phrases by score = (count(ab) - min_count) / (count(a) count(b)) * words, those above the threshold.
/// @param progress  as for count_words(); each pass reads the text twice
/// @throws std::invalid_argument for options out of range; as count_words()
/// Source: Mikolov et al. 2013, arXiv:1310.4546, section 4, as word2phrase of word2vec counts.
Phrases find_phrases(const text::Corpus& corpus, const PhraseOptions& options,
                     const std::function<bool(const text::CorpusPass&)>& progress = {});

}  // namespace latent::words
