#include <latent/space/maps/detail/umap_matchings.hpp>

#include <algorithm>
#include <bit>
#include <numeric>

namespace latent::space {

namespace {

// The matchings that a vertex is in, a bit for each.
using Taken = std::vector<uint64_t>;

int64_t first_free(const Taken& one, const Taken& other) {
  for (size_t word = 0;; ++word) {
    const uint64_t taken = (word < one.size() ? one[word] : 0) | (word < other.size() ? other[word] : 0);
    if (~taken != 0) return static_cast<int64_t>(64 * word) + std::countr_one(taken);
  }
}

void take(Taken& taken, int64_t matching) {
  const auto word = static_cast<size_t>(matching / 64);
  if (word >= taken.size()) taken.resize(word + 1);
  taken[word] |= uint64_t{1} << (matching % 64);
}

// The matching of each edge.
std::vector<int32_t> dealt(const UmapMatchings& edges, int64_t vertices, Rng rng) {
  std::vector<int32_t> matching(edges.one.size());
  std::vector<Taken> taken(static_cast<size_t>(vertices));
  for (const int64_t edge : rng.permutation(static_cast<int64_t>(matching.size()))) {
    const auto e = static_cast<size_t>(edge);
    Taken& one = taken[static_cast<size_t>(edges.one[e])];
    Taken& other = taken[static_cast<size_t>(edges.other[e])];
    const int64_t free = first_free(one, other);
    take(one, free);
    take(other, free);
    matching[e] = static_cast<int32_t>(free);
  }
  return matching;
}

}  // namespace

UmapMatchings match_edges(const Graph& graph, int64_t epochs, const Rng& rng) {
  const float largest = graph.value.empty() ? 1.0f : *std::max_element(graph.value.begin(), graph.value.end());
  const float least = largest / static_cast<float>(epochs);
  UmapMatchings unsorted;
  for (int64_t i = 0; i < graph.rows(); ++i) {
    for (auto e = static_cast<size_t>(graph.begin[static_cast<size_t>(i)]);
         e < static_cast<size_t>(graph.begin[static_cast<size_t>(i) + 1]); ++e) {
      if (graph.column[e] <= i || graph.value[e] < least) continue;
      unsorted.one.push_back(static_cast<int32_t>(i));
      unsorted.other.push_back(graph.column[e]);
      unsorted.schedule.rate.push_back(graph.value[e] / largest);
    }
  }
  const std::vector<int32_t> matching = dealt(unsorted, graph.rows(), rng.fork(0));
  UmapMatchings edges;
  const size_t count = matching.size();
  edges.begin.assign(count == 0 ? 1 : static_cast<size_t>(*std::max_element(matching.begin(), matching.end())) + 2, 0);
  for (const int32_t m : matching) ++edges.begin[static_cast<size_t>(m) + 1];
  std::partial_sum(edges.begin.begin(), edges.begin.end(), edges.begin.begin());
  edges.one.resize(count);
  edges.other.resize(count);
  edges.schedule = {std::vector<float>(count), std::vector<float>(count)};
  std::vector<int64_t> next = edges.begin;
  for (size_t e = 0; e < count; ++e) {
    const auto at = static_cast<size_t>(next[static_cast<size_t>(matching[e])]++);
    edges.one[at] = unsorted.one[e];
    edges.other[at] = unsorted.other[e];
    edges.schedule.rate[at] = unsorted.schedule.rate[e];
  }
  rng.fork(1).uniform(edges.schedule.phase);
  return edges;
}

DuePairs::DuePairs(const UmapMatchings& matchings) : matchings_(matchings) {
  int64_t most = 0;
  for (int64_t m = 0; m < matchings.size(); ++m) most = std::max(most, matchings.edges_of(m));
  heads_.resize(static_cast<size_t>(most));
  tails_.resize(static_cast<size_t>(most));
}

kernels::UmapPairs DuePairs::fill(int64_t matching, int64_t n, int64_t begin, int64_t end, float* places) {
  const auto first = static_cast<size_t>(matchings_.begin[static_cast<size_t>(matching)]);
  auto at = static_cast<size_t>(begin);
  for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
    const size_t e = first + i;
    const int32_t before = matchings_.schedule.pulls(e, n - 1), now = matchings_.schedule.pulls(e, n);
    const bool forward = now % 2 != 0;
    heads_[at] = forward ? matchings_.one[e] : matchings_.other[e];  // kept if it is due: without a branch that
    tails_[at] = forward ? matchings_.other[e] : matchings_.one[e];  // cannot be foreseen
    at += now != before ? 1 : 0;
  }
  return {.count = static_cast<int64_t>(at) - begin,
          .heads = heads_.data() + begin,
          .tails = tails_.data() + begin,
          .places = places};
}

}  // namespace latent::space
