#include <server/http/router.hpp>

#include <latent/core/error.hpp>
#include <latent/core/interrupted.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <new>
#include <set>

namespace latent::server {

namespace {

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    parts.emplace_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// Whether a path fits a pattern; what its names stand for goes to `captures`.
bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& path,
          std::map<std::string, std::string>& captures) {
  captures.clear();
  if (pattern.back().ends_with('*')) {  // ":id*": all that is left, with its slashes
    if (path.size() < pattern.size()) return false;
    std::vector<std::string> joined(path.begin(), path.begin() + static_cast<ptrdiff_t>(pattern.size()));
    for (size_t i = pattern.size(); i < path.size(); ++i) joined.back() += "/" + path[i];
    std::vector<std::string> plain = pattern;
    plain.back().pop_back();
    return fits(plain, joined, captures);
  }
  if (pattern.size() != path.size()) return false;
  for (size_t i = 0; i < path.size(); ++i) {
    if (!pattern[i].starts_with(':')) {
      if (pattern[i] != path[i]) return false;
      continue;
    }
    // ":id.png": a name with an ending.
    const size_t dot = pattern[i].find('.');
    const std::string ending = dot == std::string::npos ? "" : pattern[i].substr(dot);
    if (path[i].size() <= ending.size() || !path[i].ends_with(ending)) return false;
    captures[pattern[i].substr(1, dot == std::string::npos ? dot : dot - 1)] =
        path[i].substr(0, path[i].size() - ending.size());
  }
  return true;
}

}  // namespace

void Router::add(std::string_view method, std::string_view pattern, Handler handler) {
  routes_.push_back({std::string(method), parts_of(pattern), std::move(handler)});
}

Response Router::handle(Request request) const {
  try {
    return answer(request);
  } catch (const HttpError& error) {
    return error_response(error.status(), error.what());
  } catch (const UsageError& error) {
    return error_response(400, error.what());
  } catch (const DataError& error) {
    return error_response(400, error.what());
  } catch (const std::invalid_argument& error) {
    return error_response(400, error.what());
  } catch (const nlohmann::json::exception&) {
    return error_response(400, "the body is not the JSON that is expected here");
  } catch (const Interrupted&) {
    return error_response(503, "the server is ending");
  } catch (const std::bad_alloc&) {
    return error_response(503, "out of memory");
  } catch (const std::exception& error) {
    return error_response(500, error.what());
  }
}

Response Router::answer(Request& request) const {
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  if (!request.path.starts_with(kPrefix)) {
    if (method != "GET") return error_response(405, "only GET is known here");
    return page_ ? page_(request) : error_response(404, "there is no page here");
  }
  const std::vector<std::string> path = parts_of(std::string_view(request.path).substr(kPrefix.size()));
  std::map<std::string, std::string> captures;
  std::set<std::string> allowed;
  for (const Route& route : routes_) {
    if (!fits(route.parts, path, captures)) continue;
    allowed.insert(route.method);
    if (route.method != method) continue;
    request.captures = std::move(captures);
    return route.handler(request);
  }
  if (allowed.empty()) return error_response(404, "there is nothing here; see docs/http-api.md");
  std::string methods;
  for (const std::string& one : allowed) methods += (methods.empty() ? "" : ", ") + one;
  return error_response(405, fmt::format("only {} is known here", methods)).with("Allow", methods);
}

std::vector<std::string> Router::routes() const {
  std::vector<std::string> names;
  for (const Route& route : routes_) {
    std::string name = route.method;
    for (size_t i = 0; i < route.parts.size(); ++i) name += (i == 0 ? " " : "/") + route.parts[i];
    names.push_back(name);
  }
  return names;
}

}  // namespace latent::server
