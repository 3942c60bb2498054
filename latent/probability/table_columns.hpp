#pragma once
// The columns of a table, as a likelihood sees them: each has a kind of its own.

#include <latent/core/json.hpp>
#include <latent/core/tensor.hpp>

#include <string_view>
#include <vector>

namespace latent {

enum class ColumnKind : uint8_t {
  gaussian,  ///< N(mu, scale^2), one learned scale for the column
  student,   ///< Student's t with kStudentDf degrees of freedom around mu, one learned scale: for heavy tails
  binary,    ///< two levels: Bernoulli, the decoder's output is the log odds of the higher one
  constant,  ///< one value: it costs nothing, another value much
};
/// "gaussian", "student", "binary" or "constant".
std::string_view name_of(ColumnKind kind);

/// Degrees of freedom of `student` columns: the heaviest tails that still have a finite kurtosis nearby.
constexpr double kStudentDf = 4.0;
/// log Gamma((df + 1) / 2) - log Gamma(df / 2). std::lgamma() would write a global variable, which threads may not.
constexpr double kStudentLogGammas = 0.28468287047291916;

/// A column, in model values (as the data's transform leaves them).
struct TableColumn {
  ColumnKind kind = ColumnKind::gaussian;
  double low = 0.0;   ///< binary: the lower level; constant: the value
  double high = 1.0;  ///< binary: the higher level
  /// gaussian, student: the values lie on a lattice low, low + step, ..., high, as whole numbers do; 0 if they do not.
  /// Densities know nothing of it; samples are rounded to it.
  double step = 0.0;
  friend bool operator==(const TableColumn&, const TableColumn&) = default;
};

/// Columns as JSON: [{"kind": "gaussian"}, {"kind": "binary", "low": -0.5, "high": 2.0},
/// {"kind": "constant", "value": 0.0}, {"kind": "student", "low": -1.5, "high": 9.0, "step": 0.5}].
Json columns_to_json(const std::vector<TableColumn>& columns);
/// @throws std::invalid_argument for what is no such list, unknown kinds and keys (with the nearest valid one), and
///         levels that are not low < high
std::vector<TableColumn> columns_from_json(const Json& json);

/// What fits a column best, from its training values in model units:
///   constant  one distinct value        binary  two distinct values
///   student   Student's t with kStudentDf explains the values better than a Gaussian does (each with its best location
///             and scale by moments or EM), by more than log(n) / 2 nats, the price of a choice (BIC)
///   gaussian  the rest
/// A column of at least 100 values of which many are alike has its lattice, if all fit one of at most 2^16 steps.
/// @param values  n >= 1 finite numbers
/// @throws std::invalid_argument for no values
TableColumn column_of(std::span<const float> values);

}  // namespace latent
