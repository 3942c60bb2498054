#pragma once
// Values as the model sees them and as people know them.

#include <latent/run/run.hpp>

#include <span>
#include <string>
#include <vector>

namespace latent {

/// Values as people know them: pictures in [0, 1] as the model sees them (f32); tables, arrays and images of other
/// numbers in the units of the data (f64: single precision would make steps of 100 s of the seconds since 1970).
/// @param columns  which values of a sample these are, (N, columns.size()); empty for all
Tensor to_units(const Run& run, const Tensor& values, std::span<const int64_t> columns = {});

/// RunKind::for_pictures() of the run's kind.
Tensor for_pictures(const Run& run, const Tensor& x);

/// Names of the values of a sample: the table's columns, or "column_0", "column_1", ...
std::vector<std::string> value_names(const Run& run, int64_t count);

}  // namespace latent
