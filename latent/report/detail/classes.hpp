#pragma once
// Private to report/: how charts of points call and colour classes.

#include <latent/report/detail/colors.hpp>
#include <latent/report/detail/palette.hpp>

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace latent::report {

/// Negative labels mean "unlabelled".
inline Rgb class_color(int64_t label) { return label < 0 ? kUnlabelled : series_color(static_cast<size_t>(label)); }

inline std::string class_name(int64_t label, const std::vector<std::string>& names) {
  if (label < 0) return "unlabelled";
  return label < static_cast<int64_t>(names.size()) ? names[static_cast<size_t>(label)] : std::to_string(label);
}

/// The labels that occur, in the order of their numbers; -1 for all negative ones.
inline std::set<int64_t> classes_of(std::span<const int64_t> labels) {
  std::set<int64_t> classes;
  for (const int64_t label : labels) classes.insert(std::max<int64_t>(label, -1));
  return classes;
}

}  // namespace latent::report
