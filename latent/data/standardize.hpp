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
  std::vector<std::string> column_names;  ///< column names of a table, or empty
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

/// Where the channels of an array of images or series are: the dimension of x (N, A, B) or (N, C, H, W), (N, H, W, C)
/// whose slices get a shift and a scale each; -1 where all values are alike.
/// With three dimensions it is the shorter one if the other is at least twice as long: series (N, T, C) and (N, C, T).
int channel_dimension(const Shape& shape, bool channels_last);

/// Whether floating images are pixels already: none of their values (of the rows that standardization() looks at) lies
/// outside [0, 1], and they do not all lie within a tenth of it.
bool is_unit_interval(const Tensor& x, std::span<const int64_t> rows);

/// x = (stored - mean) * (1 / standard deviation) with one value of each for every slice of `dimension` (one in all
/// for -1), from the rows that standardization() looks at; and the range of all values.
/// @param x  (N, A, B) or four dimensions   @throws DataError for NaN and infinity
Transform channel_standardization(const Tensor& x, int dimension, std::span<const int64_t> rows, const Origin& origin);

/// Smallest, mean and largest present value and number of missing ones, for each column of x (N, D).
std::vector<ColumnSummary> summarize_columns(const Tensor& x);

}  // namespace latent::data
