#pragma once
// The moves of UMAP's stochastic gradient: edges that pull both of their ends, and vertices that walk along lists of
// neighbours that stay where they are.

#include <cstdint>

namespace latent::kernels {

/// What holds for all moves of a round. `others` are places that do not change during the round. Coordinates of a step
/// are cut off at 4 alpha.
struct UmapRound {
  int64_t dims = 2;               ///< 2 or 3
  const float* others = nullptr;  ///< (num_others, dims), finite
  int64_t num_others = 0;         ///< from 1 to 2^24
  float a = 1.0f, b = 1.0f;       ///< parameters of the curve 1 / (1 + a d^2b)
  float alpha = 1.0f;             ///< step size
  float negatives = 5.0f;         ///< draws that push, for each move that pulls; on average where it is no whole number
  uint32_t key = 0;               ///< key of the draws of this round
};

/// Edges that move their ends at the same time: no vertex is in two of them.
struct UmapPairs {
  int64_t count = 0;
  const int32_t* heads = nullptr;  ///< (count) rows of `places`; a head draws as number of its row
  const int32_t* tails = nullptr;  ///< (count) rows of `places`
  float* places = nullptr;         ///< (num_others, dims), moved; not the memory of `others`
};

/// For each edge: a step of head and tail towards each other, by the same length, then steps of the head away from
/// draws among `others`, as many as `negatives` has whole ones. What an edge does depends on nothing but the round and
/// its own ends: the result is the same however edges are divided among calls. On one thread. Source: McInnes et al.
/// 2018, arXiv:1802.03426, algorithm 5, with `others` as they stood when the round began.
void umap_pairs(const UmapRound& round, const UmapPairs& pairs);

/// Vertices that move while their neighbours stay. Vertex v draws as number first_id + v * id_step; a draw of a row of
/// `others` with that number pushes nobody.
struct UmapVertices {
  int64_t count = 0;
  int64_t first_id = 0, id_step = 1;
  const int32_t* first = nullptr;    ///< (count) where in `targets` the list of a vertex begins
  const int32_t* moves = nullptr;    ///< (count) how long it is
  const int32_t* targets = nullptr;  ///< rows of `others`
  float* places = nullptr;           ///< (count, dims), moved
};

/// For each vertex, one after the other: a step towards the next of its targets, then steps away from draws among all
/// others. A vertex's moves depend on nothing but the round, its own list, place and number: the result is the same
/// however vertices are divided among calls. On one thread.
void umap_moves(const UmapRound& round, const UmapVertices& vertices);

/// The number that draw `t` of vertex `id` gives: a row of `others`.
int64_t umap_draw(const UmapRound& round, int64_t id, int64_t t);

}  // namespace latent::kernels
