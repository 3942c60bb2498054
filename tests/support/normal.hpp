#pragma once
// One draw at a time, where a test reads better so.

#include <latent/core/rng.hpp>

#include <array>

namespace latent::test {

/// A standard normal draw. Consumes one block.
inline double normal(Rng& rng) {
  std::array<double, 1> draw{};
  rng.normal(std::span<double>(draw));
  return draw[0];
}

}  // namespace latent::test
