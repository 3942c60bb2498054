#include <latent/core/activation.hpp>

#include <latent/core/names.hpp>

#include <algorithm>
#include <array>

namespace latent {

namespace {
// In the order of the enumerators.
constexpr std::array<std::string_view, 8> kNames = {"none", "relu", "leaky_relu", "elu",
                                                    "gelu", "silu", "tanh",       "sigmoid"};
}  // namespace

Activation activation_from(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) unknown_name("activation", name, kNames);
  return static_cast<Activation>(found - kNames.begin());
}

std::string_view name_of(Activation activation) { return kNames[static_cast<size_t>(activation)]; }

std::span<const std::string_view> activation_names() { return kNames; }

}  // namespace latent
