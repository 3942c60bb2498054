#pragma once
// Random numbers as tensors.

#include <latent/core/rng.hpp>
#include <latent/core/tensor.hpp>

namespace latent {

/// Independent standard normal draws: one call of rng.normal(), in row-major order. @param dtype f32 or f64
Tensor standard_normal(const Shape& shape, Rng& rng, DType dtype = DType::f32);

}  // namespace latent
