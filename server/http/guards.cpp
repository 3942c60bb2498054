#include <server/http/guards.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <random>

namespace latent::server {

namespace {

constexpr size_t kLongestPath = 2048;

// "127.0.0.1:8080" -> "127.0.0.1"; "[::1]:8080" -> "[::1]"
std::string_view host_name(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, std::min(host.find(']'), host.size() - 1) + 1);
  return host.substr(0, host.find(':'));
}

bool is_this_machine(std::string_view host) {
  constexpr std::array<std::string_view, 3> kNames = {"localhost", "127.0.0.1", "[::1]"};
  std::string name(host_name(host));
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::find(kNames, name) != kNames.end();
}

bool is_api(const Request& request) { return request.path.starts_with("/api"); }

std::optional<Response> foreign(const Request& request, const GuardOptions& options) {
  const std::string host = request.header("host");
  if (host.empty() || (options.is_loopback && !is_this_machine(host))) {
    return error_response(403, "this server answers to 127.0.0.1 and localhost alone");
  }
  const std::string origin = request.header("origin");
  if (!origin.empty() && origin != "http://" + host && origin != "https://" + host) {
    return error_response(403, "pages of other servers may not ask here");
  }
  // What a foreign page fetches as a picture or script bears no Origin, but says so.
  const std::string site = request.header("sec-fetch-site");
  if (is_api(request) && !site.empty() && site != "same-origin" && site != "none") {
    return error_response(403, "pages of other servers may not ask here");
  }
  return std::nullopt;
}

std::optional<Response> without_token(const Request& request, const GuardOptions& options) {
  if (options.token.empty() || !is_api(request)) return std::nullopt;
  constexpr std::string_view kBearer = "Bearer ";
  const std::string header = request.header("authorization");
  const bool known = (header.starts_with(kBearer) && same_secret(header.substr(kBearer.size()), options.token)) ||
                     same_secret(request.text("token"), options.token);
  if (known) return std::nullopt;
  return error_response(401, "the token that the server printed is missing or wrong")
      .with("WWW-Authenticate", "Bearer");
}

std::optional<int64_t> length_of(const Request& request) {
  const std::string text = request.header("content-length");
  int64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || length < 0) return std::nullopt;
  return length;
}

std::optional<Response> wrong_body(const Request& request, const GuardOptions& options, size_t content_lengths) {
  const bool has_length = content_lengths > 0;
  if (!request.header("transfer-encoding").empty()) {
    return error_response(411, "a body needs a Content-Length, and no Transfer-Encoding");
  }
  if (!request.header("content-encoding").empty()) return error_response(415, "a body must not be packed");
  if (request.header("content-type").starts_with("multipart/")) {
    return error_response(415, "a body is the data itself, not parts of a form");
  }
  if (!has_length) {
    if (request.method == "POST") return error_response(411, "a body needs a Content-Length; it may be 0");
    return std::nullopt;
  }
  const std::optional<int64_t> length = length_of(request);
  if (!length || content_lengths > 1) return error_response(400, "Content-Length is no length");
  if (request.method != "POST" && *length > 0) return error_response(400, "only POST has a body here");
  if (*length > options.most_body_bytes) {
    return error_response(413, fmt::format("a body of {} bytes at most, got {}", options.most_body_bytes, *length));
  }
  return std::nullopt;
}

}  // namespace

std::optional<Response> refusal(const Request& request, const GuardOptions& options, size_t content_lengths) {
  constexpr std::array<std::string_view, 4> kMethods = {"GET", "HEAD", "POST", "DELETE"};
  if (auto refused = foreign(request, options)) return refused;
  if (std::ranges::find(kMethods, request.method) == kMethods.end()) {
    return error_response(405, "only GET, HEAD, POST and DELETE are known here")
        .with("Allow", "GET, HEAD, POST, DELETE");
  }
  if (request.path.size() > kLongestPath) return error_response(414, "the path is too long");
  if (auto refused = without_token(request, options)) return refused;
  return wrong_body(request, options, content_lengths);
}

int64_t body_bytes(const Request& request) { return length_of(request).value_or(0); }

bool same_secret(std::string_view a, std::string_view b) {
  unsigned char different = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < a.size(); ++i) {
    different |= static_cast<unsigned char>(a[i] ^ (b.empty() ? '\0' : b[i % b.size()]));
  }
  return different == 0;
}

std::string new_token() {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  constexpr size_t kLength = 32;
  std::random_device device;
  std::uniform_int_distribution<size_t> letter(0, kLetters.size() - 1);
  std::string token;
  while (token.size() < kLength) token += kLetters[letter(device)];
  return token;
}

}  // namespace latent::server
