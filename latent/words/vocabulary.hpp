#pragma once
// The words that a model knows, by number.

#include <latent/core/tensor.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latent::words {

/// A list of different words with their counts. Ids are 0 ... size() - 1. Words are bytes, most often UTF-8. Copying is
/// cheap: copies share one list, which may lie in a mapped file. Immutable, safe from many threads.
class Vocabulary {
 public:
  /// No words.
  Vocabulary();
  /// Words of a text in the order of falling counts; equal counts in the order of their bytes.
  /// @throws std::invalid_argument for a word that is empty or there twice, or a count below 1
  static Vocabulary by_count(std::vector<std::pair<std::string, int64_t>> words);
  /// Words in the order given, as a file of vectors has them. @param counts  one for each, or empty: not known
  /// @throws std::invalid_argument for a word that is there twice, another number of counts, or one below 0
  static Vocabulary in_order(const std::vector<std::string>& words, const std::vector<int64_t>& counts = {});
  /// Words as a model file holds them, which are looked into, not copied.
  /// @param bytes  (B) u8, all words after one another   @param ends  (V) i64, where each ends in `bytes`
  /// @param counts  (V) i64
  /// Where a word is there twice, find() knows the first one; counts below 0 count as 0.
  /// @throws std::invalid_argument for other shapes or types, or ends that are not ascending up to B
  static Vocabulary from_tensors(const Tensor& bytes, const Tensor& ends, const Tensor& counts);

  int64_t size() const;
  std::string_view word(int64_t id) const;
  /// How often the word stood in the text; 0 where the file said nothing.
  int64_t count(int64_t id) const;
  /// Sum of all counts; added up at each call.
  int64_t total() const;
  std::optional<int32_t> find(std::string_view word) const;
  /// Words that look like `word`, the nearest first (Damerau-Levenshtein on characters, small and capital ASCII letters
  /// alike), then the more frequent; those of which no more than a third differs. At most `most`.
  std::vector<std::string> near_spellings(std::string_view word, int64_t most) const;

  /// What from_tensors() takes. The memory is shared.
  const Tensor& bytes() const;
  const Tensor& ends() const;
  const Tensor& counts() const;
  /// Bytes of memory that a list of so many words takes, with the table by which they are found.
  static int64_t memory_of(int64_t words, int64_t word_bytes);

 private:
  struct List;
  explicit Vocabulary(std::shared_ptr<const List> list) : list_(std::move(list)) {}
  std::shared_ptr<const List> list_;
};

}  // namespace latent::words
