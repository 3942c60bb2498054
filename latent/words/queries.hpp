#pragma once
// Questions to word vectors: which words are near, what fits an analogy, which word does not belong.

#include <latent/space/neighbors/neighbor_index.hpp>
#include <latent/words/word_vectors.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace latent::words {

/// A word and how near it is.
struct NearWord {
  int32_t id = 0;
  double cosine = 0.0;
  friend bool operator==(const NearWord&, const NearWord&) = default;
};

/// Answers questions by the cosine of vectors. Immutable, safe from many threads.
class WordQueries {
 public:
  /// Looks at every word for each question.
  explicit WordQueries(WordVectors words);
  /// Builds an index, which takes long and a copy of the vectors, and answers faster. @param index  its metric does not
  /// matter @throws std::invalid_argument as space::make_index()
  WordQueries(WordVectors words, const space::IndexOptions& index);

  const WordVectors& words() const { return words_; }

  /// The words nearest to a vector, nearest first; equal ones in the order of their ids. Exact unless an index was
  /// asked for. @param left_out  ids that are no answers   @throws std::invalid_argument for k < 1, another dimension
  std::vector<NearWord> nearest(std::span<const float> vector, int64_t k, std::span<const int32_t> left_out = {}) const;
  /// Those nearest to a word, without itself; an unseen word may have a vector from its n-grams.
  /// @throws UsageError for a word without a vector
  std::vector<NearWord> nearest(std::string_view word, int64_t k) const;
  /// What is to `c` as `b` is to `a`: the words nearest to b - a + c, each of length 1, without the three.
  /// @throws UsageError for words without vectors
  /// Source: Mikolov et al. 2013, arXiv:1301.3781 (3CosAdd in Levy & Goldberg 2014).
  std::vector<NearWord> analogy(std::string_view a, std::string_view b, std::string_view c, int64_t k) const;

 private:
  std::vector<NearWord> scan(std::span<const float> vector, size_t k) const;
  std::vector<NearWord> indexed(std::span<const float> vector, size_t k) const;

  WordVectors words_;
  std::unique_ptr<space::NeighborIndex> index_;
};

/// The cosine of each word with the mean of all, each of length 1: the odd one has the smallest.
/// @return one for each word, in their order   @throws UsageError for fewer than two words, or one without a vector
std::vector<double> cosines_with_mean(const WordVectors& words, const std::vector<std::string>& group);

}  // namespace latent::words
