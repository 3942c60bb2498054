#pragma once
// How good word vectors are: analogies and similarities that people have judged.

#include <latent/words/word_vectors.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace latent::words {

/// Questions "a is to b as c is to ?" under one heading.
struct AnalogySection {
  std::string name;
  std::vector<std::vector<std::string>> questions;  ///< a, b, c and the answer
};
/// Reads questions as word2vec's questions-words.txt has them: ": name" begins a section, other lines are four words.
/// @throws DataError with the line for others, and for a file without questions; IoError
std::vector<AnalogySection> read_analogies(const std::filesystem::path& path);

struct AnalogyOptions {
  /// Only the most frequent words are looked at, as in word2vec's compute-accuracy and gensim: a question with another
  /// word is not asked, and others are no answers. 0: all words.
  int64_t restrict_vocab = 300'000;
  bool ignore_case = true;  ///< case of ASCII letters and by Unicode's simple mapping
};
struct AnalogyScore {
  std::string section;
  int64_t correct = 0, asked = 0, not_asked = 0;  ///< not asked: a word is not among those that count
  /// Share of correct answers; 0 where nothing was asked.
  double accuracy() const { return asked > 0 ? static_cast<double>(correct) / static_cast<double>(asked) : 0.0; }
};
struct AnalogyResult {
  std::vector<AnalogyScore> sections;
  AnalogyScore total, semantic, syntactic;  ///< syntactic: sections whose names begin with "gram"
  int64_t vocabulary = 0;                   ///< words that count
};
/// Answers by 3CosAdd: the nearest word to b - a + c that is none of the three, by cosine, each of length 1.
/// @throws std::invalid_argument for options out of range
AnalogyResult evaluate_analogies(const WordVectors& words, const std::vector<AnalogySection>& sections,
                                 const AnalogyOptions& options = {});

/// Two words and how similar people find them.
struct JudgedPair {
  std::string first, second;
  double score = 0.0;
};
/// Reads lines of two words and a number, between tabs, spaces, commas or semicolons; more columns do not matter, a
/// first line without number is a header, lines with '#' are remarks.
/// @throws DataError with the line for others, and for a file without pairs; IoError
std::vector<JudgedPair> read_similarities(const std::filesystem::path& path);

struct SimilarityResult {
  double spearman =
      0.0;  ///< rank correlation of cosines and judgements, ties with their mean rank; NaN where it has no meaning
  double pearson = 0.0;
  int64_t pairs = 0;              ///< both of whose words have vectors
  int64_t out_of_vocabulary = 0;  ///< pairs that were left out
};
/// @param ignore_case  words that are not there as written are looked for in small letters
SimilarityResult evaluate_similarity(const WordVectors& words, const std::vector<JudgedPair>& pairs,
                                     bool ignore_case = true);

/// Spearman's rank correlation; equal values have the mean of their ranks. NaN for fewer than two values, or where all
/// of one side are equal. @throws std::invalid_argument for other lengths
double spearman(std::span<const double> a, std::span<const double> b);

}  // namespace latent::words
