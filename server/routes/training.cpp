// training: watched, paused and stopped.

#include <server/routes/common.hpp>
#include <server/routes/routes.hpp>

#include <limits>

namespace latent::server {

void add_training_routes(Router& router, TrainingWatch& training) {
  router.add("GET", "training", [&training](const Request&) { return json_response(training.describe()); });
  router.add("GET", "training/events", [&training](const Request& request) {
    // From an event on that GET training has told of; without one, from the oldest that is remembered.
    const int64_t from = request.whole("from", 0, 0, std::numeric_limits<int64_t>::max());
    Response response{.type = "text/event-stream"};
    response.next = [&training, after = from]() mutable { return training.events_after(after); };
    return response;
  });
  const auto order = [&](const char* pattern, void (TrainingWatch::*what)()) {
    router.add("POST", pattern, [&training, what](const Request&) {
      (training.*what)();
      return json_response({{"state", training.describe().at("state")}});
    });
  };
  order("training/pause", &TrainingWatch::pause);
  order("training/resume", &TrainingWatch::resume);
  order("training/stop", &TrainingWatch::stop);
  const auto picture = [&](const char* pattern, const char* what, const char* type) {
    router.add("GET", pattern, [&training, what, type](const Request& request) {
      return bytes_response(training.picture(request.captured("epoch"), what), type);
    });
  };
  picture("training/epochs/:epoch/samples.png", "samples", "image/png");
  picture("training/epochs/:epoch/reconstructions.png", "reconstructions", "image/png");
  picture("training/epochs/:epoch/positions", "positions", "application/octet-stream");
  router.add("GET", "training/labels", [&training](const Request&) { return npy_response(training.labels()); });
}

}  // namespace latent::server
