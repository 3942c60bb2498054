#pragma once
// The explorer: a session, everything that answers for it, and the server in front.

#include <server/http/listener.hpp>
#include <server/session.hpp>
#include <server/training.hpp>

#include <memory>
#include <string>

namespace latent::server {

struct ExplorerOptions {
  std::string host = "127.0.0.1";
  int port = 0;            ///< 0: any that is free
  std::string token = {};  ///< that requests must show; empty: none. Other hosts than this machine need one
};

class Explorer {
 public:
  /// Answers from now on: of a training, where there is one; of a session, once there is one.
  /// @param training  must outlive this; may be null
  /// @throws UsageError if nobody may listen there, or other hosts without a token
  explicit Explorer(const ExplorerOptions& options, TrainingWatch* training = nullptr);
  /// Stops what is being computed, and answers no more.
  ~Explorer();
  Explorer(const Explorer&) = delete;
  Explorer& operator=(const Explorer&) = delete;

  /// From now on this is what is looked at, beside the training, in the place of what was before.
  void show(std::unique_ptr<Session> session);
  /// Tells those who look how far the codes of what will be shown next are; show() ends it.
  /// @param of  the data
  void prepare(const std::string& of, int64_t done, int64_t total);

  int port() const;
  /// "http://127.0.0.1:8080/", with the token where there is one.
  std::string address() const;
  /// The answer to a request, as a client would get it, without sockets. @throws never
  Response answer(Request request) const;
  /// "GET info", "POST maps", ...: what is answered now.
  std::vector<std::string> routes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Whether a host is this machine alone: 127.0.0.1, localhost or ::1.
bool is_loopback(const std::string& host);

}  // namespace latent::server
