#include <latent/run/maps/map_tiles.hpp>

#include <latent/run/codes.hpp>
#include <latent/space/maps/inverse_map.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace latent {

namespace {

struct Extent {
  float low = std::numeric_limits<float>::max(), high = std::numeric_limits<float>::lowest();
};

std::array<Extent, 2> extent_of(const Tensor& map) {
  std::array<Extent, 2> extent;
  for (int64_t i = 0; i < map.numel(); ++i) {
    Extent& one = extent[static_cast<size_t>(i % 2)];
    one.low = std::min(one.low, map.data<float>()[i]);
    one.high = std::max(one.high, map.data<float>()[i]);
  }
  return extent;
}

}  // namespace

Picture map_tiles(const Run& run, const Tensor& map, const Tensor& codes, const TileGrid& grid) {
  const auto [x, y] = extent_of(map);
  const float dx = (x.high - x.low) / static_cast<float>(grid.columns);
  const float dy = (y.high - y.low) / static_cast<float>(grid.rows);
  Tensor places = Tensor::empty({grid.rows * grid.columns, 2});
  for (int64_t i = 0; i < places.dim(0); ++i) {  // as on the chart: y grows upwards
    const int64_t row = i / grid.columns, column = i % grid.columns;
    places.data<float>()[2 * i] = x.low + dx * (static_cast<float>(column) + 0.5f);
    places.data<float>()[2 * i + 1] = y.high - dy * (static_cast<float>(row) + 0.5f);
  }
  const space::InverseMap inverse(map, codes);
  Tensor x_hat = decode_all(*run.model, inverse.codes_at(places));
  const std::vector<double> distance = inverse.distances(places).to_vector();
  const View view = view_of(run, x_hat);
  for (int64_t i = 0; i < places.dim(0); ++i) {
    if (distance[static_cast<size_t>(i)] <= std::max(dx, dy)) continue;
    const std::span<float> values = x_hat.rows(i, i + 1).span<float>();
    std::fill(values.begin(), values.end(), std::numeric_limits<float>::quiet_NaN());
  }
  return picture_of_grid(run, view, {.x = x_hat, .columns = grid.columns, .meaning = SampleGrid::Meaning::plane});
}

}  // namespace latent
