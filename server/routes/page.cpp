// tiles, texts, predictions: what the page asks to show many samples at once.

#include <server/routes/common.hpp>
#include <server/routes/routes.hpp>

#include <latent/run/classes/predictions.hpp>
#include <latent/run/explore/thumbnails.hpp>

#include <cmath>

namespace latent::server {

namespace {

constexpr int64_t kMostIds = 512;

std::vector<int64_t> ids_asked(const Session& session, const Request& request) {
  return request.wholes("ids", 0, session.size() - 1, kMostIds);
}

// As thumbnails, of samples that lie anywhere.
Response tiles(const Session& session, const Request& request) {
  if (!session.shows_images()) throw HttpError(404, "there are no images here");
  const std::vector<int64_t> ids = ids_asked(session, request);
  if (ids.empty()) throw HttpError(400, "ids: numbers of samples expected");
  const int64_t size = request.whole("size", 32, 4, 256);
  return png_response(thumbnail_atlas(session.run(), session.samples().batch(ids), size));
}

// What samples are called: a word, a name, a class, or the number.
Response texts(const Session& session, const Request& request) {
  Json all = Json::array();
  for (const int64_t i : ids_asked(session, request)) {
    std::string text = session.samples().has_sample_names() ? session.samples().sample_name(i) : session.class_name(i);
    if (text.empty()) text = "#" + std::to_string(i);
    all.push_back({{"id", i}, {"text", text}});
  }
  return json_response(all);
}

Json surest_errors_json(const Predictions& predicted, std::span<const int64_t> labels, int64_t limit) {
  Json worst = Json::array();
  for (const int64_t i : surest_errors(predicted, labels)) {
    if (static_cast<int64_t>(worst.size()) == limit) break;
    const auto at = static_cast<size_t>(i);
    worst.push_back({{"id", i},
                     {"label", labels[at]},
                     {"predicted", predicted.classes[at]},
                     {"probability", predicted.probability(i)}});
  }
  return worst;
}

// How a classifier does on the samples: what it takes for what, and the errors that it was surest about.
Response all_predictions(const Session& session, const Request& request) {
  const Classifier& classifier = classifier_of(session.run());  // refuses other models
  constexpr int64_t kMostErrors = 10'000;
  const int64_t limit = request.whole("limit", 60, 0, kMostErrors);
  const Predictions predicted = predictions_of(classifier, session.codes());
  const std::span<const int64_t> labels = session.samples().labels();
  Json json = {{"classes", class_names_of(session.run())},
               {"accuracy", nullptr},
               {"confusion", Json::array()},
               {"worst", Json::array()}};
  if (labels.empty()) return json_response(json);
  const ClassificationFigures figures = judge_predictions(predicted, labels);
  if (figures.samples > 0) json["accuracy"] = figures.accuracy;
  const int64_t C = figures.confusion.dim(0);
  for (int64_t row = 0; row < C; ++row) {
    const int64_t* counts = figures.confusion.data<int64_t>() + row * C;
    json["confusion"].push_back(std::vector<int64_t>(counts, counts + C));
  }
  json["worst"] = surest_errors_json(predicted, labels, limit);
  return json_response(json);
}

}  // namespace

void add_page_routes(const Services& services) {
  const Session& session = services.session;
  services.add("GET", "tiles", [&session](const Request& request) { return tiles(session, request); });
  services.add("GET", "texts", [&session](const Request& request) { return texts(session, request); });
  if (is_classifier(session.run())) {
    services.add(
        "GET", "predictions", [&session](const Request& request) { return all_predictions(session, request); },
        Lane::slow);
  }
}

}  // namespace latent::server
