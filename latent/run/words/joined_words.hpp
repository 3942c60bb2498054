#pragma once
// Words of a run that belong together in pairs: capitals and countries, words and their plurals.

#include <latent/report/pictures.hpp>
#include <latent/run/run_data.hpp>

#include <string>
#include <vector>

namespace latent {

struct JoinedWords {
  RunData data;                          ///< the words of all pairs, each once, in the order of the pairs
  std::vector<report::PointPair> pairs;  ///< numbers of its samples
  std::vector<Remark> remarks;           ///< pairs of words that are not in the vocabulary
};

/// Chooses the words of pairs.
/// @param data  words, as open_data() gives them   @param text  "paris=france,rome=italy", or "@FILE": a pair on each
/// line, between blanks or a tab
/// @throws UsageError for other data, other text, or if no pair is in the vocabulary; IoError, DataError for a FILE
JoinedWords joined_words(const Run& run, const RunData& data, const std::string& text);

}  // namespace latent
