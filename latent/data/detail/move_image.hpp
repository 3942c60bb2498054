#pragma once
// Private to data/: an image mirrored and moved.

#include <latent/core/rng.hpp>

#include <cmath>
#include <cstdint>
#include <utility>

namespace latent::data {

/// Pixels that a share of a side is, to the nearest whole one.
inline int64_t pixels_of_share(double share, int64_t side) { return std::llround(share * static_cast<double>(side)); }

/// Rows and columns by which an image is moved: whole numbers from -most to most, all equally likely.
std::pair<int64_t, int64_t> draw_offset(Rng& rng, int64_t most_rows, int64_t most_columns);

/// to[h, w] = from[h - rows, w - columns], mirrored left to right or not; what lies beyond an edge is that edge.
/// @param from, to  (H, W), apart
void move_plane(const float* from, int64_t H, int64_t W, int64_t rows, int64_t columns, bool mirrored, float* to);

}  // namespace latent::data
