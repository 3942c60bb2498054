#include <latent/space/maps/umap_rounds.hpp>

#include <algorithm>
#include <limits>

namespace latent::space {

namespace {

// Within a round, vertices with about as many moves are put side by side, because they walk in one vector; vectors are
// shuffled, so that threads have equal work.
void order_round(std::vector<int32_t>& vertex, int64_t begin, int64_t end, const std::vector<double>& degree, Rng rng) {
  constexpr int64_t kTogether = 16;
  const auto first = vertex.begin() + begin, last = vertex.begin() + end;
  std::stable_sort(first, last, [&](int32_t a, int32_t b) {
    return degree[static_cast<size_t>(a)] > degree[static_cast<size_t>(b)];
  });
  const int64_t whole = (end - begin) / kTogether;
  const std::vector<int32_t> sorted(first, last);
  const std::vector<int64_t> order = rng.permutation(whole);
  for (int64_t v = 0; v < whole; ++v) {
    std::copy_n(sorted.begin() + order[static_cast<size_t>(v)] * kTogether, kTogether, first + v * kTogether);
  }
}

std::vector<double> degrees(const Graph& graph) {
  std::vector<double> degree(static_cast<size_t>(graph.rows()));
  for (size_t i = 0; i < degree.size(); ++i) {
    for (int64_t e = graph.begin[i]; e < graph.begin[i + 1]; ++e) degree[i] += graph.value[static_cast<size_t>(e)];
  }
  return degree;
}

}  // namespace

UmapRounds deal_rounds(const Graph& graph, int64_t rounds, int64_t epochs, const Rng& rng) {
  const int64_t N = graph.rows();
  UmapRounds dealt;
  const std::vector<int64_t> shuffled = rng.fork(0).permutation(N);
  dealt.vertex.assign(shuffled.begin(), shuffled.end());
  const std::vector<double> degree = degrees(graph);
  for (int64_t r = 0; r < rounds; ++r) {
    const int64_t begin = N * r / rounds, end = N * (r + 1) / rounds;
    dealt.begin.push_back(begin);
    order_round(dealt.vertex, begin, end, degree, rng.fork(static_cast<uint64_t>(r) + 1));
  }
  dealt.begin.push_back(N);
  dealt.place.resize(dealt.vertex.size());
  for (size_t p = 0; p < dealt.vertex.size(); ++p) {
    dealt.place[static_cast<size_t>(dealt.vertex[p])] = static_cast<int32_t>(p);
  }
  const float largest = graph.value.empty() ? 1.0f : *std::max_element(graph.value.begin(), graph.value.end());
  const float least = largest / static_cast<float>(epochs);
  dealt.graph.begin.push_back(0);
  for (const int32_t vertex : dealt.vertex) {
    const auto v = static_cast<size_t>(vertex);
    for (auto e = static_cast<size_t>(graph.begin[v]); e < static_cast<size_t>(graph.begin[v + 1]); ++e) {
      if (graph.value[e] < least) continue;
      dealt.graph.column.push_back(dealt.place[static_cast<size_t>(graph.column[e])]);
      dealt.graph.value.push_back(graph.value[e]);
      dealt.schedule.rate.push_back(graph.value[e] / largest);
    }
    dealt.graph.begin.push_back(static_cast<int64_t>(dealt.graph.column.size()));
  }
  dealt.schedule.phase.resize(dealt.schedule.rate.size());
  rng.fork(static_cast<uint64_t>(rounds) + 1).uniform(dealt.schedule.phase);
  return dealt;
}

MoveLists::MoveLists(std::span<const int64_t> first, int64_t dims)
    : dims_(dims), first_(first.size() - 1), moves_(first.size() - 1) {
  const int64_t entries = first.back() - first.front();
  LATENT_CHECK(entries < std::numeric_limits<int32_t>::max(),
               "[umap] fewer than 2^31 moves in a round expected, got {}", entries);
  for (size_t v = 0; v + 1 < first.size(); ++v) first_[v] = static_cast<int32_t>(first[v] - first.front());
  targets_.resize(static_cast<size_t>(entries) + 1);  // one more, so that there is something to look at
  places_.resize(first_.size() * static_cast<size_t>(dims));
}

void MoveLists::fill(std::span<const int64_t> first, const PullSchedule& schedule, std::span<const int32_t> neighbor,
                     int64_t n, int64_t begin, int64_t end) {
  for (auto v = static_cast<size_t>(begin); v < static_cast<size_t>(end); ++v) {
    int32_t* target = targets_.data() + first_[v];
    for (auto e = static_cast<size_t>(first[v]); e < static_cast<size_t>(first[v + 1]); ++e) {
      *target = neighbor[e];  // kept if it is due: without a branch that cannot be foreseen
      target += schedule.due(e, n) ? 1 : 0;
    }
    moves_[v] = static_cast<int32_t>(target - targets_.data()) - first_[v];
  }
}

kernels::UmapVertices MoveLists::vertices(int64_t begin, int64_t end, int64_t first_id, int64_t id_step) {
  return {.count = end - begin,
          .first_id = first_id,
          .id_step = id_step,
          .first = first_.data() + begin,
          .moves = moves_.data() + begin,
          .targets = targets_.data(),
          .places = places_.data() + begin * dims_};
}

}  // namespace latent::space
