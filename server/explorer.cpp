#include <server/explorer.hpp>

#include <server/assets/page.hpp>
#include <server/http/router.hpp>
#include <server/routes/routes.hpp>
#include <server/site.hpp>

#include <latent/core/error.hpp>
#include <latent/core/threads.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <mutex>
#include <optional>

namespace latent::server {

namespace {

ListenerOptions listener_options(const ExplorerOptions& options) {
  ListenerOptions listener{.host = options.host, .port = options.port};
  listener.exchange.guards.is_loopback = is_loopback(options.host);
  listener.exchange.guards.token = options.token;
  if (!listener.exchange.guards.is_loopback && options.token.empty()) {
    throw UsageError(fmt::format("a server at {} needs a token", options.host));
  }
  return listener;
}

}  // namespace

struct Explorer::Impl {
  Impl(const ExplorerOptions& given, TrainingWatch* watch)
      : options(given), training(watch), lanes(std::clamp(available_threads(), 2, 4)) {
    listening = listener_options(options);
    before.set_page(page);
    if (training != nullptr) {
      before.add("GET", "info", [this](const Request&) { return json_response(training->info()); });
      add_training_routes(before, *training);
    }
    listener.emplace(listening, [this](Request request) { return answer(std::move(request)); });
  }

  std::shared_ptr<Site> shown() const {
    const std::lock_guard lock(mutex);
    return site;
  }

  Response answer(Request request) const {
    if (const std::shared_ptr<Site> now = shown()) return now->answer(std::move(request));
    return before.handle(std::move(request));
  }

  ExplorerOptions options;
  TrainingWatch* training;
  ListenerOptions listening;
  Lanes lanes;
  Preparing preparing;
  Router before;  // while there is no session
  mutable std::mutex mutex;
  std::shared_ptr<Site> site;
  std::vector<std::shared_ptr<Site>> former;  // whom answers on their way may still need
  std::optional<Listener> listener;           // the first to go
};

Explorer::Explorer(const ExplorerOptions& options, TrainingWatch* training)
    : impl_(std::make_unique<Impl>(options, training)) {}
Explorer::~Explorer() {
  impl_->lanes.end();
  if (const std::shared_ptr<Site> site = impl_->shown()) site->end();
}

void Explorer::show(std::unique_ptr<Session> session) {
  auto site = std::make_shared<Site>(std::move(session), impl_->lanes, impl_->listening.exchange.guards,
                                     impl_->preparing, impl_->training);
  const std::lock_guard lock(impl_->mutex);
  impl_->site.swap(site);
  impl_->preparing.end();
  if (!site) return;
  site->end();
  impl_->former.push_back(std::move(site));
}

void Explorer::prepare(const std::string& of, int64_t done, int64_t total) { impl_->preparing.tell(of, done, total); }

int Explorer::port() const { return impl_->listener->port(); }

std::string Explorer::address() const {
  const std::string& host = impl_->options.host;
  const std::string shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
  const std::string& token = impl_->options.token;
  return fmt::format("http://{}:{}/{}", shown, port(), token.empty() ? "" : "?token=" + token);
}

Response Explorer::answer(Request request) const { return impl_->answer(std::move(request)); }

std::vector<std::string> Explorer::routes() const {
  const std::shared_ptr<Site> site = impl_->shown();
  return site ? site->routes() : impl_->before.routes();
}

bool is_loopback(const std::string& host) { return host == "127.0.0.1" || host == "localhost" || host == "::1"; }

}  // namespace latent::server
