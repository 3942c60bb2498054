#pragma once
// Rows that were drawn from p(x|z), with values that their columns can have.

#include <latent/core/rng.hpp>
#include <latent/core/tensor.hpp>
#include <latent/run/run.hpp>

namespace latent {

/// Whether the run knows which values its columns had in training: tables, of runs that were trained since
/// this is kept.
bool knows_column_values(const Run& run);

/// Drawn rows whose values are those of the training: in its range, in the steps of each column, frequent values as
/// frequent. Each column goes through one rising function, from the values that the model draws there to those of the
/// training of the same rank (quantile mapping), so that what is high stays high and dependence between columns is the
/// model's. The ranks come from draws at up to 10,000 codes of the prior. Binary and constant columns of the table
/// likelihood are as they should be already.
/// @param x    (N, ...) f32, draws from p(x|z) in model values; given back as it is where knows_column_values() is not
/// @param rng  decides where a drawn value stands for several of the training
/// Source: Panofsky & Brier 1958, "Some applications of statistics to meteorology" (quantile mapping).
Tensor with_training_values(const Run& run, const Tensor& x, Rng rng);

}  // namespace latent
