// Many clients at once, some of them broken: the others must not notice. bench/server/load.py is the long version.

#include "explorer_test.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

namespace latent::test {
namespace {

class Load : public ExplorerTest {
 protected:
  // A connection that sends these bytes, stays for a moment, and is reset.
  static void leave_behind(const std::string& bytes) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(explorer().port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
      send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      usleep(20'000);
      const linger reset{.l_onoff = 1, .l_linger = 0};
      setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    }
    close(fd);
  }
};

TEST_F(Load, BrokenClientsDoNotHarmTheOthers) {
  constexpr int kGood = 24, kBroken = 6, kRequests = 25;
  const int64_t map = finished_map({{"method", "pca"}});
  std::atomic<bool> over = false;
  std::atomic<int> failures = 0, answered = 0;
  std::vector<std::thread> clients;
  for (int c = 0; c < kGood; ++c) {
    clients.emplace_back([&, c] {
      httplib::Client one = client();
      for (int i = 0; i < kRequests; ++i) {
        const std::string place = "/api/v1/maps/" + std::to_string(map) + "/decode?x=0." + std::to_string(c) + "&y=0.5";
        const auto result = i % 2 == 0
                                ? one.Get(place)
                                : one.Post("/api/v1/decode?as=npy", R"({"codes": [[0, 1, 2]]})", "application/json");
        (result && result->status == 200 ? answered : failures)++;
      }
    });
  }
  std::vector<std::thread> broken;
  const std::vector<std::string> beginnings = {
      "",
      "GET /api/v1/in",
      "POST /api/v1/decode HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{\"co",
      "GET /api/v1/codes HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "\r\n\r\n\r\n\r\n",
      "POST /api/v1/decode HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\nxxxxx"};
  for (int c = 0; c < kBroken; ++c) {
    broken.emplace_back([&, c] {
      while (!over) leave_behind(beginnings[static_cast<size_t>(c)]);
    });
  }
  for (std::thread& one : clients) one.join();
  over = true;
  for (std::thread& one : broken) one.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(answered, kGood * kRequests);
}

TEST_F(Load, AServerEndsWhileClientsAreThere) {
  auto explorer = std::make_unique<server::Explorer>(server::ExplorerOptions{});
  explorer->show(open_session());
  httplib::Client one("127.0.0.1", explorer->port());
  one.set_keep_alive(true);
  ASSERT_EQ(
      one.Post("/api/v1/maps", R"({"method": "tsne", "options": {"epochs": 100000}})", "application/json")->status,
      200);
  std::thread stream([port = explorer->port()] {
    httplib::Client("127.0.0.1", port).Get("/api/v1/maps/1/events", [](const char*, size_t) { return true; });
  });
  usleep(200'000);
  explorer.reset();  // must end, with a map under way, a stream open and a connection kept
  stream.join();
  EXPECT_FALSE(one.Get("/api/v1/info"));
}

}  // namespace
}  // namespace latent::test
