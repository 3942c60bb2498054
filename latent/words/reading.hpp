#pragma once
// From a text to its vocabulary and to numbers.

#include <latent/text/corpus.hpp>
#include <latent/words/encoded_corpus.hpp>
#include <latent/words/phrases.hpp>
#include <latent/words/vocabulary.hpp>

#include <cstdint>
#include <functional>

namespace latent::words {

struct CountOptions {
  int64_t min_count = 5;  ///< words that are met less often are left out
  int64_t max_words = 0;  ///< the most frequent ones that are kept; 0: all
  /// Bytes that counting may take; beyond, the rarest words are forgotten, as in word2vec. 0: as many as it takes.
  int64_t memory = 0;
};

/// A text, counted.
struct CountedText {
  Vocabulary vocabulary;
  text::CorpusPass pass;
  int64_t different_words = 0;  ///< before the rare ones were left out
  /// Where memory was short: words that were met less often than this in the text up to some place were forgotten, so
  /// that counts of rare words may be too low. 0: none.
  int64_t forgotten_below = 0;
};

/// Told after every few megabytes; returns whether to go on.
using ReadingProgress = std::function<bool(const text::CorpusPass& so_far)>;

/// Counts the words of a text, in parallel; the result does not depend on the number of threads.
/// @param phrases  are joined first
/// @throws std::invalid_argument for options out of range; DataError for a text without words, or without one that is
///         met min_count times, and as text::Corpus::pass(); Interrupted if `progress` returned false
CountedText count_words(const text::Corpus& corpus, const CountOptions& options, const Phrases& phrases = {},
                        const ReadingProgress& progress = {});

/// The text as ids. @param writer  says where they go   @throws as count_words(), and IoError
EncodedCorpus encode_text(const text::Corpus& corpus, const Vocabulary& vocabulary, const Phrases& phrases,
                          CorpusWriter writer, const ReadingProgress& progress = {});

}  // namespace latent::words
