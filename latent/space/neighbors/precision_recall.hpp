#pragma once
// How much of what is generated looks like data, and how much of the data is generated.

#include <latent/core/tensor.hpp>

namespace latent::space {

struct PrecisionRecall {
  double precision = 0.0;  ///< share of generated rows that lie among real ones
  double recall = 0.0;     ///< share of real rows that lie among generated ones
};

/// A row lies among others if it is no farther from one of them than that one's k-th nearest among them (spheres about
/// the rows of a set stand for the region that it covers). All distances are euclidean and exact.
/// Source: Kynkäänniemi et al. 2019, arXiv:1904.06991, which takes k = 3 and sets of one size.
/// @param real (N, D), generated (M, D) f32, finite
/// @throws std::invalid_argument for other shapes or types, or k outside [1, min(N, M) - 1]
PrecisionRecall precision_recall(const Tensor& real, const Tensor& generated, int64_t k = 3);

}  // namespace latent::space
