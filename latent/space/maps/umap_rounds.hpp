#pragma once
// Private to space/: the order in which UMAP moves vertices, and how often each edge pulls.

#include <latent/core/rng.hpp>
#include <latent/kernels/umap.hpp>
#include <latent/space/maps/umap_graph.hpp>

#include <vector>

namespace latent::space {

/// How often edges pull: in n visits of their vertex floor(n rate + phase) times. Phases spread the pulls of rare edges
/// over time.
struct PullSchedule {
  std::vector<float> rate;   ///< pulls per visit, from 0 to 1
  std::vector<float> phase;  ///< in [0, 1)

  /// Whether entry `e` pulls in visit n = 1, 2, ...
  bool due(size_t e, int64_t n) const {
    const auto now = static_cast<float>(n), before = static_cast<float>(n - 1);
    return static_cast<int32_t>(now * rate[e] + phase[e]) != static_cast<int32_t>(before * rate[e] + phase[e]);
  }
};

/// A graph whose vertices were put in another order: those that move at the same time stand together.
struct UmapRounds {
  std::vector<int64_t> begin;   ///< the first vertex of each round, and N
  std::vector<int32_t> vertex;  ///< (N) which vertex of the graph stands at each place of the order
  std::vector<int32_t> place;   ///< (N) at which place each vertex of the graph stands
  Graph graph;                  ///< between places
  PullSchedule schedule;        ///< of the graph's entries
};

/// Deals the vertices to rounds at random. An edge (i, j) of weight w pulls i towards j in w / w_max of the visits
/// of i; edges that would pull less than once in `epochs` visits are left out.
UmapRounds deal_rounds(const Graph& graph, int64_t rounds, int64_t epochs, const Rng& rng);

/// The lists of moves of many vertices: memory for the largest, so that threads need not ask for any.
class MoveLists {
 public:
  /// @param first  (count + 1) of the rows of entries that may be due
  MoveLists(std::span<const int64_t> first, int64_t dims);

  /// Fills the lists of vertices [begin, end) for visit n. Entries of vertex v are first[v] .. first[v + 1].
  void fill(std::span<const int64_t> first, const PullSchedule& schedule, std::span<const int32_t> neighbor, int64_t n,
            int64_t begin, int64_t end);
  /// Vertices [begin, end), with their lists and places.
  kernels::UmapVertices vertices(int64_t begin, int64_t end, int64_t first_id, int64_t id_step);
  float* places() { return places_.data(); }

 private:
  int64_t dims_;
  std::vector<int32_t> first_, moves_, targets_;
  std::vector<float> places_;
};

}  // namespace latent::space
