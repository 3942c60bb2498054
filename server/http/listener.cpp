#include <server/http/listener.hpp>

#include <server/http/connection.hpp>

#include <latent/core/error.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <poll.h>
#include <sys/eventfd.h>
#include <thread>

namespace latent::server {

namespace {

using Clock = Connection::Clock;
using ConnectionPtr = std::unique_ptr<Connection>;
constexpr size_t kLargestHead = size_t{32} << 10;

Clock::time_point in_seconds(double seconds) {
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

// A short answer in one go, for a client that gets no thread.
void answer_at_once(Connection& connection, int status, std::string_view reason, std::string_view what) {
  const Response response = error_response(status, what);
  const std::string text = fmt::format(
      "HTTP/1.1 {} {}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}", status,
      reason, response.body.size(), response.body);
  connection.write_until(Clock::now());
  connection.write(text.data(), text.size());
}

Request request_from(const httplib::Request& read) {
  Request request{.method = read.method, .path = read.path};
  for (const auto& [name, value] : read.params) request.query.emplace_back(name, value);
  for (const auto& [name, value] : read.headers) {
    std::string lower = name;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    request.headers.emplace(lower, value);
  }
  return request;
}

// Everything that protects a page from others, and others from it.
void add_headers(httplib::Response& to) {
  to.set_header("X-Content-Type-Options", "nosniff");
  to.set_header("Cross-Origin-Resource-Policy", "same-origin");
  to.set_header("Referrer-Policy", "no-referrer");
}

}  // namespace

struct Listener::Impl : private httplib::Server {
  Impl(ListenerOptions given, Listener::Handler given_handler)
      : options(std::move(given)), handler(std::move(given_handler)) {
    set_up_reading();
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
    stop();
    acceptor.join();
    wake();
    watcher.join();
    {
      const std::lock_guard lock(mutex);
      ready.clear();
    }
    work_ready.notify_all();
    for (std::thread& worker : workers) worker.join();
    close(wake_fd);
  }

  // --- reading, by httplib ---

  void set_up_reading() {
    // httplib's queue is asked for each new connection; it goes to the watcher at once.
    struct AtOnce : httplib::TaskQueue {
      void enqueue(std::function<void()> task) override { task(); }
      void shutdown() override {}
    };
    new_task_queue = [] { return new AtOnce; };
    set_keep_alive_timeout(static_cast<time_t>(options.idle_seconds));
    constexpr size_t kForEver = 1'000'000;
    set_keep_alive_max_count(kForEver);
    set_pre_routing_handler([this](const httplib::Request& read, httplib::Response& to) {
      serve(read, to);
      return HandlerResponse::Handled;
    });
    set_error_handler([](const httplib::Request&, httplib::Response& to) {
      if (to.body.empty() && to.status >= 400) {  // what httplib itself could not read
        to.set_content(error_response(to.status, "this is no request that the server understands").body,
                       "application/json");
      }
    });
  }

  bool process_and_close_socket(socket_t socket) override {
    auto connection = std::make_unique<Connection>(socket);
    connection->idle_deadline = in_seconds(options.head_seconds);
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
    if (was_empty && has_bytes) connection->idle_deadline = in_seconds(options.head_seconds);
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
      }
      if (answer(*connection)) {
        connection->idle_deadline = in_seconds(options.idle_seconds);
        watch_from_now(std::move(connection));
      } else {
        connection.reset();
        --count;
      }
    }
  }

  // Whether the connection can be used once more.
  bool answer(Connection& connection) {
    connection.read_until(in_seconds(options.head_seconds));
    connection.write_until(in_seconds(kWriteSeconds));
    Served served{.connection = &connection};
    current() = &served;
    bool closed = false;
    const bool good = process_request(connection, false, closed, [&](httplib::Request& read) {
      // Neither parts of answers nor packing them is httplib's business here.
      read.ranges.clear();
      read.headers.erase("Range");
      served.accepts = read.get_header_value("Accept-Encoding");
      read.headers.erase("Accept-Encoding");
    });
    current() = nullptr;
    if (good && !closed && served.is_over && !connection.failed() && !stopping) return true;
    connection.finish();
    return false;
  }

  // What serve() and answer() tell each other about the request of this thread.
  struct Served {
    Connection* connection = nullptr;
    bool is_over = false;      ///< whether all of the request was read, so that another one may follow
    std::string accepts = {};  ///< Accept-Encoding
  };
  static Served*& current() {
    thread_local Served* served = nullptr;
    return served;
  }

