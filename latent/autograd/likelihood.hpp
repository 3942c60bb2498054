#pragma once
// Negative log-likelihoods: fused, per sample, summed over all other dimensions, in nats. The constants are kept
// (log 2 pi and so on), so that numbers can be compared with those of other programs.

#include <latent/core/tensor.hpp>

namespace latent {

/// For all functions here:
/// @param x              (N, ...), data, f32 or f64; takes no gradient
/// @param expected_grad  what d loss / d nll will most likely be (1/N for a batch mean). The gradient of the parameters
/// is
///                       computed in the forward pass for this value and reused when the guess was right; a wrong guess
///                       costs a pass, not correctness.
/// @return (N)
/// @throws std::invalid_argument if shapes or types differ

/// -log Bernoulli(x; sigmoid(logits)) = softplus(logits) - x * logits; x in [0, 1] may be grey levels.
Tensor bernoulli_nll(const Tensor& logits, const Tensor& x, double expected_grad = 0.0);

/// -log N(x; mu, scale^2) with one fixed scale > 0.
Tensor gaussian_nll(const Tensor& mu, const Tensor& x, double scale, double expected_grad = 0.0);
/// -log N(x; mu, exp(logvar)); logvar has the shape of mu, or is a trailing part of it or a scalar (learned scales).
Tensor gaussian_nll(const Tensor& mu, const Tensor& logvar, const Tensor& x);

/// -log Laplace(x; mu, scale) with one fixed scale > 0.
Tensor laplace_nll(const Tensor& mu, const Tensor& x, double scale, double expected_grad = 0.0);

/// -log softmax(logits)[label], (N, C) and N labels in [0, C).
Tensor cross_entropy(const Tensor& logits, std::span<const int64_t> labels);

}  // namespace latent
