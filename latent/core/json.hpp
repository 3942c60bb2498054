#pragma once
// JSON in declarations, without a JSON library in them.

#include <memory>
#include <string>
#include <string_view>

namespace latent {

/// The value type of the JSON library that our own sources use.
template <class T>
concept JsonLibraryValue = requires {
  typename T::json_sax_t;
};

/// A JSON value: null, or what parse() read. Immutable; copies share it. Programs go by its text, with a JSON library
/// of their own or none.
class Json {
 public:
  /// null
  Json() = default;
  /// @throws std::invalid_argument for what is not JSON, and for values that are nested deeper than 64
  static Json parse(std::string_view text);
  /// Its text, on one line; bytes that are not UTF-8 are replaced.
  std::string dump() const;
  bool operator==(const Json& other) const;

  /// For sources that include latent/core/detail/json_value.hpp: the library's value becomes a Json by itself, and is
  /// what a Json points to.
  template <JsonLibraryValue T>
  Json(T value);  // NOLINT(google-explicit-constructor)
  const auto& operator*() const;
  const auto* operator->() const;

 private:
  struct Value;
  std::shared_ptr<const Value> value_;  // none: null
};

}  // namespace latent
