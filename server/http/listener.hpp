#pragma once
// The server itself: sockets and threads. cpp-httplib reads requests and writes answers; who waits for whom is decided
// here.

#include <server/http/exchange.hpp>

#include <memory>
#include <string>

namespace latent::server {

struct ListenerOptions {
  std::string host = "127.0.0.1";
  int port = 0;  ///< 0: any that is free
  ExchangeOptions exchange = {};
  /// Requests that are read, worked on and answered at the same time; exchange.most_streams are fewer, so that streams
  /// leave room for others.
  int workers = 48;
  int most_connections = 512;
};

/// Answers requests until it is destroyed. A connection costs a thread only while a request of it is worked on: heads
/// are gathered by one thread for all connections, and a client that is slow, silent or gone meets a deadline. More
/// connections than allowed: the one that was idle longest is closed, or the new one refused (503).
class Listener {
 public:
  /// Binds and begins to answer. @param handler  called by many threads at once; must not throw
  /// @throws UsageError if nobody may listen there
  Listener(ListenerOptions options, Exchange::Handler handler);
  /// Ends what is under way: the sooner, the sooner handlers return.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int port() const;
  /// Connections at this moment.
  int64_t connections() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace latent::server
