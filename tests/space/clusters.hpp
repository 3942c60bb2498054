#pragma once
// Codes with planted clusters.

#include <latent/core/rng.hpp>
#include <latent/core/tensor.hpp>

#include <vector>

namespace latent::test {

/// Normal clusters whose centers are far apart (10 standard deviations in each dimension), in turn: row i belongs to
/// cluster i % count. The first rows and the centers do not depend on `rows`.
struct Clusters {
  Tensor codes;                 ///< (rows, dims) f32
  std::vector<int64_t> labels;  ///< (rows)

  Clusters(int64_t rows, int64_t dims, int64_t count)
      : codes(Tensor::empty({rows, dims})), labels(static_cast<size_t>(rows)) {
    std::vector<float> centers(static_cast<size_t>(count * dims));
    Rng(7, 1).normal(std::span(centers));
    Rng(7, 2).normal(codes.span<float>());
    for (int64_t i = 0; i < rows; ++i) {
      labels[static_cast<size_t>(i)] = i % count;
      for (int64_t d = 0; d < dims; ++d) {
        codes.data<float>()[i * dims + d] += 10.0f * centers[static_cast<size_t>(i % count * dims + d)];
      }
    }
  }
};

}  // namespace latent::test
