#include <cli/report.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace latent::cli {

Report& Report::row(std::string_view name, std::string value) {
  table.row(name, std::move(value));
  return *this;
}

Report& Report::both(const std::string& key, Json value, std::string text) {
  json[key] = std::move(value);
  std::string name = key;
  std::replace(name.begin(), name.end(), '_', ' ');
  return row(name, std::move(text));
}

Report& Report::figure(const std::string& key, const std::optional<double>& value, const char* format) {
  if (value) return both(key, *value, fmt::format(fmt::runtime(format), *value));
  json[key] = nullptr;
  return *this;
}

Report& Report::line(std::string_view text) {
  lines_ += fmt::format("{}\n", text);
  return *this;
}

Report& Report::shown(const std::string& what) {
  json["shown"] = text_or_null(what);
  return what.empty() ? *this : line(fmt::format("shown: {}", what));
}

Json number_or_null(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? Json(*value) : Json();
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

}  // namespace latent::cli
