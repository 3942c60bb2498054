#pragma once
// The moves of UMAP's stochastic gradient, one vertex or edge at a time: the plain version.

#include <latent/kernels/umap.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace latent::kernels {

// One step of `place` towards `target` or away from it, times alpha. (dims)
inline std::array<float, 3> umap_step_plain(const UmapRound& round, const float* place, const float* target,
                                            bool pull) {
  constexpr double kMostStep = 4.0;
  std::array<float, 3> step = {};
  double square = 0.0;
  for (int64_t d = 0; d < round.dims; ++d) square += std::pow(double{place[d]} - target[d], 2);
  if (square == 0.0) return step;
  const double power = round.a * std::pow(square, round.b);
  const double slope =
      pull ? -2.0 * round.b * power / (square * (1.0 + power)) : 2.0 * round.b / ((0.001 + square) * (1.0 + power));
  for (int64_t d = 0; d < round.dims; ++d) {
    const double move = std::clamp(slope * (double{place[d]} - target[d]), -kMostStep, kMostStep);
    step[static_cast<size_t>(d)] = static_cast<float>(round.alpha * move);
  }
  return step;
}

inline void umap_push_plain(const UmapRound& round, float* place, int64_t id, int64_t draw) {
  const int64_t other = umap_draw(round, id, draw);
  if (other == id) return;
  const std::array<float, 3> step = umap_step_plain(round, place, round.others + other * round.dims, false);
  for (int64_t d = 0; d < round.dims; ++d) place[d] += step[static_cast<size_t>(d)];
}

inline void umap_pairs_plain(const UmapRound& round, const UmapPairs& pairs) {
  for (int64_t e = 0; e < pairs.count; ++e) {
    float* head = pairs.places + pairs.heads[e] * round.dims;
    float* tail = pairs.places + pairs.tails[e] * round.dims;
    const std::array<float, 3> step = umap_step_plain(round, head, tail, true);
    for (int64_t d = 0; d < round.dims; ++d) {
      head[d] += step[static_cast<size_t>(d)];
      tail[d] -= step[static_cast<size_t>(d)];
    }
    const auto draws = static_cast<int64_t>(round.negatives);
    for (int64_t t = 0; t < draws; ++t) umap_push_plain(round, head, pairs.heads[e], t);
  }
}

inline void umap_moves_plain(const UmapRound& round, const UmapVertices& vertices) {
  for (int64_t v = 0; v < vertices.count; ++v) {
    float* place = vertices.places + v * round.dims;
    const int64_t id = vertices.first_id + v * vertices.id_step;
    int64_t draw = 0;
    for (int32_t m = 0; m < vertices.moves[v]; ++m) {
      const float* target = round.others + vertices.targets[vertices.first[v] + m] * round.dims;
      const std::array<float, 3> step = umap_step_plain(round, place, target, true);
      for (int64_t d = 0; d < round.dims; ++d) place[d] += step[static_cast<size_t>(d)];
      const auto until = static_cast<int64_t>(round.negatives * static_cast<float>(m + 1));
      for (; draw < until; ++draw) umap_push_plain(round, place, id, draw);
    }
  }
}

}  // namespace latent::kernels
