#pragma once
// Private to cli/pictures: samples as plots of their columns.

#include <cli/pictures.hpp>

namespace latent::cli {

Picture columns_of_pairs(const Run& run, const Pairs& pairs);
Picture columns_of_set(const Run& run, const SampleSet& set);
Picture columns_of_grid(const Run& run, const SampleGrid& grid);

}  // namespace latent::cli
