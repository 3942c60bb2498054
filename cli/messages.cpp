#include <cli/messages.hpp>

#include <latent/core/error.hpp>

#include <fmt/core.h>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace latent::cli {

namespace {

// One for the process, as standard error is.
std::atomic<int64_t> lost_count{0}, told_count{0};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<int> last_error{0};                     // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

// Writes all of it. @return 0, or the error
int write_all(int fd, std::string_view text) noexcept {
  constexpr int kPatience = 1000;  // milliseconds that a reader of a pipe that does not wait by itself may take
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd writable{fd, POLLOUT, 0};
      if (::poll(&writable, 1, kPatience) == 0) return EAGAIN;
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

}  // namespace

void prepare_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest number that is free: this one. Opened the other way round, so that using it is still an error.
    if (::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void say(std::string_view text) noexcept {
  if (const int error = write_all(STDERR_FILENO, text); error != 0) {
    last_error = error;
    ++lost_count;
  }
}

void draw(std::string_view text) noexcept { write_all(STDERR_FILENO, text); }

std::string LostMessages::text() const {
  if (count == 0) return {};
  return fmt::format("{} message{} could not be written to standard error: {}", count, count == 1 ? "" : "s",
                     std::strerror(error_number));
}

LostMessages lost_messages() { return {lost_count, last_error}; }

void tell_of_lost_messages() {
  const LostMessages lost = lost_messages();
  if (lost.count == told_count) return;
  const std::string text = fmt::format("latent: {}\n", lost.text());
  if (write_all(STDERR_FILENO, text) == 0) told_count = lost.count;
}

void print_result(std::string_view text) {
  if (const int error = write_all(STDOUT_FILENO, text); error != 0) {
    throw IoError("standard output", "cannot write", error);
  }
}

}  // namespace latent::cli
