#pragma once
// How long something takes.

#include <chrono>

namespace latent {

class Stopwatch {
 public:
  /// Seconds since the last lap(), or since construction.
  double seconds() const { return std::chrono::duration<double>(Clock::now() - last_).count(); }
  /// The same, and begins anew.
  double lap() {
    const double passed = seconds();
    last_ = Clock::now();
    return passed;
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_ = Clock::now();
};

}  // namespace latent
