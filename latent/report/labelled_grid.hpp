#pragma once
// Names beside the rows and above the columns of a grid.

#include <latent/core/tensor.hpp>

#include <string>
#include <vector>

namespace latent::report {

/// A picture of evenly high rows and evenly wide columns (as image_grid() makes them) on white, with a
/// name to the left of each row and above each column. Names are cut where they do not fit.
/// @param grid          (C, H, W) u8, C = 1 or 3
/// @param row_names     one for each row, from the top; empty for none
/// @param column_names  one for each column, from the left; empty for none
/// @return (3, height, width), not smaller than the grid
/// @throws std::invalid_argument for other shapes
Tensor labelled_grid(const Tensor& grid, const std::vector<std::string>& row_names,
                     const std::vector<std::string>& column_names);

}  // namespace latent::report
