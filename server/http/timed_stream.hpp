#pragma once
// What requests are read from: httplib's stream, with deadlines.

#include <httplib.h>

#include <chrono>

namespace latent::server {

class TimedStream : public httplib::Stream {
 public:
  using Clock = std::chrono::steady_clock;

  virtual void read_until(Clock::time_point deadline) = 0;
  virtual void write_until(Clock::time_point deadline) = 0;
  /// Whether reading or writing failed: then the connection is over.
  virtual bool failed() const = 0;
};

inline TimedStream::Clock::time_point in_seconds(double seconds) {
  return TimedStream::Clock::now() +
         std::chrono::duration_cast<TimedStream::Clock::duration>(std::chrono::duration<double>(seconds));
}

}  // namespace latent::server
