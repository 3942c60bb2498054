#pragma once
// Private to report/: what charts of columns share.

#include <latent/report/column_charts.hpp>
#include <latent/report/detail/small_plots.hpp>

#include <vector>

namespace latent::report {

/// The values of each column of (..., K) f64 in a vector of its own.
std::vector<std::vector<double>> columns_of(const Tensor& values, std::string_view function);

/// @throws std::invalid_argument unless there are 1 to kMostColumnPlots columns and a name for each
void check_columns(int64_t K, const ColumnChartOptions& options, std::string_view function);

/// A cell for each column.
CellGrid column_cells(int64_t K, double width, double height, double left, const ColumnChartOptions& options);

}  // namespace latent::report
