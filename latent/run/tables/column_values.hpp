#pragma once
// Which values a column of a table had in training, and how often: what new rows may have there.

#include <latent/core/json.hpp>

#include <span>
#include <vector>

namespace latent {

/// The distribution of a column's values, in the units of the data: a curve of (value, share of values up to it) that
/// rises in steps where a value is frequent, and in straight lines between.
struct ColumnValues {
  std::vector<double> values;  ///< ascending, from the least to the largest value; a frequent value stands twice
  std::vector<double> shares;  ///< for each of them, ascending from 0 to 1
  double step = 0.0;           ///< all values are multiples of this round number (1, 0.5, 0.01); 0 where there is none

  /// The value up to which a share of all lies: one of the frequent ones, or one between, in steps of `step`.
  /// @param share  in [0, 1]
  double quantile(double share) const;
  /// The nearest multiple of `step`; the value itself where there is none.
  double in_steps(double value) const;
};

/// {"values": [0, 0, 0.5, 800], "shares": [0, 0.7, 0.7, 1], "step": 0.01}
Json column_values_to_json(const std::vector<ColumnValues>& columns);
/// @throws std::invalid_argument for what is no such list
std::vector<ColumnValues> column_values_from_json(const Json& json);

/// Of values that a training saw. At most 32 different values are kept with the share of each, so that there is nothing
/// between them; of more, those that are 1% of all are, and about 120 quantiles, closer together towards the ends.
/// @param values  finite, in any order, at least one   @throws std::invalid_argument for none
ColumnValues column_values_of(std::vector<double> values);

}  // namespace latent
