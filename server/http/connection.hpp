#pragma once
// One connection of a client, read and written with time limits.

#include <server/http/timed_stream.hpp>

#include <string>
#include <string_view>

namespace latent::server {

/// What httplib reads a request from and writes an answer to: bytes that came already, then the socket. Never blocks
/// beyond its deadlines. Closes the socket at its end.
class Connection : public TimedStream {
 public:
  explicit Connection(socket_t socket);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Takes what has come, without waiting. False: the client is gone.
  bool take_available();
  /// Bytes that came and were not read yet.
  std::string_view pending() const { return std::string_view(bytes_).substr(at_); }
  bool has_whole_head() const { return pending().find("\r\n\r\n") != std::string_view::npos; }
  void read_until(Clock::time_point deadline) override { read_deadline_ = deadline; }
  void write_until(Clock::time_point deadline) override { write_deadline_ = deadline; }
  bool failed() const override { return failed_; }
  /// Says that nothing more is written, and swallows for a moment what the client still sends, so that it sees the
  /// answer rather than a reset.
  void finish();

  bool is_readable() const override { return true; }
  bool is_writable() const override { return !failed_; }
  ssize_t read(char* to, size_t size) override;
  ssize_t write(const char* from, size_t size) override;
  using httplib::Stream::write;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return socket_; }

  /// When what the client must do next is overdue, for whoever watches idle connections.
  Clock::time_point idle_deadline = Clock::time_point::max();

 private:
  ssize_t receive(char* to, size_t size, int flags);
  bool wait_for(short events, Clock::time_point deadline) const;

  socket_t socket_;
  std::string bytes_;
  size_t at_ = 0;
  Clock::time_point read_deadline_ = Clock::time_point::max(), write_deadline_ = Clock::time_point::max();
  bool failed_ = false;
};

}  // namespace latent::server
