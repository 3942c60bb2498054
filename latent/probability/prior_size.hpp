#pragma once
// How large a prior will be, before it is made.

#include <latent/core/json.hpp>
#include <latent/core/shape.hpp>

namespace latent {

/// Elements of the parameters that make_prior() would give a prior of this config; 0 for one without.
/// @throws std::invalid_argument for settings out of range
double num_prior_parameters(const Json& config, const Shape& data_shape, int64_t latent_dim);

}  // namespace latent
