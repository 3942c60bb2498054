#pragma once
// All that answers for one session, without sockets.

#include <server/http/guards.hpp>
#include <server/http/lanes.hpp>
#include <server/http/message.hpp>
#include <server/session.hpp>
#include <server/preparing.hpp>
#include <server/training.hpp>

#include <memory>
#include <string>
#include <vector>

namespace latent::server {

class Site {
 public:
  /// @param lanes, preparing, training  must outlive this; training may be null
  /// @param guards  limits that clients are told of
  Site(std::unique_ptr<Session> session, Lanes& lanes, const GuardOptions& guards, const Preparing& preparing,
       TrainingWatch* training);
  /// Stops what is being computed.
  ~Site();
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  /// Ends what is being computed beside the lanes, for good.
  void end();
  /// Never throws; safe from many threads.
  Response answer(Request request) const;
  /// "GET info", "POST maps", ...
  std::vector<std::string> routes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace latent::server
