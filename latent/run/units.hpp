#pragma once
// Values as the model sees them and as people know them.

#include <latent/run/run.hpp>

#include <span>
#include <string>
#include <vector>

namespace latent {

/// Values as people know them: pictures in [0, 1] as the model sees them (f32); tables, arrays and images of other
/// numbers in the units of the data (f64: single precision would make steps of 100 s of the seconds since 1970).
Tensor to_units(const Run& run, const Tensor& values);

/// Puts the whole numbers and short decimals of a table's columns right, for to_units() and those who take columns out.
/// Single precision loses some of their last digits where the column is standardised: 2 comes back as 1.99999996. What
/// lies so near to a number of as few decimals as the column's steps have becomes that number.
/// @param columns  which ones stand in `units`, in its order   @param units  (N, columns.size()) f64
void round_to_steps(const Run& run, std::span<const int64_t> columns, Tensor& units);

/// Images for people to see, in [0, 1]: those of other numbers are scaled from the range that the training data had.
Tensor for_pictures(const Run& run, const Tensor& x);

/// Names of the values of a sample: the table's columns, or "column_0", "column_1", ...
std::vector<std::string> value_names(const Run& run, int64_t count);

}  // namespace latent
