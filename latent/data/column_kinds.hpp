#pragma once
// Which kind of likelihood each column of a set of training data calls for.

#include <latent/data/dataset.hpp>
#include <latent/probability/table_columns.hpp>

namespace latent::data {

/// What fits each value of a sample best. One or two distinct values among all samples make a column constant or
/// binary; of the rest, column_of() tells Gaussian from Student from at most 100,000 random samples (fewer of very wide
/// ones; a fixed seed).
/// @param training  samples (D), or images, whose values are then columns
/// @throws std::invalid_argument for a set without samples
std::vector<TableColumn> column_kinds(const Dataset& training);

/// The first distinct model values of each column, at most `most`, in the order in which samples have them. Looks at
/// samples until every column has so many: one with fewer has no others.
std::vector<std::vector<float>> distinct_values(const Dataset& data, size_t most);

}  // namespace latent::data
