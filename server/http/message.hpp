#pragma once
// What a route is asked and what it answers: nothing of sockets, and nothing of the library that reads HTTP.

#include <latent/core/tensor.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace latent::server {

using Json = nlohmann::ordered_json;

/// A refusal: an HTTP status and one line for whoever asked.
class HttpError : public std::runtime_error {
 public:
  HttpError(int status, const std::string& what) : std::runtime_error(what), status_(status) {}
  int status() const { return status_; }

 private:
  int status_;
};

struct Request {
  std::string method;                                           ///< "GET", "POST", "DELETE", "HEAD", ...
  std::string path;                                             ///< without the query, decoded: "/api/v1/maps/3"
  std::vector<std::pair<std::string, std::string>> query = {};  ///< decoded
  std::map<std::string, std::string> headers = {};              ///< names in lower case; of several the first
  std::string body = {};
  std::map<std::string, std::string> captures = {};  ///< what a route's pattern found in the path

  std::string header(const std::string& name) const;
  bool has(std::string_view name) const;  ///< whether the query has such a parameter
  /// A parameter of the query; the default where it is not there.
  std::string text(std::string_view name, const std::string& otherwise = {}) const;
  /// @throws HttpError (400) for what is no whole number in [low, high]; without a default also where it is not there
  int64_t whole(std::string_view name, std::optional<int64_t> otherwise, int64_t low, int64_t high) const;
  /// A finite number. @throws HttpError (400)
  double number(std::string_view name, std::optional<double> otherwise) const;
  /// A whole number that the path holds. @throws HttpError (404) where it is none
  int64_t captured(const std::string& name) const;
  /// "1,2,3": whole numbers in [low, high], at most `most` of them. @throws HttpError (400)
  std::vector<int64_t> wholes(std::string_view name, int64_t low, int64_t high, int64_t most) const;
};

struct Response {
  int status = 200;
  std::string type = "application/json";
  std::string body = {};
  /// What follows `body`: the elements of an array, sent from where they lie, however many they are. Nobody may change
  /// them any more.
  Tensor elements = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  /// Of a stream of events: what comes next (it may wait a second for it, and give "" then), or nothing at its end.
  std::function<std::optional<std::string>()> next = {};

  std::span<const char> element_bytes() const;
  /// Body and elements in one piece, for those who are no clients.
  std::string whole_body() const;
  Response& with(std::string name, std::string value);
};

Response json_response(const Json& json, int status = 200);
/// {"error": "one line"}; line breaks become blanks.
Response error_response(int status, std::string_view what);
Response bytes_response(std::string bytes, std::string type);
/// "event: NAME\ndata: {...}\n\n"
std::string event_text(std::string_view name, const Json& data);

}  // namespace latent::server