  bool read_body(Connection& connection, Request& request, size_t bytes) {
    connection.read_until(in_seconds(options.body_seconds));
    constexpr size_t kAtOnce = size_t{64} << 10;
    while (request.body.size() < bytes) {
      const size_t begin = request.body.size(), part = std::min(kAtOnce, bytes - begin);
      request.body.resize(begin + part);
      const ssize_t count = connection.read(request.body.data() + begin, part);
      request.body.resize(begin + static_cast<size_t>(std::max<ssize_t>(count, 0)));
      if (count <= 0) return false;
    }
    return true;
  }

  // Bodies under way, counted while it lives.
  struct BytesInProgress {
    BytesInProgress(std::atomic<int64_t>& counter, int64_t bytes) : all(counter), mine(bytes) { all += mine; }
    ~BytesInProgress() { all -= mine; }
    BytesInProgress(const BytesInProgress&) = delete;
    BytesInProgress& operator=(const BytesInProgress&) = delete;
    std::atomic<int64_t>& all;
    int64_t mine;
  };

  void serve(const httplib::Request& read, httplib::Response& to) {
    Served& served = *current();
    Request request = request_from(read);
    if (!served.accepts.empty()) request.headers["accept-encoding"] = served.accepts;
    if (const auto refused = refusal(request, options.guards, read.get_header_value_count("Content-Length"))) {
      return write(*refused, to);
    }
    const int64_t bytes = body_bytes(request);
    const BytesInProgress counted(bytes_in_progress, bytes);
    if (bytes_in_progress > options.most_bytes_in_progress && bytes > 0) {
      return write(error_response(503, "too much is being worked on; try again in a moment").with("Retry-After", "1"),
                   to);
    }
    if (!read_body(*served.connection, request, static_cast<size_t>(bytes))) {
      return write(error_response(408, "the body did not arrive in time"), to);
    }
    served.is_over = true;
    const Clock::time_point begin = Clock::now();
    Response response = handler(std::move(request));
    const double milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
    response.with("Server-Timing", fmt::format("app;dur={:.3f}", milliseconds));
    if (response.next && read.method != "HEAD") return stream(std::move(response), to, *served.connection);
    served.connection->write_until(in_seconds(kWriteSeconds));
    write(std::move(response), to);
  }

  static void write(Response response, httplib::Response& to) {
    to.status = response.status;
    to.body = std::move(response.body);
    to.set_header("Content-Type", response.type);
    add_headers(to);
    for (const auto& [name, value] : response.headers) to.set_header(name, value);
    if (!response.headers.empty() &&
        std::ranges::any_of(response.headers, [](const auto& one) { return one.first == "Cache-Control"; })) {
      return;
    }
    to.set_header("Cache-Control", "no-store");
  }

  void stream(Response response, httplib::Response& to, Connection& connection) {
    if (++streams > options.most_streams) {
      --streams;
      return write(error_response(503, "too many streams of events are open").with("Retry-After", "1"), to);
    }
    to.status = response.status;
    add_headers(to);
    to.set_header("Cache-Control", "no-store");
    to.set_chunked_content_provider(
        response.type,
        [this, next = std::move(response.next), &connection](size_t, httplib::DataSink& sink) {
          connection.write_until(in_seconds(kWriteSeconds));
          const std::optional<std::string> text = stopping ? std::nullopt : next();
          if (!text) {
            sink.done();
            return true;
          }
          // A comment, by which a client that is gone is noticed.
          const std::string& bytes = text->empty() ? std::string(":\n\n") : *text;
          return sink.write(bytes.data(), bytes.size());
        },
        [this](bool) { --streams; });
  }

  static constexpr double kWriteSeconds = 60.0;

  ListenerOptions options;
  Listener::Handler handler;
  int bound_port = -1, wake_fd = -1;
  std::atomic<bool> stopping = false;
  std::atomic<int64_t> count = 0, bytes_in_progress = 0;
  std::atomic<int> streams = 0;

  std::mutex mutex;  // of what follows
  std::condition_variable work_ready;
  std::vector<ConnectionPtr> arrived;
  std::deque<ConnectionPtr> ready;
  int64_t idle_count = 0;
  bool drop_one = false;

  std::thread watcher, acceptor;
  std::vector<std::thread> workers;
};

Listener::Listener(ListenerOptions options, Handler handler)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handler))) {}
Listener::~Listener() = default;
int Listener::port() const { return impl_->bound_port; }
int64_t Listener::connections() const { return impl_->count; }

}  // namespace latent::server
