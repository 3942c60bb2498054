#pragma once
// Private to space/: the order in which UMAP's edges pull.

#include <latent/core/rng.hpp>
#include <latent/kernels/umap.hpp>
#include <latent/space/maps/detail/umap_schedule.hpp>
#include <latent/space/maps/umap_graph.hpp>

#include <span>
#include <vector>

namespace latent::space {

/// The edges of a graph, each of them once, sorted into matchings: no vertex is in two edges of a matching, so that the
/// edges of a matching can move both of their ends at the same time.
struct UmapMatchings {
  std::vector<int64_t> begin;       ///< the first edge of each matching, and the number of edges
  std::vector<int32_t> one, other;  ///< the ends of each edge
  PullSchedule schedule;            ///< when each edge pulls

  int64_t size() const { return static_cast<int64_t>(begin.size()) - 1; }
  int64_t edges_of(int64_t matching) const {
    return begin[static_cast<size_t>(matching) + 1] - begin[static_cast<size_t>(matching)];
  }
};

/// Edges in random order each take the first matching that has neither of their ends: at most 2 d - 1 matchings, where
/// d is the largest number of edges of a vertex. An edge of weight w pulls in w / w_max of the visits; edges that would
/// pull less than once in `epochs` visits are left out.
UmapMatchings match_edges(const Graph& graph, int64_t epochs, const Rng& rng);

/// The edges of a matching that pull in a visit: memory for the largest, so that threads need not ask for any.
class DuePairs {
 public:
  explicit DuePairs(const UmapMatchings& matchings);
  /// Those among edges [begin, end) of a matching that pull in visit n, with `places` to move. The end that is pushed
  /// too, the head, changes from pull to pull. Threads may fill parts that do not overlap.
  kernels::UmapPairs fill(int64_t matching, int64_t n, int64_t begin, int64_t end, float* places);

 private:
  const UmapMatchings& matchings_;
  std::vector<int32_t> heads_, tails_;
};

}  // namespace latent::space
