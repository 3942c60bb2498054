#pragma once
// From model values back to the values that people know, link by link.

#include <latent/run/run.hpp>

#include <functional>
#include <span>
#include <vector>

namespace latent {

/// Undoes one thing that reading did to values.
/// @param values   (N, ...) of all values of a sample, or (N, columns.size()) of some
/// @param columns  which values of a sample these are, in their order; empty for all
/// @return the same shape, f64
using ValueLink = std::function<Tensor(const Tensor& values, std::span<const int64_t> columns)>;

/// The links in the order in which reading applies them: the last one is undone first.
using ValueChain = std::vector<ValueLink>;

/// The shift and the scale of the run's Transform. @throws as Transform::inverse()
ValueLink scaling(const Run& run);

/// The whole numbers and short decimals of a table's columns. Single precision loses some of their last digits where
/// the column is standardised: 2 comes back as 1.99999996. What lies so near to a number of as few decimals as the
/// column's steps have becomes that number; steps are those of ColumnValues, or in runs without it of the likelihood, and
/// columns without any stay as they are.
ValueLink short_decimals(const Run& run);

}  // namespace latent
