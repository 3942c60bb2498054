#include <cli/interrupt.hpp>

#include <latent/formats/map_guard.hpp>
#include <latent/formats/temporary.hpp>

#include <array>
#include <csignal>
#include <string_view>
#include <unistd.h>

namespace latent::cli {

namespace {

// What a user, a shell, a terminal or a scheduler sends; the first three may ask to stop rather than end.
constexpr std::array kStopping = {SIGINT, SIGTERM, SIGHUP};
constexpr std::array kEnding = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT, SIGABRT,   SIGXCPU,
                                SIGALRM, SIGUSR1, SIGUSR2, SIGPROF, SIGVTALRM, SIGPWR};

// A signal handler can reach nothing else.
std::atomic<bool> stop_requested{false};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<bool> says_ending{false};     // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
static_assert(std::atomic<bool>::is_always_lock_free);

void set_handler(int signal, void (*handler)(int)) {
  struct sigaction before {};
  if (sigaction(signal, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) return;
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

extern "C" void end(int signal) {
  remove_on_signal();
  std::signal(signal, SIG_DFL);
  raise(signal);  // takes effect on the way out of this handler
}

extern "C" void request_stop(int) {
  stop_requested = true;
  constexpr std::string_view kSaving = "\nlatent: interrupted: saving (once more: stop at once)\n";
  constexpr std::string_view kEnding = "\nlatent: ending (once more: stop at once)\n";
  const std::string_view message = says_ending ? kEnding : kSaving;
  // Nothing can be done about a failure here.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, message.data(), message.size());
  for (const int signal : kStopping) set_handler(signal, &end);
}

}  // namespace

void handle_signals() {
  for (const int signal : kEnding) set_handler(signal, &end);
  survive_shortened_files();
}

InterruptGuard::InterruptGuard(Says says) {
  stop_requested = false;
  says_ending = says == Says::ending;
  for (const int signal : kStopping) set_handler(signal, &request_stop);
}

InterruptGuard::~InterruptGuard() {
  for (const int signal : kStopping) set_handler(signal, &end);
}

// NOLINTNEXTLINE(readability-convert-member-functions-to-static): asked of a guard, so that there must be one
const std::atomic<bool>& InterruptGuard::stop() const { return stop_requested; }

}  // namespace latent::cli
