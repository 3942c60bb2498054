#include <latent/words/training/huffman.hpp>

#include <latent/core/error.hpp>

#include <algorithm>
#include <numeric>

namespace latent::words {

namespace {

// Leaves 0 ... V-1 and nodes V ... 2V-2 in the order in which they are made; for each its parent and its code there.
struct HuffmanLinks {
  std::vector<int32_t> parent;
  std::vector<uint8_t> code;
};

// Both queues are ascending, so the least is at the head of one of them.
HuffmanLinks join_least(std::span<const int64_t> counts) {
  const size_t V = counts.size();
  std::vector<int32_t> leaves(V);
  std::iota(leaves.begin(), leaves.end(), 0);
  std::stable_sort(leaves.begin(), leaves.end(), [&](int32_t a, int32_t b) {
    return counts[static_cast<size_t>(a)] < counts[static_cast<size_t>(b)];
  });
  HuffmanLinks links{std::vector<int32_t>(2 * V - 1), std::vector<uint8_t>(2 * V - 1)};
  std::vector<int64_t> node_counts;
  size_t leaf = 0, node = 0;
  for (size_t made = 0; made + 1 < V; ++made) {
    int64_t sum = 0;
    for (const uint8_t code : {uint8_t{0}, uint8_t{1}}) {
      size_t least = 0;
      if (leaf < V && (node == made || counts[static_cast<size_t>(leaves[leaf])] <= node_counts[node])) {
        least = static_cast<size_t>(leaves[leaf]);
        sum += counts[least];
        ++leaf;
      } else {
        least = V + node;
        sum += node_counts[node++];
      }
      links.parent[least] = static_cast<int32_t>(V + made);
      links.code[least] = code;
    }
    node_counts.push_back(sum);
  }
  return links;
}

}  // namespace

HuffmanTree huffman_tree(std::span<const int64_t> counts) {
  const size_t V = counts.size();
  LATENT_CHECK(V >= 2, "[words] hierarchical softmax needs two words, got {}", V);
  const HuffmanLinks links = join_least(counts);
  const auto root = static_cast<int32_t>(2 * V - 2);
  HuffmanTree tree;
  tree.first.push_back(0);
  for (size_t word = 0; word < V; ++word) {
    const auto begin = static_cast<int64_t>(tree.node.size());
    for (auto at = static_cast<int32_t>(word); at != root; at = links.parent[static_cast<size_t>(at)]) {
      tree.node.push_back(links.parent[static_cast<size_t>(at)] - static_cast<int32_t>(V));
      tree.code.push_back(links.code[static_cast<size_t>(at)]);
    }
    std::reverse(tree.node.begin() + begin, tree.node.end());
    std::reverse(tree.code.begin() + begin, tree.code.end());
    tree.first.push_back(static_cast<int64_t>(tree.node.size()));
  }
  return tree;
}

}  // namespace latent::words
