#include <server/http/connection.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace latent::server {

Connection::Connection(socket_t socket) : socket_(socket) {
  fcntl(socket_, F_SETFD, FD_CLOEXEC);
  const int on = 1;  // head and body of an answer are written one after the other
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

Connection::~Connection() { close(socket_); }

ssize_t Connection::receive(char* to, size_t size, int flags) {
  ssize_t count = 0;
  do {
    count = recv(socket_, to, size, flags);
  } while (count < 0 && errno == EINTR);
  return count;
}

bool Connection::take_available() {
  constexpr size_t kAtOnce = 4096;
  std::array<char, kAtOnce> chunk;
  const ssize_t count = receive(chunk.data(), chunk.size(), MSG_DONTWAIT);
  if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
  if (count == 0) return false;
  bytes_.erase(0, at_);
  at_ = 0;
  bytes_.append(chunk.data(), static_cast<size_t>(count));
  return true;
}

bool Connection::wait_for(short events, Clock::time_point deadline) const {
  constexpr int64_t kLongestWait = 60'000;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd waiting{.fd = socket_, .events = events, .revents = 0};
    const int ready = poll(&waiting, 1, static_cast<int>(std::min<int64_t>(left, kLongestWait)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

ssize_t Connection::read(char* to, size_t size) {
  if (at_ < bytes_.size()) {
    const size_t count = std::min(size, bytes_.size() - at_);
    std::memcpy(to, bytes_.data() + at_, count);
    at_ += count;
    if (at_ == bytes_.size()) {
      bytes_.clear();
      at_ = 0;
    }
    return static_cast<ssize_t>(count);
  }
  for (;;) {
    const ssize_t count = receive(to, size, MSG_DONTWAIT);
    if (count > 0) return count;
    const bool is_early = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (is_early && wait_for(POLLIN, read_deadline_)) continue;
    failed_ = true;
    return is_early ? -1 : count;
  }
}

// All of it or nothing: httplib writes a head in one call and does not look whether all of it went.
ssize_t Connection::write(const char* from, size_t size) {
  constexpr auto kLongestPause = std::chrono::seconds(10);
  for (size_t sent = 0; sent < size;) {
    const ssize_t count = send(socket_, from + sent, size - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count >= 0) {
      sent += static_cast<size_t>(count);
      continue;
    }
    if (errno == EINTR) continue;
    const bool is_full = errno == EAGAIN || errno == EWOULDBLOCK;
    if (is_full && wait_for(POLLOUT, std::min(write_deadline_, Clock::now() + kLongestPause))) continue;
    failed_ = true;
    return -1;
  }
  return static_cast<ssize_t>(size);
}

void Connection::finish() {
  constexpr auto kLinger = std::chrono::milliseconds(200);
  constexpr size_t kMost = size_t{4} << 20;
  shutdown(socket_, SHUT_WR);
  const Clock::time_point deadline = Clock::now() + kLinger;
  std::array<char, 4096> swallowed;
  for (size_t total = 0; total < kMost && wait_for(POLLIN, deadline);) {
    const ssize_t count = receive(swallowed.data(), swallowed.size(), MSG_DONTWAIT);
    if (count <= 0) return;
    total += static_cast<size_t>(count);
  }
}

// Nobody asks who a client is: it is this machine, or has the token.
void Connection::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

void Connection::get_local_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

}  // namespace latent::server
