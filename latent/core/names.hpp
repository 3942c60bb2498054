#pragma once
// Names that users type: found, or answered with the nearest valid one.

#include <span>
#include <string>
#include <string_view>

namespace latent {

/// The valid name with the smallest edit distance (Damerau-Levenshtein, case ignored) to `name`; empty if none is near
/// (more than a third of the longer name's letters differ).
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> valid);

/// @throws std::invalid_argument: "unknown WHAT 'NAME' (did you mean 'NEAREST'?); valid: A, B, C"
[[noreturn]] void unknown_name(std::string_view what, std::string_view name, std::span<const std::string_view> valid);

/// Text from outside as it may stand in a message: one line, at most 60 bytes, no control characters.
std::string printable(std::string_view text);

}  // namespace latent
