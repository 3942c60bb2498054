#pragma once
// Ctrl-C and SIGTERM while training: the first one asks to stop, the second one kills.

#include <atomic>

namespace latent::cli {

/// While one lives, the first SIGINT or SIGTERM sets stop(); after it, the signals have their usual effect again.
/// One at a time in a process.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  // Asked of a guard, so that there must be one.
  const std::atomic<bool>& stop() const;  // NOLINT(readability-convert-member-functions-to-static)
};

}  // namespace latent::cli
