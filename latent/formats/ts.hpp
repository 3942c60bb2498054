#pragma once
// Series of the UCR/UEA archive: a header of lines '@name value', then a line for each series.

#include <latent/core/tensor.hpp>
#include <latent/formats/file.hpp>

#include <span>
#include <string>
#include <vector>

namespace latent {

struct TsSeries {
  Tensor x;                              ///< (N, C, L) f64; NaN where a value is missing ('?')
  std::vector<std::string> labels = {};  ///< the class of each series, as written; empty without classes
};

/// Whether the bytes can be such series: a text whose first line that is no comment (#) begins with '@', with @data.
bool is_ts(std::span<const std::byte> bytes);

/// Values stand between commas, channels between colons; the last part of a line is the class where the header says
/// that there are classes (@classLabel true), or a number to be predicted (@targetLabel true), which is left out.
/// @throws DataError with the offset: no @data, no series, series of different lengths or numbers of channels, text in
///         the place of a number, a class that the header does not list, and series with time stamps of their own
/// Source: https://www.timeseriesclassification.com; Löning et al. 2019, arXiv:1909.07872 (sktime).
TsSeries read_ts(std::span<const std::byte> bytes, const std::string& path);

}  // namespace latent
