// Bytes of a client, through the reader of requests and the guards: every answer is one of HTTP, and nothing is read
// beyond what a request says of itself.
#include <server/http/exchange.hpp>

#include <tests/fuzz/fuzz_target.hpp>

#include <algorithm>
#include <cstring>
#include <string>

namespace {

// A client that sends these bytes and then nothing more.
class Sent : public latent::server::TimedStream {
 public:
  explicit Sent(std::span<const std::byte> bytes) : bytes_(bytes) {}
  void read_until(Clock::time_point) override {}
  void write_until(Clock::time_point) override {}
  bool failed() const override { return failed_; }
  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, size_t size) override {
    const size_t count = std::min(size, bytes_.size());
    std::memcpy(to, bytes_.data(), count);
    bytes_ = bytes_.subspan(count);
    if (count == 0) failed_ = true;
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* from, size_t size) override {
    answer.append(from, size);
    return static_cast<ssize_t>(size);
  }
  using httplib::Stream::write;
  void get_remote_ip_and_port(std::string& ip, int& port) const override { ip.clear(), port = 0; }
  void get_local_ip_and_port(std::string& ip, int& port) const override { ip.clear(), port = 0; }
  socket_t socket() const override { return -1; }

  std::string answer;

 private:
  std::span<const std::byte> bytes_;
  bool failed_ = false;
};

latent::server::Response echo(const latent::server::Request& request) {
  latent::server::Json json = {{"method", request.method}, {"path", request.path}, {"bytes", request.body.size()}};
  for (const auto& [name, value] : request.query) json["query"][name] = value;
  return latent::server::json_response(json);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static latent::server::Exchange exchange({.guards = {.most_body_bytes = 1 << 16}}, echo);
  return latent::fuzz::run(data, size, [](std::span<const std::byte> bytes) {
    Sent client(bytes);
    constexpr int kMostRequests = 8;
    for (int i = 0; i < kMostRequests && exchange.serve(client); ++i) {
    }
    if (!client.answer.empty() && !client.answer.starts_with("HTTP/1.1 ")) std::abort();
  });
}
