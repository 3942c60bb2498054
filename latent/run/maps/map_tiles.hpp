#pragma once
// What the decoder makes of places on a map.

#include <latent/run/pictures/pictures.hpp>

namespace latent {

struct TileGrid {
  int64_t rows = 20, columns = 20;
};
/// Most rows, and most columns.
constexpr int64_t kMostTiles = 64;

/// Lays a grid over a map of codes, turns each place into a code (space::InverseMap) and decodes it. Places farther
/// from every point than a step of the grid stay empty.
/// @param map  (N, 2) f32   @param codes  (N, D) f32   @throws as decode_all()
Picture map_tiles(const Run& run, const Tensor& map, const Tensor& codes, const TileGrid& grid);

}  // namespace latent
