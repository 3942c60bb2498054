#pragma once
// Names of the choices of OpenOptions, and choices that take the place of those that a model was trained with.

#include <latent/data/dataset.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latent::data {

/// "refuse" or "impute". @throws std::invalid_argument for others, with the nearest
OpenOptions::Missing missing_from(std::string_view name);
std::string_view name_of(OpenOptions::Missing missing);
/// "auto", "yes" or "no" (and "texts", which runs from before have). @throws std::invalid_argument for others
Header header_from(std::string_view name);
std::string_view name_of(Header header);

/// How data is read, as far as it is said; what is not said stays as it is.
struct ReadOverrides {
  std::optional<std::pair<int64_t, int64_t>> size = {};
  std::optional<Fit> fit = {};
  std::optional<uint8_t> background = {};
  bool grayscale = false;
  std::optional<double> binarize = {};
  std::optional<DrawnBits> drawn_bits = {};
  std::string label_column = {};
  std::vector<std::string> drop = {};
  std::optional<Header> header = {};
  std::optional<CsvDecimal> decimal = {};
  std::optional<OpenOptions::Missing> missing = {};
  SoundOverrides sound = {};
  SeriesOverrides series = {};

  /// `base` with what is said in place of its own. @throws UsageError for a fit without a size
  OpenOptions over(OpenOptions base) const;
};

}  // namespace latent::data
