#include <latent/data/dataset.hpp>

#include <nlohmann/json.hpp>

#include <cmath>

namespace latent::data {

namespace {

std::vector<double> numbers(const nlohmann::json& json, const char* key) {
  if (!json.contains(key)) return {};
  const nlohmann::json& list = json.at(key);
  LATENT_CHECK(list.is_array(), "[transform] '{}': expected a list of numbers, got {}", key, list.type_name());
  std::vector<double> values;
  values.reserve(list.size());
  for (const nlohmann::json& value : list) {
    LATENT_CHECK(value.is_number(), "[transform] '{}': expected numbers, got {}", key, value.type_name());
    values.push_back(value.get<double>());
    LATENT_CHECK(std::isfinite(values.back()), "[transform] '{}': expected finite numbers, got {}", key, values.back());
  }
  return values;
}

}  // namespace

nlohmann::json Transform::to_json() const { return {{"shift", shift}, {"scale", scale}, {"impute", impute}}; }

Transform Transform::from_json(const nlohmann::json& json) {
  LATENT_CHECK(json.is_object(), "[transform] expected an object, got {}", json.type_name());
  for (const auto& [key, value] : json.items()) {
    LATENT_CHECK(key == "shift" || key == "scale" || key == "impute", "[transform] unknown key '{}'", key);
  }
  Transform transform{numbers(json, "shift"), numbers(json, "scale"), numbers(json, "impute")};
  LATENT_CHECK(transform.shift.size() == transform.scale.size(), "[transform] {} shifts, but {} scales",
               transform.shift.size(), transform.scale.size());
  LATENT_CHECK(transform.impute.empty() || transform.impute.size() == transform.shift.size(),
               "[transform] {} shifts, but {} values to impute", transform.shift.size(), transform.impute.size());
  return transform;
}

}  // namespace latent::data
