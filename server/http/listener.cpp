#include <server/http/listener.hpp>

#include <server/http/connection.hpp>

#include <latent/core/error.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <fcntl.h>
#include <mutex>
#include <poll.h>
#include <set>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <thread>

namespace latent::server {

namespace {

using Clock = Connection::Clock;
using ConnectionPtr = std::unique_ptr<Connection>;
constexpr size_t kLargestHead = size_t{32} << 10;

// A short answer in one go, for a client that gets no thread.
void answer_at_once(Connection& connection, int status, std::string_view reason, std::string_view what) {
  const Response response = error_response(status, what);
  const std::string text = fmt::format(
      "HTTP/1.1 {} {}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}", status,
      reason, response.body.size(), response.body);
  connection.write_until(Clock::now());
  connection.write(text.data(), text.size());
}

}  // namespace

struct Listener::Impl : private httplib::Server {
  Impl(ListenerOptions given, Exchange::Handler handler)
      : options(std::move(given)), exchange(options.exchange, std::move(handler)) {
    new_task_queue = [] { return new AtOnce; };
    // httplib's own options let several programs listen at one port.
    set_socket_options([](socket_t socket) {
      const int on = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
      fcntl(socket, F_SETFD, FD_CLOEXEC);
    });
    bound_port = options.port == 0 ? bind_to_any_port(options.host)
                                   : (bind_to_port(options.host, options.port) ? options.port : -1);
    if (bound_port <= 0) {
      throw UsageError(fmt::format("nobody may listen at {} port {}: it is in use, or not an address of this machine",
                                   options.host, options.port),
                       "Choose another one with --port, or let one be chosen with --port 0.");
    }
    constexpr int kBacklog = 256;  // httplib's own is 5
    ::listen(svr_sock_, kBacklog);
    wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    watcher = std::thread([this] { watch(); });
    for (int i = 0; i < options.workers; ++i) workers.emplace_back([this] { work(); });
    acceptor = std::thread([this] { listen_after_bind(); });
  }

  ~Impl() override {
    while (!is_running()) std::this_thread::yield();
    stopping = true;
    exchange.wind_up();
    stop();
    acceptor.join();
    wake();
    watcher.join();
    {
      const std::lock_guard lock(mutex);
      ready.clear();
    }
    work_ready.notify_all();
    part_with_clients();
    for (std::thread& worker : workers) worker.join();
    close(wake_fd);
  }

  // Answers that are nearly written go out; a client that takes none, or still sends, is not waited for.
  void part_with_clients() {
    constexpr auto kFarewell = std::chrono::milliseconds(300);
    std::unique_lock lock(mutex);
    if (work_done.wait_for(lock, kFarewell, [&] { return served.empty(); })) return;
    for (const Connection* connection : served) shutdown(connection->socket(), SHUT_RDWR);
  }

  // --- accepting, by httplib ---

  // httplib's queue is asked for each new connection; it goes to the watcher at once.
  struct AtOnce : httplib::TaskQueue {
    void enqueue(std::function<void()> task) override { task(); }
    void shutdown() override {}
  };

  bool process_and_close_socket(socket_t socket) override {
    auto connection = std::make_unique<Connection>(socket);
    connection->idle_deadline = in_seconds(options.exchange.head_seconds);
    if (++count > options.most_connections && !drop_idlest()) {
      answer_at_once(*connection, 503, "Service Unavailable", "too many connections; try again in a moment");
      --count;
      return false;
    }
    watch_from_now(std::move(connection));
    return true;
  }

  // --- waiting, by one thread for all ---

  void watch_from_now(ConnectionPtr connection) {
    {
      const std::lock_guard lock(mutex);
      arrived.push_back(std::move(connection));
    }
    wake();
  }

  void wake() const {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_fd, &one, sizeof(one));
  }

  bool drop_idlest() {
    const std::lock_guard lock(mutex);
    if (idle_count == 0) return false;
    drop_one = true;
    return true;
  }

