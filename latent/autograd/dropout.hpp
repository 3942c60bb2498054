#pragma once
// Dropout: some elements of a tensor left out at random.

#include <latent/core/rng.hpp>
#include <latent/core/tensor.hpp>

namespace latent {

/// Inverted dropout: each element is 0 with probability p, and otherwise x / (1 - p), so that its expectation is x. The
/// gradient passes through the elements that were kept. What is kept depends on the tape alone, not on the number of
/// threads, and is drawn again on the way back in place of being stored.
/// @param x    any shape; f32, f64 or bf16
/// @param p    in [0, 1)
/// @param rng  moves on by ceil(x.numel() / 4) blocks
/// @throws std::invalid_argument for another p or type
/// Source: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting".
Tensor dropout(const Tensor& x, double p, Rng& rng);

}  // namespace latent
