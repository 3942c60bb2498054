#pragma once
// Classes by the names that people type.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace latent::data {

/// The number of a class: by its name, or else by its name in another case, or else by its number.
/// @throws std::invalid_argument for none of these, with the nearest name
int64_t class_number(std::string_view name, std::span<const std::string> class_names);

}  // namespace latent::data
