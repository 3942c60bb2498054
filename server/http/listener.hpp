#pragma once
// The server itself: sockets and threads. cpp-httplib reads requests and writes answers; who waits for whom is decided
// here.

#include <server/http/guards.hpp>

#include <functional>
#include <memory>
#include <string>

namespace latent::server {

struct ListenerOptions {
  std::string host = "127.0.0.1";
  int port = 0;  ///< 0: any that is free
  GuardOptions guards = {};
  int workers = 48;       ///< requests that are read, worked on and answered at the same time
  int most_streams = 24;  ///< streams of events among them, so that they leave workers to others
  int most_connections = 512;
  int64_t most_bytes_in_progress = int64_t{128} << 20;  ///< bodies of all requests under way
  /// Seconds: for a head from its first byte on, for a body, for a client to ask for something more.
  double head_seconds = 10.0, body_seconds = 30.0, idle_seconds = 60.0;
};

/// Answers requests until it is destroyed. A connection costs a thread only while a request of it is worked on: heads
/// are gathered by one thread for all connections, and a client that is slow, silent or gone meets a deadline. More
/// connections than allowed: the one that was idle longest is closed, or the new one refused (503).
class Listener {
 public:
  using Handler = std::function<Response(Request)>;

  /// Binds and begins to answer. @param handler  called by many threads at once; must not throw
  /// @throws UsageError if nobody may listen there
  Listener(ListenerOptions options, Handler handler);
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