  // Looks at one connection that has something to read: whole heads go to a worker.
  // Returns whether it stays with the watcher.
  bool look(ConnectionPtr& connection, bool has_bytes) {
    const bool was_empty = connection->pending().empty();
    if (has_bytes && !connection->take_available()) return discard(connection);
    if (connection->has_whole_head()) {
      {
        const std::lock_guard lock(mutex);
        ready.push_back(std::move(connection));
      }
      work_ready.notify_one();
      return false;
    }
    if (connection->pending().size() > kLargestHead) {
      answer_at_once(*connection, 431, "Request Header Fields Too Large", "the head of the request is too large");
      return discard(connection);
    }
    if (was_empty && has_bytes) connection->idle_deadline = in_seconds(options.exchange.head_seconds);
    return true;
  }

  bool discard(ConnectionPtr& connection) {
    connection.reset();
    --count;
    return false;
  }

  void take_arrived(std::vector<ConnectionPtr>& idle) {
    std::vector<ConnectionPtr> fresh;
    bool drop = false;
    {
      const std::lock_guard lock(mutex);
      fresh.swap(arrived);
      std::swap(drop, drop_one);
    }
    if (drop && !idle.empty()) {
      const auto first = std::ranges::min_element(idle, {}, [](const ConnectionPtr& c) { return c->idle_deadline; });
      discard(*first);
      idle.erase(first);
    }
    for (ConnectionPtr& connection : fresh) {
      if (look(connection, false)) idle.push_back(std::move(connection));
    }
    const std::lock_guard lock(mutex);
    idle_count = static_cast<int64_t>(idle.size());
  }

  void watch() {
    std::vector<ConnectionPtr> idle;
    std::vector<pollfd> waiting;
    while (!stopping) {
      take_arrived(idle);
      waiting.assign(1, {.fd = wake_fd, .events = POLLIN, .revents = 0});
      for (const ConnectionPtr& c : idle) waiting.push_back({.fd = c->socket(), .events = POLLIN, .revents = 0});
      constexpr int kTick = 500;  // deadlines are looked at this often, in milliseconds
      if (poll(waiting.data(), waiting.size(), kTick) < 0) continue;
      if (waiting[0].revents != 0) {
        uint64_t woken = 0;
        [[maybe_unused]] const ssize_t got = ::read(wake_fd, &woken, sizeof(woken));
      }
      const Clock::time_point now = Clock::now();
      for (size_t i = 0; i < idle.size(); ++i) {
        if (waiting[i + 1].revents != 0) {
          look(idle[i], true);
        } else if (idle[i]->idle_deadline < now) {
          discard(idle[i]);
        }
      }
      std::erase(idle, nullptr);
    }
  }

  // --- working ---

  void work() {
    for (;;) {
      ConnectionPtr connection;
      {
        std::unique_lock lock(mutex);
        work_ready.wait(lock, [&] { return stopping || !ready.empty(); });
        if (ready.empty()) return;
        connection = std::move(ready.front());
        ready.pop_front();
        served.insert(connection.get());
      }
      const bool goes_on = exchange.serve(*connection) && !stopping;
      {
        const std::lock_guard lock(mutex);
        served.erase(connection.get());
      }
      work_done.notify_all();
      if (goes_on) {
        connection->idle_deadline = in_seconds(options.exchange.idle_seconds);
        watch_from_now(std::move(connection));
      } else {
        connection->finish();
        connection.reset();
        --count;
      }
    }
  }

  ListenerOptions options;
  Exchange exchange;
  int bound_port = -1, wake_fd = -1;
  std::atomic<bool> stopping = false;
  std::atomic<int64_t> count = 0;

  std::mutex mutex;  // of what follows
  std::condition_variable work_ready, work_done;
  std::vector<ConnectionPtr> arrived;
  std::deque<ConnectionPtr> ready;
  std::set<const Connection*> served;
  int64_t idle_count = 0;
  bool drop_one = false;

  std::thread watcher, acceptor;
  std::vector<std::thread> workers;
};

Listener::Listener(ListenerOptions options, Exchange::Handler handler)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handler))) {}
Listener::~Listener() = default;
int Listener::port() const { return impl_->bound_port; }
int64_t Listener::connections() const { return impl_->count; }

}  // namespace latent::server
