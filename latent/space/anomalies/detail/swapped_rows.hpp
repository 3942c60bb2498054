#pragma once
// Private to this folder: anomalies that are made of normal rows, to see what a score can tell.

#include <latent/core/tensor.hpp>

#include <array>
#include <vector>

namespace latent::space {

/// Rows whose columns come from two rows of a reference, each column from either with probability 1/2: every value is
/// usual, and they do not go together as far as columns depend on each other.
struct SwappedRows {
  Tensor x;                                     ///< (S, P) f32; undefined where there are none
  std::vector<std::array<int64_t, 2>> parents;  ///< S pairs of rows
};

/// At most `count` of them; those that equal one of their parents are left out. The same for the same reference.
SwappedRows swapped_rows(const Tensor& reference, int64_t count);

}  // namespace latent::space
