// Requests to every route of a small model: "METHOD path?query", a line break, and the body. Nothing that is asked may
// fail in any other way than by an answer of one line.
#include <server/site.hpp>

#include <latent/run/training/train.hpp>

#include <tests/fuzz/fuzz_target.hpp>

#include <algorithm>
#include <string>

namespace {

using namespace latent;

server::Site& site() {
  static server::Lanes lanes(2);
  static server::Site site = [] {
    TrainOptions options;
    options.preset = "vae-mlp";
    options.hidden = {4};
    options.latent_dim = 2;
    options.epochs = 1;
    Run run = train(open("shapes:48"), options);
    RunSource source(run, "");
    RunData data = source.part("all");
    auto session =
        std::make_unique<server::Session>(std::move(run), std::move(source), std::move(data), CodeCacheOptions{});
    return server::Site(std::move(session), lanes, {}, nullptr);
  }();
  return site;
}

// "a=1&b=2"; nothing is decoded: the fuzzer writes what it likes.
void add_query(server::Request& request, std::string_view text) {
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find('&'));
    const size_t equals = std::min(one.find('='), one.size());
    request.query.emplace_back(one.substr(0, equals), one.substr(std::min(equals + 1, one.size())));
    text.remove_prefix(std::min(one.size() + 1, text.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view line = input.substr(0, input.find('\n'));
  const size_t blank = line.find(' ');
  if (blank == std::string_view::npos) return 0;
  server::Request request{.method = std::string(line.substr(0, blank)), .path = {}};
  const std::string_view target = line.substr(blank + 1);
  const size_t question = std::min(target.find('?'), target.size());
  request.path = "/api/v1/" + std::string(target.substr(0, question));
  add_query(request, target.substr(std::min(question + 1, target.size())));
  request.body = std::string(input.substr(std::min(line.size() + 1, input.size())));
  // Maps of many steps would only take time.
  if (request.body.find("epochs") != std::string::npos || request.path.find("events") != std::string::npos) return 0;
  const server::Response response = site().answer(std::move(request));
  const bool is_answer = response.status >= 200 && response.status < 600;
  if (!is_answer || (response.status >= 400 && response.body.find('\n') != std::string::npos)) std::abort();
  return 0;
}
