#include <cli/standard_input.hpp>

#include <latent/core/error.hpp>

#include <cerrno>
#include <poll.h>
#include <unistd.h>

namespace latent::cli {

size_t read_standard_input(std::span<std::byte> to, const std::function<bool()>& stopped) {
  constexpr int kMilliseconds = 50;
  while (!stopped()) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (poll(&input, 1, kMilliseconds) == 0) continue;
    const ssize_t count = ::read(STDIN_FILENO, to.data(), to.size());
    if (count >= 0) return static_cast<size_t>(count);
    if (errno != EINTR && errno != EAGAIN) throw IoError("standard input", "read", errno);
  }
  return 0;
}

}  // namespace latent::cli
