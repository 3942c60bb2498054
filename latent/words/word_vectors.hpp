#pragma once
// Words with their vectors, wherever they come from.

#include <latent/core/json.hpp>
#include <latent/core/tensor.hpp>
#include <latent/formats/file.hpp>
#include <latent/words/vocabulary.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latent::words {

/// fastText's character n-grams: what words are made of beside themselves, and unseen ones altogether.
struct Ngrams {
  int min_n = 3, max_n = 6;
  Tensor rows;       ///< (buckets, dim) f32
  Tensor word_rows;  ///< (V, dim) f32: the words' own rows, before n-grams are added
  int64_t buckets() const { return rows.dim(0); }
};

/// What a model knows of words. Copying is cheap: tensors are shared, and may lie in a mapped file.
struct WordVectors {
  Vocabulary vocabulary;
  Tensor vectors;                ///< (V, dim) f32, n-grams included
  std::optional<Ngrams> ngrams;  ///< for models with n-grams
  /// (V, dim) f32, or (V - 1, dim) for hierarchical softmax: the rows of the other layer, which training goes on from;
  /// undefined where they are not known.
  Tensor output;
  /// What is known of the training: "method", "window", ...; an object, often empty.
  Json training = Json::parse("{}");
  /// The file that vectors look into, if they do: a pass over all of them need not keep its pages in memory.
  std::shared_ptr<const MappedFile> file;

  int64_t size() const { return vocabulary.size(); }
  int64_t dim() const { return vectors.dim(1); }
};

/// Vectors of all words: the mean of a word's own row and those of its n-grams, as fastText has it. In parallel.
/// @return (V, dim) f32   @throws std::invalid_argument for shapes that do not agree
Tensor compose_vectors(const Vocabulary& vocabulary, const Ngrams& ngrams);

/// The vector of a word: its row, or of an unseen word the mean of its n-grams' rows. Nothing for unseen words of
/// models without n-grams, and for those that have no n-gram of a length that counts.
std::optional<std::vector<float>> vector_of(const WordVectors& words, std::string_view word);

/// @throws UsageError for a word that has no vector, with near spellings
std::vector<float> known_vector(const WordVectors& words, std::string_view word);
/// "'berln' is not among the 71,290 words" with advice: "near it are berlin, bern".
/// @throws UsageError always
[[noreturn]] void throw_unknown_word(const Vocabulary& vocabulary, std::string_view word);

}  // namespace latent::words
