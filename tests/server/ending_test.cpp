// A server that is told to end does so at once, whatever it is working on and whoever is connected.

#include "explorer_test.hpp"

#include <server/http/lanes.hpp>

#include <latent/core/interrupted.hpp>
#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>
#include <latent/formats/memory_files.hpp>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace latent::test {
namespace {

// Other work may share the processors; none of what ends here would end by itself within several times this.
constexpr double kPromptly = 2.0;

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

class Ending : public ExplorerTest {
 protected:
  // Random codes in place of those of data: many at no cost.
  static std::unique_ptr<server::Session> session_of_codes(int64_t count) {
    Rng rng(1);
    Tensor codes = Tensor::empty({count, kDim});
    rng.normal(codes.span<float>());
    GeneratedData generated{.data = {.source = "noise", .split = "all", .samples = {}}, .codes = codes};
    generated.data.samples = data::from_samples(Tensor::zeros({count, 1, kSize, kSize}));
    return std::make_unique<server::Session>(load_run(run_path()), std::move(generated));
  }
  static std::unique_ptr<server::Explorer> explorer_of_codes(int64_t count) {
    auto explorer = std::make_unique<server::Explorer>(server::ExplorerOptions{});
    explorer->show(session_of_codes(count));
    return explorer;
  }
  // A client that sends this and takes no answer.
  static int silent_client(int port, const std::string& bytes) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    const int small = 4096;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
    usleep(200'000);
    return fd;
  }
};

TEST_F(Ending, DoesNotWaitForAMapThatIsBeingSetUp) {
  for (const char* method : {"tsne", "umap"}) {
    auto explorer = explorer_of_codes(200'000);  // whose neighbours take many seconds to find
    const nlohmann::json request = {{"method", method}};
    const server::Response begun = explorer->answer({.method = "POST", .path = "/api/v1/maps", .body = request.dump()});
    ASSERT_EQ(begun.status, 200) << begun.body;
    usleep(300'000);
    const server::Response now = explorer->answer({.method = "GET", .path = "/api/v1/maps/1"});
    EXPECT_EQ(nlohmann::json::parse(now.body).at("version"), 0) << now.body;
    EXPECT_LT(seconds_of([&] { explorer.reset(); }), kPromptly) << method;
  }
}

TEST_F(Ending, AMapThatIsDeletedWhileItIsSetUpStops) {
  const auto explorer = explorer_of_codes(200'000);
  explorer->answer({.method = "POST", .path = "/api/v1/maps", .body = R"({"method": "tsne"})"});
  usleep(300'000);
  explorer->answer({.method = "DELETE", .path = "/api/v1/maps/1"});
  std::string state;
  const double seconds = seconds_of([&] {
    for (int i = 0; i < 200 && state != "stopped"; ++i) {
      const server::Response now = explorer->answer({.method = "GET", .path = "/api/v1/maps/1"});
      state = nlohmann::json::parse(now.body).at("state").get<std::string>();
      usleep(20'000);
    }
  });
  EXPECT_EQ(state, "stopped");
  EXPECT_LT(seconds, kPromptly);
  EXPECT_EQ(explorer->answer({.method = "GET", .path = "/api/v1/maps/1/positions"}).status, 409);
}

TEST_F(Ending, LeavesWorkOfLanes) {
  server::Lanes lanes(1);
  std::thread worker([&] {
    EXPECT_THROW(lanes.run(server::Lane::slow,
                           [] {
                             for (;;) parallel_for(1000, 1, [](int64_t, int64_t) { usleep(1000); });
                           }),
                 Interrupted);
  });
  usleep(100'000);
  lanes.end();
  worker.join();
  EXPECT_THROW(lanes.run(server::Lane::quick, [] {}), Interrupted);
}

TEST_F(Ending, DoesNotWaitForClients) {
  auto explorer = explorer_of_codes(2'000'000);
  const int sends =
      silent_client(explorer->port(), "POST /api/v1/decode HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{");
  const int takes_nothing = silent_client(explorer->port(), "GET /api/v1/codes HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_LT(seconds_of([&] { explorer.reset(); }), kPromptly);
  close(sends);
  close(takes_nothing);
}

}  // namespace
}  // namespace latent::test
