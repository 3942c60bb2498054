#pragma once
// Signals that end the program: unfinished files go with it, and training is saved first.

#include <atomic>
#include <cstdint>

namespace latent::cli {

/// From now on SIGINT, SIGTERM, SIGHUP and the other signals that end a process and can be caught remove its unfinished
/// files before they do so. Signals that the program was started with ignored (nohup) stay ignored. A mapped file that
/// another program shortens is an error in place of a signal; see survive_shortened_files().
void handle_signals();

/// While one lives, the first SIGINT (Ctrl-C), SIGTERM or SIGHUP (the terminal is gone) sets stop(); after it, the
/// signals end the process again. One at a time in a process.
class InterruptGuard {
 public:
  /// What the first signal is answered with on standard error.
  enum class Says : uint8_t { saving, ending };
  explicit InterruptGuard(Says says = Says::saving);
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  // Asked of a guard, so that there must be one.
  const std::atomic<bool>& stop() const;  // NOLINT(readability-convert-member-functions-to-static)
};

}  // namespace latent::cli
