#pragma once
// What is in a Json, for our own sources: they build and read nlohmann::json, and public declarations say Json.

#include <latent/core/json.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace latent {

struct Json::Value {
  nlohmann::json json;
};

template <JsonLibraryValue T>
Json::Json(T value) : value_(std::make_shared<const Value>(Value{std::move(value)})) {}

inline const auto& Json::operator*() const {
  static const nlohmann::json kNull;
  return value_ ? value_->json : kNull;
}

inline const auto* Json::operator->() const { return &**this; }

}  // namespace latent
