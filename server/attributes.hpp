#pragma once
// Directions that clients name: which way an attribute lies among the codes.

#include <server/http/message.hpp>
#include <server/session.hpp>

#include <latent/space/editing/directions.hpp>

#include <mutex>
#include <string>
#include <vector>

namespace latent::server {

class Attributes {
 public:
  explicit Attributes(const Session& session) : session_(session) {}

  /// [{name, vector, auroc, with, without, method}]
  Json list() const;
  /// {name, ids | expression, method}: found among the codes; one of the same name is replaced. The same as list() of
  /// it. @throws HttpError (400), UsageError, std::invalid_argument
  Json add(const Json& request);
  /// @throws HttpError (404)
  void remove(const std::string& name);

 private:
  struct Known {
    space::Directions directions;  // one
    int64_t with = 0, without = 0;
    std::string method;
  };
  static Json describe(const Known& known);

  const Session& session_;
  mutable std::mutex mutex_;
  std::vector<Known> known_;
};

}  // namespace latent::server
