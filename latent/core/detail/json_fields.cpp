#include <latent/core/detail/json_fields.hpp>

#include <latent/core/error.hpp>

#include <algorithm>
#include <limits>

namespace latent {

namespace {

// The whole number in `value`, if it is one that int64 can hold.
std::optional<int64_t> whole_number(const nlohmann::json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() &&
      value.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return std::nullopt;
  }
  return value.get<int64_t>();
}

}  // namespace

JsonFields::JsonFields(std::string_view what, const nlohmann::json& object,
                       std::span<const std::string_view> keys)
    : what_(what), object_(object) {
  LATENT_CHECK(object.is_object(), "[{}] expected a JSON object, got {}", what_, printable(object));
  for (const auto& [key, value] : object.items()) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      unknown_name(fmt::format("{} setting", what_), printable(std::string_view(key)), keys);
    }
  }
}

const nlohmann::json* JsonFields::find(std::string_view key) const {
  const auto member = object_.find(std::string(key));
  return member == object_.end() ? nullptr : &*member;
}

const nlohmann::json& JsonFields::at(std::string_view key) const {
  const nlohmann::json* member = find(key);
  LATENT_CHECK(member != nullptr, "[{}] {} is missing", what_, key);
  return *member;
}

std::string JsonFields::text(std::string_view key, std::optional<std::string> fallback) const {
  if (fallback && find(key) == nullptr) return *fallback;
  const nlohmann::json& value = at(key);
  if (!value.is_string()) refuse(key, "expected a string");
  return value.get<std::string>();
}

double JsonFields::number(std::string_view key, std::optional<double> fallback, double low, double high) const {
  if (fallback && find(key) == nullptr) return *fallback;
  const nlohmann::json& value = at(key);
  const std::string rule = fmt::format("expected a number from {} to {}", low, high);
  if (!value.is_number()) refuse(key, rule);
  const auto result = value.get<double>();
  if (!(low <= result && result <= high)) refuse(key, rule);
  return result;
}

int64_t JsonFields::integer(std::string_view key, std::optional<int64_t> fallback, int64_t low, int64_t high) const {
  if (fallback && find(key) == nullptr) return *fallback;
  const std::optional<int64_t> result = whole_number(at(key));
  if (!result || *result < low || *result > high) {
    refuse(key, fmt::format("expected a whole number from {} to {}", low, high));
  }
  return *result;
}

std::vector<int64_t> JsonFields::integers(std::string_view key, std::optional<std::vector<int64_t>> fallback,
                                          size_t max_count, int64_t low, int64_t high) const {
  if (fallback && find(key) == nullptr) return *fallback;
  const nlohmann::json& array = at(key);
  if (!array.is_array() || array.size() > max_count) {
    refuse(key, fmt::format("expected an array of at most {} whole numbers", max_count));
  }
  std::vector<int64_t> result;
  for (const nlohmann::json& value : array) {
    const std::optional<int64_t> element = whole_number(value);
    LATENT_CHECK(element && low <= *element && *element <= high,
                 "[{}] {}: expected whole numbers from {} to {}, got {} among them", what_, key, low, high,
                 printable(value));
    result.push_back(*element);
  }
  return result;
}

void JsonFields::refuse(std::string_view key, const std::string& rule) const {
  detail::throw_invalid_argument(fmt::format("[{}] {}: {}, got {}", what_, key, rule, printable(at(key))));
}

std::string name_in(std::string_view what, const nlohmann::json& object) {
  LATENT_CHECK(object.is_object(), "[{}] expected a JSON object with a name, got {}", what, printable(object));
  const auto name = object.find("name");
  LATENT_CHECK(name != object.end() && name->is_string(), "[{}] name: expected a string, got {}", what,
               name == object.end() ? "nothing" : printable(*name));
  return name->get<std::string>();
}

std::string printable(const nlohmann::json& value) {
  if (value.is_string()) return fmt::format("\"{}\"", printable(std::string_view(value.get_ref<const std::string&>())));
  if (value.is_structured()) return fmt::format("an {} of {}", value.type_name(), value.size());
  return value.dump();
}

}  // namespace latent
