#include "explorer_test.hpp"

#include <latent/run/run.hpp>
#include <latent/run/training/train.hpp>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace latent::test {

namespace {

namespace fs = std::filesystem;

struct Served {
  fs::path folder;
  std::unique_ptr<server::Explorer> explorer;
};
Served& served() {
  static Served one;
  return one;
}

// Bars of three directions, wherever they lie.
void write_bars(const fs::path& path, int64_t count, int64_t size) {
  Tensor x = Tensor::zeros({count, size, size}, DType::u8);
  std::vector<std::string> labels;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t kind = i % 3, at = (i / 3) % size;
    labels.emplace_back(kind == 0 ? "flat" : (kind == 1 ? "upright" : "slanted"));
    for (int64_t k = 0; k < size; ++k) {
      const int64_t row = kind == 0 ? at : k, column = kind == 0 ? k : (kind == 1 ? at : (k + at) % size);
      x.data<uint8_t>()[(i * size + row) * size + column] = static_cast<uint8_t>(155 + i % 100);
    }
  }
  write_npz(path, {{"x", x}}, {{"labels", TextValues(labels)}});
}

Answer answer_of(const httplib::Result& result) {
  if (!result) return {.status = -1, .type = "", .body = httplib::to_string(result.error()), .headers = {}};
  return {result->status, result->get_header_value("Content-Type"), result->body, result->headers};
}

std::string full(const std::string& path) { return path.starts_with('/') ? path : "/api/v1/" + path; }

}  // namespace

void ExplorerTest::SetUpTestSuite() {
  if (served().explorer) return;
  served().folder = fs::temp_directory_path() / ("latent-server-test-" + std::to_string(getpid()));
  fs::create_directories(served().folder);
  const fs::path data = served().folder / "bars.npz";
  write_bars(data, kSamples, kSize);
  TrainOptions options;
  options.preset = "vae-mlp";
  options.hidden = {32};
  options.latent_dim = kDim;
  options.epochs = 20;
  train(open(data.string()), options, {.out = run_path()});
  served().explorer = std::make_unique<server::Explorer>(server::ExplorerOptions{});
  served().explorer->show(open_session());
}

void ExplorerTest::TearDownTestSuite() {
  served().explorer.reset();
  fs::remove_all(served().folder);
}

fs::path ExplorerTest::run_path() { return served().folder / "run"; }

std::unique_ptr<server::Session> ExplorerTest::open_session() {
  latent::Run run = load_run(run_path());
  RunSource source(run, "");
  RunData data = source.part("all");
  return std::make_unique<server::Session>(std::move(run), std::move(source), std::move(data), CodeCacheOptions{});
}

const server::Explorer& ExplorerTest::explorer() { return *served().explorer; }

httplib::Client ExplorerTest::client() {
  httplib::Client client("127.0.0.1", served().explorer->port());
  client.set_keep_alive(true);
  return client;
}

Answer ExplorerTest::get(const std::string& path, const httplib::Headers& headers) {
  return answer_of(client().Get(full(path), headers));
}

Answer ExplorerTest::post(const std::string& path, const std::string& body, const std::string& type,
                          const httplib::Headers& headers) {
  return answer_of(client().Post(full(path), headers, body, type));
}

Answer ExplorerTest::remove(const std::string& path) { return answer_of(client().Delete(full(path))); }

int64_t ExplorerTest::finished_map(const nlohmann::json& request) {
  const Answer begun = post("maps", request.dump());
  EXPECT_EQ(begun.status, 200) << begun.body;
  const int64_t id = begun.json().at("id").get<int64_t>();
  for (int i = 0; i < 1200; ++i) {
    const std::string state = get("maps/" + std::to_string(id)).json().at("state").get<std::string>();
    if (state == "done") return id;
    if (state != "running" && state != "waiting") break;
    usleep(50'000);
  }
  ADD_FAILURE() << get("maps/" + std::to_string(id)).body;
  return id;
}

std::string ExplorerTest::raw(const std::string& bytes) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(served().explorer->port()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{.tv_sec = 5, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  std::string answer(1 << 16, '\0');
  size_t size = 0;
  for (ssize_t count = 1; count > 0 && size < answer.size(); size += static_cast<size_t>(std::max<ssize_t>(count, 0))) {
    count = recv(fd, answer.data() + size, answer.size() - size, 0);
  }
  close(fd);
  answer.resize(size);
  return answer;
}

}  // namespace latent::test
