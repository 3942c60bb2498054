#pragma once
// Tables of named choices: what a registry is made of, one line for each.

#include <latent/core/names.hpp>

#include <array>

namespace latent {

/// A name that users type, and what it stands for (usually a function that makes it).
template <class Value>
struct Choice {
  std::string_view name;
  Value value;
};

/// The names of a table, in its order.
template <class Value, size_t Count>
constexpr std::array<std::string_view, Count> names_of(const std::array<Choice<Value>, Count>& choices) {
  std::array<std::string_view, Count> names;
  for (size_t i = 0; i < Count; ++i) names[i] = choices[i].name;
  return names;
}

/// What `name` stands for. @throws std::invalid_argument for an unknown name, with the nearest valid one
template <class Value, size_t Count>
const Value& choose(std::string_view what, std::string_view name, const std::array<Choice<Value>, Count>& choices) {
  for (const Choice<Value>& choice : choices) {
    if (choice.name == name) return choice.value;
  }
  unknown_name(what, printable(name), names_of(choices));
}

}  // namespace latent
