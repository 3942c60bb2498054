#pragma once
// The tree of hierarchical softmax.

#include <cstdint>
#include <span>
#include <vector>

namespace latent::words {

/// Paths from the root of a Huffman tree to its leaves, the words: a word of count c has a path of about
/// log2(total / c) nodes. There are V - 1 nodes; node V - 2 is the root.
struct HuffmanTree {
  std::vector<int64_t> first;  ///< (V + 1) where in the lists below the path of a word begins
  std::vector<int32_t> node;   ///< nodes of the path, from the root
  std::vector<uint8_t> code;   ///< which way the path goes there: 0 or 1, as in word2vec

  int64_t length(int64_t word) const { return first[static_cast<size_t>(word) + 1] - first[static_cast<size_t>(word)]; }
};

/// Equal counts are joined in the order of their ids, leaves before nodes.
/// @param counts  (V) >= 0
/// @throws std::invalid_argument for fewer than two words
/// Source: Mikolov et al. 2013, arXiv:1301.3781, section 3; Huffman 1952.
HuffmanTree huffman_tree(std::span<const int64_t> counts);

}  // namespace latent::words
