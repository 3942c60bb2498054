#pragma once
// Standard input that may be silent for long, and must not hold up who wants to end.

#include <cstddef>
#include <functional>
#include <span>

namespace latent::cli {

/// Some bytes of standard input, as soon as there are any.
/// @param stopped  asked twenty times a second   @return how many; 0 at the end, or once `stopped` says so
/// @throws IoError
size_t read_standard_input(std::span<std::byte> to, const std::function<bool()>& stopped);

}  // namespace latent::cli
