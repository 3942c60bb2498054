#pragma once
// What models say of inputs that do not fit them.

#include <latent/core/tensor.hpp>

namespace latent {

/// @param function  begins the message: "encode"   @param x  (N, ...) f32 expected, of samples of that shape
/// @throws std::invalid_argument for others, with both shapes
void check_batch(const char* function, const Tensor& x, const Shape& sample);
/// @param z  (N, D) f32 expected   @throws std::invalid_argument for others
void check_codes(const char* function, const Tensor& z, int64_t latent_dim);

}  // namespace latent
