#pragma once
// The distribution that negative samples come from.

#include <latent/words/vocabulary.hpp>

#include <cstdint>
#include <vector>

namespace latent::words {

/// Words in proportion to count^exponent, one 64-bit number each: Vose's alias table, exact to 2^-32 of a column's
/// share. Immutable, safe from many threads. Source: Mikolov et al. 2013, arXiv:1310.4546, section 2.2; Vose 1991.
class NoiseDistribution {
 public:
  /// Words that were never counted are never drawn, unless none was: then all alike.
  /// @throws std::invalid_argument for an empty vocabulary
  NoiseDistribution(const Vocabulary& vocabulary, double exponent);

  int32_t draw(uint64_t bits) const {
    const Column& column = columns_[static_cast<size_t>(((bits >> 32) * columns_.size()) >> 32)];
    return static_cast<uint32_t>(bits) < column.threshold ? column.word : column.alias;
  }

 private:
  struct Column {
    uint32_t threshold;  // of 2^32: the share of the column that is its own word's
    int32_t word, alias;
  };
  std::vector<Column> columns_;
};

}  // namespace latent::words
