// The order of UMAP's edges: each once, in matchings, as often as its weight says.
#include <latent/core/rng.hpp>
#include <latent/space/maps/detail/umap_matchings.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace latent::space {
namespace {

// Vertex 0 is everybody's neighbour; the others have few. Weights fall from 1.
Graph graph_with_a_hub(int64_t N) {
  std::vector<std::set<int32_t>> neighbors(static_cast<size_t>(N));
  Rng rng(1);
  const auto connect = [&](int64_t a, int64_t b) {
    if (a == b) return;
    neighbors[static_cast<size_t>(a)].insert(static_cast<int32_t>(b));
    neighbors[static_cast<size_t>(b)].insert(static_cast<int32_t>(a));
  };
  for (int64_t i = 1; i < N; ++i) {
    connect(0, i);
    for (int j = 0; j < 3; ++j) connect(i, static_cast<int64_t>(rng.below(static_cast<uint64_t>(N))));
  }
  Graph graph;
  graph.begin.push_back(0);
  for (int64_t i = 0; i < N; ++i) {
    for (const int32_t j : neighbors[static_cast<size_t>(i)]) {
      graph.column.push_back(j);
      graph.value.push_back(1.0f / static_cast<float>(1 + (i + j) % 7));
    }
    graph.begin.push_back(static_cast<int64_t>(graph.column.size()));
  }
  return graph;
}

TEST(UmapMatchings, EachEdgeOnceAndNoVertexTwice) {
  const int64_t N = 150;
  const Graph graph = graph_with_a_hub(N);
  const UmapMatchings matchings = match_edges(graph, 100, Rng(2));
  std::set<std::pair<int32_t, int32_t>> seen;
  for (int64_t m = 0; m < matchings.size(); ++m) {
    std::set<int32_t> vertices;
    for (auto e = static_cast<size_t>(matchings.begin[static_cast<size_t>(m)]);
         e < static_cast<size_t>(matchings.begin[static_cast<size_t>(m) + 1]); ++e) {
      const int32_t one = matchings.one[e], other = matchings.other[e];
      EXPECT_TRUE(vertices.insert(one).second && vertices.insert(other).second) << "matching " << m;
      EXPECT_TRUE(seen.insert(std::minmax(one, other)).second);
      EXPECT_FLOAT_EQ(matchings.schedule.rate[e], 1.0f / static_cast<float>(1 + (one + other) % 7));
    }
    EXPECT_GT(matchings.edges_of(m), 0);
  }
  EXPECT_EQ(2 * seen.size(), graph.column.size());
  EXPECT_GE(matchings.size(), N - 1);  // the hub is in each
  EXPECT_LE(matchings.size(), 2 * (N - 1) - 1);
}

TEST(UmapMatchings, EdgesPullAsOftenAsTheirWeightSaysAndBothEndsAreHeads) {
  const Graph graph = graph_with_a_hub(40);
  const UmapMatchings matchings = match_edges(graph, 100, Rng(2));
  DuePairs due(matchings);
  constexpr int64_t kVisits = 70;
  std::vector<int64_t> as_head(40, 0), as_tail(40, 0);
  std::vector<double> expected(40, 0.0);
  for (int64_t m = 0; m < matchings.size(); ++m) {
    for (int64_t n = 1; n <= kVisits; ++n) {
      const kernels::UmapPairs pairs = due.fill(m, n, 0, matchings.edges_of(m), nullptr);
      for (int64_t e = 0; e < pairs.count; ++e) {
        ++as_head[static_cast<size_t>(pairs.heads[e])];
        ++as_tail[static_cast<size_t>(pairs.tails[e])];
      }
    }
  }
  std::vector<int64_t> edges(40, 0);
  for (size_t e = 0; e < matchings.one.size(); ++e) {
    for (const int32_t end : {matchings.one[e], matchings.other[e]}) {
      expected[static_cast<size_t>(end)] += kVisits * double{matchings.schedule.rate[e]};
      ++edges[static_cast<size_t>(end)];
    }
  }
  for (size_t v = 0; v < 40; ++v) {
    const auto most = static_cast<double>(edges[v]);  // each edge within one pull of its share
    EXPECT_NEAR(static_cast<double>(as_head[v] + as_tail[v]), expected[v], most);
    EXPECT_LE(std::abs(as_head[v] - as_tail[v]), edges[v]) << v;  // heads and tails in turn
  }
}

TEST(UmapMatchings, EdgesTooRareToPullAreLeftOut) {
  Graph graph;
  graph.begin = {0, 2, 3, 4};
  graph.column = {1, 2, 0, 0};
  graph.value = {1.0f, 0.05f, 1.0f, 0.05f};
  EXPECT_EQ(match_edges(graph, 10, Rng(1)).one.size(), 1u);
  EXPECT_EQ(match_edges(graph, 30, Rng(1)).one.size(), 2u);
  graph.value.assign(4, 0.0f);
  graph.begin = {0, 0, 0, 0};
  graph.column.clear();
  graph.value.clear();
  EXPECT_EQ(match_edges(graph, 10, Rng(1)).size(), 0);
}

}  // namespace
}  // namespace latent::space
