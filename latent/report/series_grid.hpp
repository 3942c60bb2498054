#pragma once
// Series as line plots.

#include <latent/report/pictures.hpp>

#include <string>
#include <vector>

namespace latent::report {

struct SeriesGridOptions {
  int64_t columns = 0;                          ///< cells side by side; 0 = as suits the number of series
  std::string title = {}, caption = {};         ///< lines above everything; empty ones take no room
  std::vector<std::string> legend = {};         ///< names of `series` and of the overlays
  std::vector<std::string> channel_names = {};  ///< one for each channel, written into its strips; empty for none
  std::vector<std::string> row_names = {}, column_names = {};  ///< beside the rows and above the columns of cells
  /// Further series (M, C, L) that the vertical ranges have room for, as in the frames of an animation; undefined for
  /// none.
  Tensor within = {};
  bool index_numbers = true;  ///< numbers of the values below the last row
};

/// Series as line plots in a grid: a cell for each series, in it a strip for each channel. A channel has one vertical
/// range in all cells, so that series can be compared and channels may have units of their own. Values that are not
/// finite leave gaps; a series longer than its plot is wide is drawn as the band between its extremes.
/// @param series    (N, C, L) f32 or f64, not empty   @param overlays  of the same shape, drawn over them in further
/// colours
/// @return (3, height, width), at most 4096 x 4096
/// @throws std::invalid_argument for other shapes, more names than there is to name, and more cells or channels than
///         most_series() allows
Tensor series_grid(const Tensor& series, const std::vector<Tensor>& overlays, const SeriesGridOptions& options);

/// So many cells of C channels fit into series_grid().
GridSize most_series(int64_t C);
/// So many channels.
constexpr int64_t kMostChannels = 12;

}  // namespace latent::report
