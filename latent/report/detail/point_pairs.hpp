#pragma once
// Private to report/: which pairs of points a line can join.

#include <latent/core/error.hpp>
#include <latent/report/detail/axis.hpp>
#include <latent/report/pictures.hpp>

#include <span>
#include <utility>
#include <vector>

namespace latent::report {

/// The pairs of points that can both be drawn. @param values  x and y of each point
/// @throws std::invalid_argument for a point that does not exist
inline std::vector<std::pair<size_t, size_t>> drawable_pairs(std::span<const PointPair> pairs,
                                                             std::span<const double> values) {
  const auto N = static_cast<int64_t>(values.size() / 2);
  std::vector<std::pair<size_t, size_t>> chosen;
  for (const auto& [a, b] : pairs) {
    LATENT_CHECK(a >= 0 && a < N && b >= 0 && b < N, "[joined] points 0 to {} expected, got {} and {}", N - 1, a, b);
    const auto i = static_cast<size_t>(a), j = static_cast<size_t>(b);
    const bool seen = drawable(values[2 * i]) && drawable(values[2 * i + 1]) && drawable(values[2 * j]) &&
                      drawable(values[2 * j + 1]);
    if (seen) chosen.emplace_back(i, j);
  }
  return chosen;
}

}  // namespace latent::report
