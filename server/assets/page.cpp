#include <server/assets/page.hpp>

#include <latent/formats/file.hpp>

#include <algorithm>

namespace latent::server {

namespace {

constexpr const char* kPolicy =
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    "worker-src 'self' blob:; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

constexpr const char* kNote = R"(<!doctype html>
<html lang="en"><meta charset="utf-8"><title>latent explore</title>
<body style="font-family: sans-serif; max-width: 40em; margin: 3em auto; line-height: 1.5">
<h1>latent explore</h1>
<p>This program was built without its page: Node was not there, or it was built with <code>-DLATENT_WEB=OFF</code>.
What the page would ask is answered all the same: see <code>docs/http-api.md</code>, and begin with
<a href="/api/v1/info">/api/v1/info</a>.</p>
</body></html>
)";

Response note(const Request& request) {
  if (request.path != "/" && request.path != "/index.html") return error_response(404, "there is no such page");
  Response response{.type = "text/html; charset=utf-8", .body = kNote};
  response.with("Content-Security-Policy", kPolicy);
  return response;
}

bool takes_gzip(const Request& request) { return request.header("accept-encoding").find("gzip") != std::string::npos; }

}  // namespace

Response page(const Request& request) {
  if (assets().empty()) return note(request);
  const std::string path = request.path == "/" ? "/index.html" : request.path;
  const auto found = std::ranges::find(assets(), path, &Asset::path);
  if (found == assets().end()) return error_response(404, "there is no such page");
  Response response{.type = std::string(found->type)};
  response.with("ETag", std::string(found->etag));
  response.with("Cache-Control", found->is_hashed ? "public, max-age=31536000, immutable" : "no-cache");
  response.with("Content-Security-Policy", kPolicy);
  response.with("Vary", "Accept-Encoding");
  if (request.header("if-none-match") == found->etag) {
    response.status = 304;
    return response;
  }
  const std::string packed(reinterpret_cast<const char*>(found->gzip.data()), found->gzip.size());
  if (takes_gzip(request)) {
    response.with("Content-Encoding", "gzip");
    response.body = packed;
    return response;
  }
  const std::vector<std::byte> bytes = gunzip(std::as_bytes(std::span(packed.data(), packed.size())), "the page");
  response.body.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return response;
}

}  // namespace latent::server
