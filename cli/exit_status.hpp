#pragma once
// What the tool answers to the shell, and the errors that decide it.

#include <stdexcept>
#include <string>
#include <utility>

namespace latent::cli {

enum ExitStatus : int {
  kDone = 0,
  kFailed = 1,        ///< something went wrong while working: no space, training diverged
  kUsage = 2,         ///< wrong arguments or unusable input; nothing was written
  kInterrupted = 130  ///< Ctrl-C, with the state saved or nothing written
};

/// Wrong arguments or unusable input (status 2). `what()` is one line without "latent:"; `advice` says what to do about
/// it, and may be empty.
class UsageError : public std::runtime_error {
 public:
  explicit UsageError(const std::string& what, std::string advice = {})
      : std::runtime_error(what), advice_(std::move(advice)) {}
  const std::string& advice() const { return advice_; }

 private:
  std::string advice_;
};

/// Stopped by Ctrl-C (status 130), with nothing half-written.
class Interrupted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace latent::cli
