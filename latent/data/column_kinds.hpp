#pragma once
// Which kind of likelihood each column of a set of training data calls for.

#include <latent/data/dataset.hpp>
#include <latent/probability/table_columns.hpp>

namespace latent::data {

/// column_of() for each value of a sample, from at most 100,000 samples, evenly spread (fewer of very wide ones).
/// @param training  samples (D), or images, whose values are then columns
/// @throws std::invalid_argument for a set without samples
std::vector<TableColumn> column_kinds(const Dataset& training);

}  // namespace latent::data
