#pragma once
// Choices by processor, decided by the environment instead.

#include <latent/training/precision.hpp>

#include <optional>

namespace latent {

/// What the environment variable LATENT_AUTO_PRECISION (f32 or bf16) puts in the place of every choice of a precision
/// that otherwise depends on the processor: "auto" of precision_from(), products that filter neighbours. Nothing where
/// it is unset or empty. It is for tests of what other processors choose.
/// @throws std::invalid_argument for other values
std::optional<Precision> forced_precision();

}  // namespace latent
