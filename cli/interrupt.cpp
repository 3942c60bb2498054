#include <cli/interrupt.hpp>

#include <csignal>
#include <string_view>
#include <unistd.h>

namespace latent::cli {

namespace {

// A signal handler can reach nothing else.
std::atomic<bool> stop_requested{false};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void request_stop(int) {
  stop_requested = true;
  constexpr std::string_view kMessage = "\nlatent: interrupted: saving (once more: stop at once)\n";
  // Nothing can be done about a failure here.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kMessage.data(), kMessage.size());
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

void set_handler(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

InterruptGuard::InterruptGuard() {
  stop_requested = false;
  set_handler(&request_stop);
}

InterruptGuard::~InterruptGuard() { set_handler(SIG_DFL); }

// NOLINTNEXTLINE(readability-convert-member-functions-to-static): asked of a guard, so that there must be one
const std::atomic<bool>& InterruptGuard::stop() const { return stop_requested; }

}  // namespace latent::cli
