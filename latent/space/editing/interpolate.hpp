#pragma once
// Paths between codes.

#include <latent/core/tensor.hpp>

#include <string_view>

namespace latent::space {

enum class Path : uint8_t { linear, spherical };
/// "linear" or "spherical". @throws std::invalid_argument for others, naming the valid ones
Path path_from(std::string_view name);

/// `steps` codes from `from` to `to`, both included.
/// spherical: great-circle interpolation of the directions (Shoemake 1985; White 2016, arXiv:1609.04468), with the
/// length interpolated linearly; falls back to linear for (nearly) parallel or zero codes.
/// @param from, to  (D) f32
/// @return (steps, D)
/// @throws std::invalid_argument if steps < 2 or the shapes differ
Tensor interpolate(const Tensor& from, const Tensor& to, int64_t steps, Path path = Path::linear);

}  // namespace latent::space
