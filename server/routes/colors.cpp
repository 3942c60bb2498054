// colors, anomalies: what points can be coloured by, and which samples are odd.

#include <server/routes/common.hpp>
#include <server/routes/routes.hpp>

#include <latent/run/anomalies/labels.hpp>
#include <latent/run/anomalies/odd_samples.hpp>
#include <latent/space/metrics/ranking.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace latent::server {

namespace {

Response color(Colors& colors, const Request& request) {
  const std::string id = request.captures.at("id");
  Response response = npy_response(colors.values(id));
  if (const std::vector<std::string> names = colors.names(id); !names.empty()) {
    response.with("X-Color-Names", Json(names).dump(-1, ' ', true, Json::error_handler_t::replace));
  }
  return response;
}

// The ROC curve in at most some hundred points: from the highest threshold down, equal scores together.
Json roc_json(const std::vector<double>& scores, const AnomalyLabels& labels) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  const auto positives = static_cast<double>(std::ranges::count(labels.is_anomaly, uint8_t{1}));
  const double negatives = static_cast<double>(scores.size()) - positives;
  constexpr size_t kPoints = 500;
  const size_t every = std::max<size_t>(1, order.size() / kPoints);
  std::vector<double> fpr = {0.0}, tpr = {0.0}, thresholds;
  double found = 0.0, wrong = 0.0, best_gap = -1.0, best = 0.0;
  for (size_t i = 0; i < order.size(); ++i) {
    (labels.is_anomaly[order[i]] != 0 ? found : wrong) += 1.0;
    if (i + 1 < order.size() && scores[order[i + 1]] == scores[order[i]]) continue;
    if (const double gap = found / positives - wrong / negatives; gap > best_gap) {
      best_gap = gap;
      best = scores[order[i]];
    }
    if (i % every != 0 && i + 1 != order.size()) continue;
    fpr.push_back(wrong / negatives);
    tpr.push_back(found / positives);
    thresholds.push_back(scores[order[i]]);
  }
  return {{"fpr", numbers_json(fpr)},
          {"tpr", numbers_json(tpr)},
          {"thresholds", numbers_json(thresholds)},
          {"auroc", space::auroc(scores, labels.is_anomaly)},
          {"best_threshold", best},
          {"classes", labels.classes}};
}

Json oddest_json(const Session& session, const std::vector<double>& scores, int64_t count) {
  std::vector<int64_t> order(scores.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  const auto middle = order.begin() + std::min<int64_t>(count, session.size());
  std::ranges::partial_sort(order, middle, [&](int64_t a, int64_t b) {
    const double x = scores[static_cast<size_t>(a)], y = scores[static_cast<size_t>(b)];
    return x != y ? x > y : a < b;
  });
  Json all = Json::array();
  for (auto id = order.begin(); id != middle; ++id) {
    all.push_back({{"id", *id}, {"score", scores[static_cast<size_t>(*id)]}});
  }
  return all;
}

Response anomalies(const Session& session, Colors& colors, const Request& request) {
  const bool searches = session.model().encodes_by_search();
  const std::string method = request.text("method", searches ? "reconstruction" : "combined");
  const int64_t count = request.whole("count", 100, 1, 10'000);
  const Tensor values = colors.values("anomaly:" + method);  // refuses what is unknown
  const std::vector<double> scores = values.to_vector();
  Json json = {{"method", method}, {"scores", "colors/anomaly:" + method}};
  Json methods = Json::array();
  if (session.data().is_trained_on && !searches) {
    for (const std::string& name : colors.anomalies().methods) methods.push_back(name);
  } else {
    methods.push_back(method);
  }
  json["methods"] = methods;
  json["oddest"] = oddest_json(session, scores, count);
  const auto labels = anomaly_labels(session.samples(), request.text("anomalous"), request.text("normal"));
  if (labels && std::ranges::all_of(scores, [](double score) { return std::isfinite(score); })) {
    json["roc"] = roc_json(scores, *labels);
  }
  return json_response(json);
}

}  // namespace

void add_color_routes(const Services& services) {
  const Session& session = services.session;
  Colors& colors = services.colors;
  services.add("GET", "colors", [&colors](const Request&) { return json_response(colors.list()); });
  services.router.add("GET", "colors/:id*", [&colors, &lanes = services.lanes](const Request& request) {
    const std::string& id = request.captures.at("id");
    const bool is_work = id == "cluster" || id.starts_with("anomaly:");
    Response response;
    lanes.run(is_work ? Lane::slow : Lane::quick, [&] { response = color(colors, request); });
    return response;
  });
  services.add(
      "GET", "anomalies", [&session, &colors](const Request& request) { return anomalies(session, colors, request); },
      Lane::slow);
}

}  // namespace latent::server
