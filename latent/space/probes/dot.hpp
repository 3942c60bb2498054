#pragma once
// The inner product that probes fit with.

#include <numeric>
#include <span>

namespace latent::space {

/// The sum of a[i] b[i] over a.size() values, from the first to the last; b has at least as many.
inline double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

}  // namespace latent::space
