#include <server/http/message.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace latent::server {

namespace {

std::optional<int64_t> whole_from(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// A parameter as an error may repeat it: short, and of one line.
std::string shown(std::string_view text) {
  constexpr size_t kMost = 40;
  std::string short_text(text.substr(0, kMost));
  for (char& c : short_text) {
    if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) > '~') c = '?';
  }
  return short_text;
}

}  // namespace

std::string Request::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

bool Request::has(std::string_view name) const {
  return std::ranges::any_of(query, [&](const auto& one) { return one.first == name; });
}

std::string Request::text(std::string_view name, const std::string& otherwise) const {
  const auto found = std::ranges::find_if(query, [&](const auto& one) { return one.first == name; });
  return found == query.end() ? otherwise : found->second;
}

int64_t Request::whole(std::string_view name, std::optional<int64_t> otherwise, int64_t low, int64_t high) const {
  if (!has(name)) {
    if (otherwise) return *otherwise;
    throw HttpError(400, fmt::format("{} is missing: a whole number from {} to {}", name, low, high));
  }
  const std::string value = text(name);
  const std::optional<int64_t> number = whole_from(value);
  if (!number || *number < low || *number > high) {
    throw HttpError(400,
                    fmt::format("{}: a whole number from {} to {} expected, got '{}'", name, low, high, shown(value)));
  }
  return *number;
}

double Request::number(std::string_view name, std::optional<double> otherwise) const {
  if (!has(name)) {
    if (otherwise) return *otherwise;
    throw HttpError(400, fmt::format("{} is missing: a number", name));
  }
  const std::string value = text(name);
  double number = 0.0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || !std::isfinite(number)) {
    throw HttpError(400, fmt::format("{}: a number expected, got '{}'", name, shown(value)));
  }
  return number;
}

int64_t Request::captured(const std::string& name) const {
  const auto found = captures.find(name);
  const std::optional<int64_t> number = found == captures.end() ? std::nullopt : whole_from(found->second);
  if (!number || *number < 0) throw HttpError(404, fmt::format("there is nothing at {}", shown(path)));
  return *number;
}

std::vector<int64_t> Request::wholes(std::string_view name, int64_t low, int64_t high, int64_t most) const {
  const std::string list = text(name);
  std::vector<int64_t> numbers;
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(',', begin), list.size());
    const std::optional<int64_t> number = whole_from(std::string_view(list).substr(begin, end - begin));
    if (!number || *number < low || *number > high) {
      throw HttpError(400, fmt::format("{}: whole numbers from {} to {} with commas between them expected, got '{}'",
                                       name, low, high, shown(list)));
    }
    numbers.push_back(*number);
    if (static_cast<int64_t>(numbers.size()) > most)
      throw HttpError(400, fmt::format("{}: at most {} numbers", name, most));
    begin = end + 1;
  }
  return numbers;
}

std::span<const char> Response::element_bytes() const {
  if (!elements.defined()) return {};
  return {static_cast<const char*>(elements.raw()), elements.nbytes()};
}

std::string Response::whole_body() const {
  const std::span<const char> rest = element_bytes();
  return body + std::string(rest.data(), rest.size());
}

Response& Response::with(std::string name, std::string value) {
  headers.emplace_back(std::move(name), std::move(value));
  return *this;
}

Response json_response(const Json& json, int status) {
  return {.status = status, .body = json.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

Response error_response(int status, std::string_view what) {
  std::string line(what);
  std::ranges::replace_if(
      line, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return json_response({{"error", line}}, status);
}

Response bytes_response(std::string bytes, std::string type) {
  return {.type = std::move(type), .body = std::move(bytes)};
}

std::string event_text(std::string_view name, const Json& data) {
  return fmt::format("event: {}\ndata: {}\n\n", name, data.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace latent::server
