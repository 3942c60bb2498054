#pragma once
// Sums of codes: A - B + C.

#include <latent/core/tensor.hpp>
#include <latent/space/editing/interpolate.hpp>

#include <span>

namespace latent::space {

/// sum over k of factors[k] * operands[k].
///   linear     the sum as it is, operands with factor 0 left out: A - A + B is B, to the bit
///   spherical  the sum of the operands' directions (unit vectors), at `typical_length` from the origin: sums of codes
///   of
///              an N(0, I) prior have lengths that the decoder has never seen
/// @param operands (K, D) f32, finite   @param factors  K finite numbers
/// @return (D)
/// @throws std::invalid_argument for other shapes; for spherical: typical_length <= 0, or operands whose directions
/// cancel
Tensor combine(const Tensor& operands, std::span<const double> factors, Path path = Path::linear,
               double typical_length = 0.0);

/// The median length of the codes. @param codes (N, D) f32, N >= 1  @throws std::invalid_argument for other shapes
double typical_length(const Tensor& codes);

}  // namespace latent::space
