#pragma once
// Operations whose gradient is not that of their value: estimators of gradients that an objective asks for.

#include <latent/core/tensor.hpp>

namespace latent {

/// x as it is; on the way back, the gradient of each row is multiplied by its weight.
/// @param x        (..., D)
/// @param weights  (...), of the type of x; read in backward(), so that they may be filled after this call
/// @throws std::invalid_argument for other shapes or types
Tensor scale_gradient(const Tensor& x, const Tensor& weights);

/// `value` in place of x; on the way back, x receives the gradient of the value (the straight-through estimator).
/// @param value  the shape and type of x; takes no gradient
/// Source: Bengio, Leonard & Courville 2013, arXiv:1308.3432.
Tensor straight_through(const Tensor& x, const Tensor& value);

}  // namespace latent
