#pragma once
// How people look at samples: as images, as series, or column by column.

#include <latent/run/run.hpp>

#include <string>
#include <vector>

namespace latent {

enum class Look : uint8_t { images, series, columns };

struct View {
  Look look = Look::images;
  int64_t channels = 1, length = 0;  ///< shape of series
  bool channels_last = false;        ///< whether the channels of a series vary fastest: samples (1, T, C)
};

/// RunKind::view() of the run's kind. Vectors of 16 or more values are series if neighbouring values are alike (see
/// is_smooth()), columns otherwise; so are all tables.
/// @param x  samples by which vectors are judged, (N, ...) model values
View view_of(const Run& run, const Tensor& x);

/// How samples (C, H, W) look. Those that are one pixel high or wide are series, and so are samples (1, H, W) that
/// training standardised by row or column, or with at most four rows or columns, each at least eight times as long (any
/// number, if 32 times); all others are images.
/// @param transform  from stored to model values
View view_of_planes(const Shape& sample, const data::Transform& transform);

/// Whether neighbours are alike: the mean square of the differences between neighbouring values is less than half of
/// what it would be in any order (von Neumann 1941: twice the variance about the rows' means). @param rows  (N, D), D
/// >= 2
bool is_smooth(const Tensor& rows);

/// Samples as series (N, channels, length) f64, in the units of the data.
Tensor series_of(const Run& run, const View& view, const Tensor& x);

/// Some columns of samples, (N, columns.size()) f64, in the units of the data.
/// @param x  (N, ...) model values   @param columns  among the values of a sample
Tensor columns_in_units(const Run& run, const Tensor& x, const std::vector<int64_t>& columns);

/// What the values of a sample are called: the names of a table's columns, or "column_0", ...
std::vector<std::string> names_of_values(const Run& run, const std::vector<int64_t>& columns);

}  // namespace latent
