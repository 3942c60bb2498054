#include <server/http/exchange.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace latent::server {

namespace {

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

// The body, and piece by piece what follows it: the answer takes no room that grows with its length.
void write_in_pieces(const Response& response, httplib::Response& to) {
  constexpr size_t kAtOnce = size_t{256} << 10;
  const size_t bytes = response.body.size() + response.element_bytes().size();
  const auto kept = std::make_shared<const Response>(response);
  to.set_content_provider(bytes, response.type, [kept](size_t offset, size_t left, httplib::DataSink& sink) {
    const std::span<const char> head(kept->body), rest = kept->element_bytes();
    const std::span<const char> part = offset < head.size() ? head.subspan(offset) : rest.subspan(offset - head.size());
    return sink.write(part.data(), std::min({part.size(), left, kAtOnce}));
  });
}

void write(Response response, httplib::Response& to) {
  to.status = response.status;
  if (response.elements.defined()) {
    write_in_pieces(response, to);
  } else {
    to.body = std::move(response.body);
    to.set_header("Content-Type", response.type);
  }
  add_headers(to);
  for (const auto& [name, value] : response.headers) to.set_header(name, value);
  const bool may_be_kept =
      std::ranges::any_of(response.headers, [](const auto& one) { return one.first == "Cache-Control"; });
  if (!may_be_kept) to.set_header("Cache-Control", "no-store");
}

bool read_body(TimedStream& stream, Request& request, size_t bytes) {
  constexpr size_t kAtOnce = size_t{64} << 10;
  while (request.body.size() < bytes) {
    const size_t begin = request.body.size(), part = std::min(kAtOnce, bytes - begin);
    request.body.resize(begin + part);
    const ssize_t count = stream.read(request.body.data() + begin, part);
    request.body.resize(begin + static_cast<size_t>(std::max<ssize_t>(count, 0)));
    if (count <= 0) return false;
  }
  return true;
}

// Bodies under way, counted while it lives.
class BytesInProgress {
 public:
  BytesInProgress(std::atomic<int64_t>& all, int64_t mine) : all_(all), mine_(mine) { all_ += mine_; }
  ~BytesInProgress() { all_ -= mine_; }
  BytesInProgress(const BytesInProgress&) = delete;
  BytesInProgress& operator=(const BytesInProgress&) = delete;

 private:
  std::atomic<int64_t>& all_;
  int64_t mine_;
};

}  // namespace

struct Exchange::Impl : private httplib::Server {
  Impl(const ExchangeOptions& given, Exchange::Handler given_handler)
      : options(given), handler(std::move(given_handler)) {
    // httplib streams nothing while it believes that its listening socket, of which this one has none, is closed.
    constexpr socket_t kNone = 0;
    svr_sock_ = kNone;
    constexpr size_t kForEver = 1'000'000;
    set_keep_alive_timeout(static_cast<time_t>(options.idle_seconds));
    set_keep_alive_max_count(kForEver);
    // Before a body is read, and before httplib looks for routes of its own.
    set_pre_routing_handler([this](const httplib::Request& read, httplib::Response& to) {
      answer(read, to);
      return HandlerResponse::Handled;
    });
    set_error_handler([](const httplib::Request&, httplib::Response& to) {
      if (to.body.empty() && to.status >= 400) {  // what httplib itself could not read
        to.set_content(error_response(to.status, "this is no request that the server understands").body,
                       "application/json");
      }
    });
  }

  // What serve() and answer() tell each other about the request of this thread.
  struct Served {
    TimedStream* stream = nullptr;
    bool is_over = false;      ///< whether all of the request was read, so that another one may follow
    std::string accepts = {};  ///< Accept-Encoding
  };
  static Served*& current() {
    thread_local Served* served = nullptr;
    return served;
  }

  void wind_up() {
    winding_up = true;
    svr_sock_ = INVALID_SOCKET;
  }

  bool serve(TimedStream& stream) {
    stream.read_until(in_seconds(options.head_seconds));
    stream.write_until(in_seconds(options.write_seconds));
    Served served{.stream = &stream};
    current() = &served;
    bool closed = false;
    const bool good = process_request(stream, false, closed, [&](httplib::Request& read) {
      // Neither parts of answers nor packing them is httplib's business here.
      read.ranges.clear();
      read.headers.erase("Range");
      served.accepts = read.get_header_value("Accept-Encoding");
      read.headers.erase("Accept-Encoding");
    });
    current() = nullptr;
    return good && !closed && served.is_over && !stream.failed() && !winding_up;
  }

  void answer(const httplib::Request& read, httplib::Response& to) {
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
    served.stream->read_until(in_seconds(options.body_seconds));
    if (!read_body(*served.stream, request, static_cast<size_t>(bytes))) {
      return write(error_response(408, "the body did not arrive in time"), to);
    }
    served.is_over = true;
    const auto begin = TimedStream::Clock::now();
    Response response = handler(std::move(request));
    const double milliseconds = std::chrono::duration<double, std::milli>(TimedStream::Clock::now() - begin).count();
    response.with("Server-Timing", fmt::format("app;dur={:.3f}", milliseconds));
    if (response.next && read.method != "HEAD") return stream_events(std::move(response), to, *served.stream);
    served.stream->write_until(in_seconds(options.write_seconds));
    write(std::move(response), to);
  }

  void stream_events(Response response, httplib::Response& to, TimedStream& stream) {
    if (++streams > options.most_streams) {
      --streams;
      return write(error_response(503, "too many streams of events are open").with("Retry-After", "1"), to);
    }
    to.status = response.status;
    add_headers(to);
    to.set_header("Cache-Control", "no-store");
    to.set_chunked_content_provider(
        response.type,
        [this, next = std::move(response.next), &stream](size_t, httplib::DataSink& sink) {
          stream.write_until(in_seconds(options.write_seconds));
          const std::optional<std::string> text = winding_up ? std::nullopt : next();
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

  ExchangeOptions options;
  Exchange::Handler handler;
  std::atomic<bool> winding_up = false;
  std::atomic<int64_t> bytes_in_progress = 0;
  std::atomic<int> streams = 0;
};

Exchange::Exchange(const ExchangeOptions& options, Handler handler)
    : impl_(std::make_unique<Impl>(options, std::move(handler))) {}
Exchange::~Exchange() = default;
bool Exchange::serve(TimedStream& stream) { return impl_->serve(stream); }
void Exchange::wind_up() { impl_->wind_up(); }

}  // namespace latent::server
