#pragma once
// Settings in JSON, read strictly: wrong types, values out of range and unknown keys are answered with one line.

#include <latent/core/detail/json_value.hpp>
#include <latent/core/names.hpp>  // printable() of text, which would be taken for JSON without it

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latent {

/// The members of one JSON object. Looks at the object, which must outlive it.
/// All functions throw std::invalid_argument: "[WHAT] KEY: RULE, got VALUE". A `fallback` of nullopt makes a key
/// required.
class JsonFields {
 public:
  /// @param what  names the object in messages: "likelihood"
  /// @param keys  all that may appear
  /// @throws std::invalid_argument if `object` is no object, or has another key (with the nearest valid one)
  JsonFields(std::string_view what, const nlohmann::json& object, std::span<const std::string_view> keys);
  JsonFields(std::string_view what, const nlohmann::json& object, std::initializer_list<std::string_view> keys)
      : JsonFields(what, object, std::span(keys.begin(), keys.size())) {}

  /// The member, or nullptr if it is absent.
  const nlohmann::json* find(std::string_view key) const;
  /// The member. @throws std::invalid_argument if it is absent
  const nlohmann::json& at(std::string_view key) const;

  std::string text(std::string_view key, std::optional<std::string> fallback = std::nullopt) const;
  /// A number in [low, high]; NaN is outside.
  double number(std::string_view key, std::optional<double> fallback, double low, double high) const;
  /// A whole number in [low, high]; 20.0 is not one.
  int64_t integer(std::string_view key, std::optional<int64_t> fallback, int64_t low, int64_t high) const;
  /// An array of at most `max_count` whole numbers in [low, high].
  std::vector<int64_t> integers(std::string_view key, std::optional<std::vector<int64_t>> fallback, size_t max_count,
                                int64_t low, int64_t high) const;

  /// Throws "[WHAT] KEY: RULE, got VALUE" for a member that is present.
  [[noreturn]] void refuse(std::string_view key, const std::string& rule) const;

 private:
  std::string what_;
  const nlohmann::json& object_;
};

/// The "name" of {"name": "gaussian", ...}: the choice that decides which other keys are valid.
/// @throws std::invalid_argument if `object` is no object or has no such string
std::string name_in(std::string_view what, const nlohmann::json& object);

/// A value from outside as it may stand in a message: one line, at most 60 bytes, no control characters; arrays and
/// objects by their kind alone.
std::string printable(const nlohmann::json& value);

}  // namespace latent
