#pragma once
// The moves of UMAP's stochastic gradient, one vertex at a time: the plain version.

#include <latent/kernels/umap.hpp>

#include <algorithm>
#include <cmath>

namespace latent::kernels {

inline void umap_moves_plain(const UmapRound& round, const UmapVertices& vertices) {
  constexpr double kMostStep = 4.0;
  for (int64_t v = 0; v < vertices.count; ++v) {
    float* place = vertices.places + v * round.dims;
    const auto step = [&](int64_t other, bool pull) {
      const float* target = round.others + other * round.dims;
      double square = 0.0;
      for (int64_t d = 0; d < round.dims; ++d) square += std::pow(double{place[d]} - target[d], 2);
      if (square == 0.0) return;
      const double power = round.a * std::pow(square, round.b);
      const double slope =
          pull ? -2.0 * round.b * power / (square * (1.0 + power)) : 2.0 * round.b / ((0.001 + square) * (1.0 + power));
      for (int64_t d = 0; d < round.dims; ++d) {
        const double move = std::clamp(slope * (double{place[d]} - target[d]), -kMostStep, kMostStep);
        place[d] += static_cast<float>(round.alpha * move);
      }
    };
    const int64_t id = vertices.first_id + v * vertices.id_step;
    int64_t draw = 0;
    for (int32_t m = 0; m < vertices.moves[v]; ++m) {
      step(vertices.targets[vertices.first[v] + m], true);
      for (const auto until = static_cast<int64_t>(round.negatives * static_cast<float>(m + 1)); draw < until; ++draw) {
        const int64_t other = umap_draw(round, id, draw);
        if (other != id) step(other, false);
      }
    }
  }
}

}  // namespace latent::kernels
