#pragma once
// "data_shape" in a model's config: one reading of it for all models.

#include <latent/core/detail/json_fields.hpp>
#include <latent/core/shape.hpp>

#include <string_view>

namespace latent {

/// The shape of one sample. @param forms  for the message: "[D] or [C, H, W]"   @param most_sizes  at most 4
/// @throws std::invalid_argument for none or too many sizes, and more than 2^24 values in a sample
Shape data_shape_in(const JsonFields& fields, std::string_view forms, size_t most_sizes = 4);
/// What data_shape_in() reads.
nlohmann::json data_shape_json(const Shape& shape);

}  // namespace latent
