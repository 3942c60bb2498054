#pragma once
// Statistics of arrays of samples, and the search for values that no model can use.

#include <latent/data/dataset.hpp>

namespace latent::data {

/// Arrays above this size are not searched for NaN and infinity when they are opened (that would read a whole mapped
/// file); gather() looks at each batch instead.
constexpr size_t kScanLimit = size_t{1} << 30;

/// Where an array came from, for messages.
struct Origin {
  std::string path;
  std::vector<std::string> column_names;  ///< of a table, or empty
  std::vector<int64_t> row_offsets;       ///< byte offset of each row of a text file, or empty
};

/// Checks that every value of samples [begin, end) is finite and within single precision. Integers always are.
/// @param missing  impute lets NaN pass
/// @throws DataError with the place of the first such value: "row 12, column 'age': missing value ..." for a table,
///         "x[12, 3] is NaN" otherwise
void check_samples(const Tensor& x, int64_t begin, int64_t end, OpenOptions::Missing missing, const Origin& origin);

/// x = (stored - mean) * (1 / standard deviation) for each column of x (N, D); the scale of a constant column is 1.
/// Statistics come from at most 100,000 random rows (fixed seed) of those given, and do not depend on the number of
/// threads.
/// @param rows  rows to look at, ascending; empty for all
/// @param missing  impute: statistics leave NaN out, and Transform::impute holds the means
/// @throws DataError for NaN (unless imputed), infinity, and columns without any value
Transform standardization(const Tensor& x, std::span<const int64_t> rows, OpenOptions::Missing missing,
                          const Origin& origin);

/// Smallest, mean and largest present value and number of missing ones, for each column of x (N, D).
std::vector<ColumnSummary> summarize_columns(const Tensor& x);

}  // namespace latent::data
