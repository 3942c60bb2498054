#pragma once
// One request after the other from a stream, and the answers to it: what cpp-httplib reads and writes, between guards.

#include <server/http/guards.hpp>
#include <server/http/timed_stream.hpp>

#include <atomic>
#include <functional>
#include <memory>

namespace latent::server {

struct ExchangeOptions {
  GuardOptions guards = {};
  int most_streams = 24;                                ///< streams of events at once
  int64_t most_bytes_in_progress = int64_t{128} << 20;  ///< bodies of all requests under way
  /// Seconds: for a head that has begun, for a body, for an answer to be taken; how long a kept connection may be
  /// silent.
  double head_seconds = 10.0, body_seconds = 30.0, write_seconds = 60.0, idle_seconds = 60.0;
};

/// Safe from many threads, each with a stream of its own.
class Exchange {
 public:
  using Handler = std::function<Response(Request)>;

  /// @param handler  called by many threads at once; must not throw
  Exchange(const ExchangeOptions& options, Handler handler);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// Reads one request, has it answered and writes the answer. False where the connection is over: nothing that could
  /// be read, a body that was left where it is, a client that is gone or wants no more.
  bool serve(TimedStream& stream);
  /// Ends streams of events; requests that come from now on are the last of their connection.
  void wind_up();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace latent::server
