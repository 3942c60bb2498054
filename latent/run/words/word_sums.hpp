#pragma once
// Sums of word vectors: "king - man + woman".

#include <latent/words/word_vectors.hpp>

#include <string>
#include <vector>

namespace latent {

struct WordTerm {
  std::string word;
  double factor = 1.0;
};
/// Words with signs and factors between spaces: "king - man + woman", "0.5 * paris + 0.5 * rome".
/// @throws UsageError for other texts
std::vector<WordTerm> word_sum_from(const std::string& text);
/// The sum, each word's vector made of length 1 first. @throws UsageError for words without vectors
std::vector<float> sum_of_words(const words::WordVectors& words, const std::vector<WordTerm>& terms);

}  // namespace latent
