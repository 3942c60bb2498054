#include <cli/commands/map_tiles.hpp>

#include <cli/decoded.hpp>
#include <cli/exit_status.hpp>

#include <latent/formats/image.hpp>
#include <latent/space/maps/inverse_map.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace latent::cli {

namespace {

struct Grid {
  int64_t rows = 0, columns = 0;
};

// "20x30"; rows and columns from 1 to 64.
std::optional<Grid> parse_grid(const std::string& text) {
  constexpr int64_t kMostSide = 64;
  static_assert(kMostSide * kMostSide <= kMostPictures);
  Grid grid;
  const char* end = text.data() + text.size();
  const auto [cross, error] = std::from_chars(text.data(), end, grid.rows);
  if (error != std::errc() || cross == end || *cross != 'x') return std::nullopt;
  const auto [rest, second_error] = std::from_chars(cross + 1, end, grid.columns);
  if (second_error != std::errc() || rest != end) return std::nullopt;
  if (std::min(grid.rows, grid.columns) < 1 || std::max(grid.rows, grid.columns) > kMostSide) return std::nullopt;
  return grid;
}

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

void MapTiles::declare(Arguments& arguments) {
  Option* tiles =
      arguments.add_option("--tiles", path_, "also decode places on the map, in a grid (.png)")->type_name("FILE");
  arguments.add_option("--grid", grid_, "places of --tiles, rows x columns")
      ->type_name("RxC")
      ->needs(tiles)
      ->show_default();
}

void MapTiles::check(const Run& run, bool possible) const {
  if (!wanted()) return;
  constexpr std::array kForms = {Form::png};
  static_cast<void>(result_file(path_, kForms, Existing::replace));
  if (!parse_grid(grid_))
    throw UsageError(fmt::format("--grid: rows x columns from 1x1 to 64x64 expected, got '{}'", grid_));
  if (!possible) throw UsageError("--tiles needs a map of codes: --space latent, --dims 2");
  if (!run.model->has_decoder()) throw UsageError(fmt::format("{}: --tiles needs a decoder", run.path.string()));
}

std::string MapTiles::write(const Run& run, const Tensor& map, const Tensor& codes) const {
  const Grid grid = parse_grid(grid_).value();
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
  const Picture picture =
      picture_of_grid(run, view, {.x = x_hat, .columns = grid.columns, .meaning = SampleGrid::Meaning::plane});
  write_png(path_, picture.pixels);
  return picture.shown;
}

}  // namespace latent::cli
