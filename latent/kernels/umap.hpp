#pragma once
// The moves of UMAP's stochastic gradient: every vertex walks along its own list of neighbours.

#include <cstdint>

namespace latent::kernels {

/// What holds for all moves of a round. `others` are places that do not change during the round.
struct UmapRound {
  int64_t dims = 2;               ///< 2 or 3
  const float* others = nullptr;  ///< (num_others, dims), finite
  int64_t num_others = 0;         ///< from 1 to 2^24
  float a = 1.0f, b = 1.0f;       ///< of the curve 1 / (1 + a d^2b)
  float alpha = 1.0f;             ///< step size
  float negatives = 2.5f;         ///< draws that push, for each move that pulls; on average where it is no whole number
  uint32_t key = 0;               ///< of the draws of this round
};

/// The vertices that move. Vertex v draws as number first_id + v * id_step; a draw of a row of `others` with that
/// number pushes nobody.
struct UmapVertices {
  int64_t count = 0;
  int64_t first_id = 0, id_step = 1;
  const int32_t* first = nullptr;    ///< (count) where in `targets` the list of a vertex begins
  const int32_t* moves = nullptr;    ///< (count) how long it is
  const int32_t* targets = nullptr;  ///< rows of `others`
  float* places = nullptr;           ///< (count, dims), moved
};

/// For each vertex, one after the other: a step towards the next of its targets, then steps away from draws among all
/// others. Coordinates of a step are cut off at 4 alpha. A vertex's moves depend on nothing but the round, its own
/// list, place and number: the result is the same however vertices are divided among calls. On one thread. Source:
/// McInnes et al. 2018, arXiv:1802.03426, algorithm 5, with `others` as they stood when the round began.
void umap_moves(const UmapRound& round, const UmapVertices& vertices);

/// The number that draw `t` of vertex `id` gives: a row of `others`.
int64_t umap_draw(const UmapRound& round, int64_t id, int64_t t);

}  // namespace latent::kernels
