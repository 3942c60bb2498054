#pragma once
// How a network's JSON says what follows its hidden layers.

#include <latent/core/detail/json_fields.hpp>
#include <latent/models/network_parts.hpp>

namespace latent {

/// A style from "activation", "normalization" and "dropout".
HiddenStyle style_from(const JsonFields& fields);
/// What style_from() reads; no "dropout" where it is 0 (files of versions without it stay as they are).
void write_style(const HiddenStyle& style, nlohmann::json& config);

}  // namespace latent
