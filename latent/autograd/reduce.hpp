#pragma once
// Sums and their relatives. Inputs are f32 or f64; sums are taken in a fixed order, whatever the number of threads.

#include <latent/core/tensor.hpp>

namespace latent {

/// Sum of all elements -> ().
Tensor sum(const Tensor& x);
/// Mean of all elements -> ().
Tensor mean(const Tensor& x);
/// Sum over all dimensions but the first: (N, ...) -> (N).
Tensor sum_per_sample(const Tensor& x);
/// Sum over the last dimension: (..., D) -> (...).
Tensor sum_last(const Tensor& x);
/// Mean over the first dimension: (N, ...) -> (...).
Tensor mean_first(const Tensor& x);
/// log sum_k exp(x[k, ...]) over the first dimension, stable: (K, ...) -> (...).
Tensor logsumexp_first(const Tensor& x);
/// log softmax over the last dimension: (..., D) -> (..., D).
Tensor log_softmax(const Tensor& x);

}  // namespace latent
