#pragma once
// Quantiles of sorted numbers.

#include <latent/core/error.hpp>

#include <algorithm>
#include <span>

namespace latent::space {

/// Value below which a share p of the numbers lies, with linear interpolation (as numpy.quantile).
/// @param sorted  ascending, not empty   @param p  in [0, 1]   @throws std::invalid_argument otherwise
template <class T>
double quantile(std::span<const T> sorted, double p) {
  LATENT_CHECK(!sorted.empty(), "[quantile] of no numbers");
  LATENT_CHECK(p >= 0.0 && p <= 1.0, "[quantile] p: expected from 0 to 1, got {}", p);
  const double at = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}
inline double quantile(std::span<const double> sorted, double p) { return quantile<double>(sorted, p); }

}  // namespace latent::space
