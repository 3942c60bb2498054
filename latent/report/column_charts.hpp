#pragma once
// Tables as small plots, one for each column, in the column's own units and range. All return (3, height, width) of at
// most 4096 x 4096 pixels; all throw std::invalid_argument for other shapes and for more columns than kMostColumnPlots.

#include <latent/core/tensor.hpp>

#include <string>
#include <vector>

namespace latent::report {

/// So many columns fit into one picture. Which of a wider table are shown is for the caller to choose, and to say.
constexpr int64_t kMostColumnPlots = 24;

struct ColumnChartOptions {
  std::vector<std::string> names = {};   ///< one for each column
  std::string title = {}, caption = {};  ///< lines above the plots; empty ones take no room
  std::vector<std::string> legend = {};  ///< what the colours mean, in their order
};

/// For each column a point for each row: `x` to the right, `y` upwards, both on one range, over the line where they are
/// equal. Values that are not finite are left out.
/// @param x   (N, K) f64   @param ys  one or more of the same shape, each in a colour
Tensor column_scatter(const Tensor& x, const std::vector<Tensor>& ys, const ColumnChartOptions& options);

/// For each column how often its values occur: bars side by side where there are few distinct ones (at most 12), else
/// histograms over each other. Shares of the rows of each sample, so that samples of different sizes can be compared.
/// Where a few values lie so far out that the others could not be seen, the outermost are left out, and counted in the
/// plot.
/// @param samples  one or more (N_i, K) f64, each in a colour
Tensor column_histograms(const std::vector<Tensor>& samples, const ColumnChartOptions& options);

/// For each column a row of marks for each group, at their values: what belongs together, side by side in each column.
/// @param values       (G, M, K) f64, NaN where a mark is missing; G at most kMostGroups
/// @param group_names  one for each group, from the top
/// The marks of a group have the colours and names of options.legend; from the last of them on they are alike.
Tensor column_dots(const Tensor& values, const std::vector<std::string>& group_names,
                   const ColumnChartOptions& options);
constexpr int64_t kMostGroups = 40;

/// For each column a line for each strip, over its steps.
/// @param values      (S, T, K) f64: strips, steps, columns; the strips have the names of options.legend
/// @param step_names  of the first and the last step, below the plots; empty for their numbers
/// @param at          a step that is marked on the lines, as in an animation; negative for none
Tensor column_lines(const Tensor& values, const std::vector<std::string>& step_names, int64_t at,
                    const ColumnChartOptions& options);

/// For each column its values on a plane, as shades from dark (small) to light (large); white where they are not
/// finite.
/// @param values  (rows, columns, K) f64
Tensor column_maps(const Tensor& values, const ColumnChartOptions& options);

}  // namespace latent::report
