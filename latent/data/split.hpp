#pragma once
// Which samples are held out.

#include <cstdint>
#include <vector>

namespace latent::data {

struct Partition {
  int64_t n = 0;
  std::vector<int64_t> held_out;  ///< indices, ascending
  /// The other indices, ascending.
  std::vector<int64_t> train() const;
};

/// Holds out round(fraction * n) of n samples, at least one and never all; which ones depends on n, the fraction and
/// the seed alone.
/// @throws std::invalid_argument unless 0 < fraction < 1 and n >= 2
Partition partition(int64_t n, double fraction, uint64_t seed);

}  // namespace latent::data
