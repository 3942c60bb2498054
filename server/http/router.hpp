#pragma once
// From a path to what answers it.

#include <server/http/message.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace latent::server {

class Router {
 public:
  using Handler = std::function<Response(const Request&)>;

  /// @param pattern  "maps/:id/positions" below the prefix: ":id" is one part of a path, whatever it holds, and
  ///                 ":id*" at the end all that is left. Of patterns that fit, the one that was added first answers.
  void add(std::string_view method, std::string_view pattern, Handler handler);
  /// What is answered outside of the prefix: the page.
  void set_page(Handler handler) { page_ = std::move(handler); }

  /// Never throws: what goes wrong becomes an answer. 400 for what was asked wrongly (UsageError,
  /// std::invalid_argument, DataError, malformed JSON), 404, 405, 500 for the rest.
  Response handle(Request request) const;

  /// "GET info", "POST maps", ...: all that there are.
  std::vector<std::string> routes() const;

  static constexpr std::string_view kPrefix = "/api/v1/";

 private:
  struct Route {
    std::string method;
    std::vector<std::string> parts;
    Handler handler;
  };
  Response answer(Request& request) const;

  std::vector<Route> routes_;
  Handler page_;
};

}  // namespace latent::server
