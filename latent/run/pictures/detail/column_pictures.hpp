#pragma once
// Private to this folder: samples as plots of their columns.

#include <latent/run/pictures/pictures.hpp>

namespace latent {

Picture columns_of_pairs(const Run& run, const Pairs& pairs);
Picture columns_of_set(const Run& run, const SampleSet& set);
Picture columns_of_grid(const Run& run, const SampleGrid& grid);

}  // namespace latent
