#pragma once
// Rows of a table whose missing cells are filled from the others of the row.

#include <latent/data/dataset.hpp>
#include <latent/space/linear/conditional_mean.hpp>

#include <memory>
#include <vector>

namespace latent {

/// The missing cells of a set's rows, row by row.
struct MissingCells {
  std::vector<int64_t> cells;  ///< row * columns + column, ascending
  int64_t columns = 0;
  int64_t rows() const;  ///< rows that have some
};

/// The cells of a table, or of an array (N, D), that are missing where it was read from. None where the set does not
/// tell what is stored.
MissingCells missing_cells(const data::Dataset& samples);

/// The samples with their missing cells filled by the conditional mean, in model values; the set itself without such.
/// @throws std::invalid_argument for rows of another length than `mean` knows
std::shared_ptr<const data::Dataset> filled_rows(std::shared_ptr<const data::Dataset> samples,
                                                 const MissingCells& missing, const space::ConditionalMean& mean);

}  // namespace latent
