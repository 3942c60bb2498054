#pragma once
// The non-linearities a network can use.

#include <cstdint>
#include <span>
#include <string_view>

namespace latent {

/// By PyTorch's definitions and defaults: leaky_relu has slope 0.01, elu has alpha 1, gelu is the exact one (erf),
/// silu is x * sigmoid(x).
enum class Activation : uint8_t { none, relu, leaky_relu, elu, gelu, silu, tanh, sigmoid };

/// "relu", "leaky_relu", ... @throws std::invalid_argument for an unknown name, with the nearest valid one
Activation activation_from(std::string_view name);
std::string_view name_of(Activation activation);
/// All names, for help texts.
std::span<const std::string_view> activation_names();

constexpr double kLeakyReluSlope = 0.01;

/// Whether the derivative can be computed from the result alone, so that the input need not be kept.
constexpr bool derivative_from_result(Activation activation) {
  return activation != Activation::gelu && activation != Activation::silu;
}

}  // namespace latent
