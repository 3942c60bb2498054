#pragma once
// Embedding: a table with a row for each id.

#include <latent/nn/module.hpp>

namespace latent::nn {

/// Ids (N, ...) of i32 or u8 -> (N, ..., dim) f32: the rows of `weight` that they name. Rows start as independent
/// standard normals, as in PyTorch. The gradient is dense; rows that a batch does not name have zeros there, which
/// Adam's moments and weight decay still move.
class Embedding : public Layer {
 public:
  struct Options {
    int64_t count = 0;  ///< ids are 0 ... count - 1
    int64_t dim = 0;
  };
  /// @throws std::invalid_argument unless both are at least 1
  Embedding(const Options& options, Rng& rng);
  /// @throws std::invalid_argument for other types, and ids outside [0, count)
  Tensor forward(const Tensor& ids, const Context& context) const override;

  Tensor weight;  ///< (count, dim)
};

}  // namespace latent::nn
