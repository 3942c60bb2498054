// info, labels, dimensions: what there is.

#include <server/routes/common.hpp>
#include <server/routes/routes.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/run/classes/predictions.hpp>
#include <latent/run/sounds/sounds.hpp>
#include <latent/run/units.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

namespace latent::server {

namespace {

// The largest absolute value of each column, among the first rows; of one that is 0 in all of them the least of others.
std::vector<double> column_sizes(const Session& session) {
  constexpr int64_t kLookedAt = 512;
  const Tensor rows =
      to_units(session.run(), session.samples().range(0, std::min(session.size(), kLookedAt))).to(DType::f64);
  std::vector<double> sizes(static_cast<size_t>(session.model().data_shape().numel()), 0.0);
  size_t at = 0;
  for (const double value : rows.span<double>()) {
    double& size = sizes[at++ % sizes.size()];
    if (std::isfinite(value)) size = std::max(size, std::abs(value));
  }
  double least = std::numeric_limits<double>::infinity();
  for (const double size : sizes) least = size > 0.0 ? std::min(least, size) : least;
  if (std::isfinite(least)) std::ranges::replace(sizes, 0.0, least);
  return sizes;
}

// What people call the model's kind of samples, for the one who draws them.
Json drawn_json(const Session& session) {
  const Shape shape = session.model().data_shape();
  if (session.is_words()) return {{"type", "word"}};
  const View& view = session.view();
  switch (view.look) {
    case Look::images: {
      return {{"type", "image"}, {"channels", shape[0]}, {"height", shape[1]}, {"width", shape[2]}};
    }
    case Look::series: {
      return {{"type", "series"},
              {"channels", view.channels},
              {"length", view.length},
              {"channels_last", view.channels_last}};
    }
    case Look::columns: break;
  }
  return {{"type", "row"},
          {"columns", value_names(session.run(), shape.numel())},
          {"sizes", numbers_json(column_sizes(session))}};
}

Json look_json(const Session& session) {
  Json look = drawn_json(session);
  if (has_sounds(session.run())) look["sound"] = {{"rate", sound_rate(session.run())}};
  return look;
}

Json capabilities_json(const Services& services) {
  const Session& session = services.session;
  const LatentModel& model = session.model();
  const bool has_both = model.has_encoder() && model.has_decoder();
  Json all = Json::array();
  if (model.has_encoder() && !session.is_words()) all.push_back("encode");
  if (model.has_decoder()) all.push_back("decode");
  if (has_both) all.push_back("reconstruct");
  if (has_both || model.has_skips()) all.push_back("denoise");
  if (model.has_encoder() && session.data().is_trained_on && !session.is_words()) all.push_back("anomalies");
  if (is_classifier(session.run())) all.push_back("predict");
  if (session.is_words()) all.push_back("words");
  if (services.training != nullptr) all.push_back("training");
  return all;
}

std::string name_of_run(const Run& run) {
  if (run.path.empty()) return run.model->kind();
  std::filesystem::path path = std::filesystem::absolute(run.path).lexically_normal();
  if (path.filename().empty()) path = path.parent_path();
  return path.filename().string();
}

std::string preset_of(const Run& run) {
  const nlohmann::json::json_pointer at("/run/preset");
  return run.info->contains(at) && run.info->at(at).is_string() ? run.info->at(at).get<std::string>() : std::string();
}

bool has_prior(const Session& session) { return session.model().has_decoder() && !session.is_words(); }

Json preparing_json(const Preparing& preparing) {
  const std::optional<Preparing::Progress> now = preparing.now();
  if (!now) return nullptr;
  return {{"data", now->of},
          {"done", now->done},
          {"total", now->total},
          {"seconds_left", now->seconds_left ? Json(*now->seconds_left) : Json(nullptr)}};
}

Json info_json(const Services& services) {
  const Session& session = services.session;
  const LatentModel& model = session.model();
  const std::string preset = preset_of(session.run());
  Json shape = Json::array();
  for (int i = 0; i < model.data_shape().ndim(); ++i) shape.push_back(model.data_shape()[i]);
  const auto names = session.samples().class_names();
  return {{"version", LATENT_VERSION},
          {"run",
           {{"name", name_of_run(session.run())},
            {"path_name", session.run().path.string()},
            {"model", model.kind()},
            {"latent_dim", model.latent_dim()},
            {"data_shape", shape},
            {"has_encoder", model.has_encoder()},
            {"has_decoder", model.has_decoder()},
            {"has_likelihood", model.has_likelihood()},
            {"has_prior", has_prior(session)},
            {"has_normal_prior", has_prior(session) && model.has_normal_prior()},
            {"preset", preset},
            {"parameters", model.num_parameters()},
            {"description", session.is_words() ? "words" : model.kind()}}},
          {"look", look_json(session)},
          {"data",
           {{"name", session.data().source},
            {"part", session.data().split},
            {"samples", session.size()},
            {"classes", std::vector<std::string>(names.begin(), names.end())},
            {"has_labels", !session.samples().labels().empty()},
            {"is_trained_on", session.data().is_trained_on}}},
          {"maps", services.maps.methods()},
          {"capabilities", capabilities_json(services)},
          {"preparing", preparing_json(services.preparing)},
          {"limits", {{"batch", session.most_codes()}, {"body_bytes", services.guards.most_body_bytes}}}};
}

Tensor labels_of(const Session& session) {
  const std::span<const int64_t> labels = session.samples().labels();
  if (labels.empty()) return Tensor::full({session.size()}, -1.0, DType::i64);
  return Tensor::from(labels, {session.size()});
}

Json dimensions_json(const Session& session) {
  const Tensor& z = session.codes();
  const int64_t N = z.dim(0), D = z.dim(1);
  Json all = Json::array();
  for (const space::Dimension& one : session.dimensions()) {
    float low = z.data<float>()[one.index], high = low;
    for (int64_t n = 1; n < N; ++n) {
      low = std::min(low, z.data<float>()[n * D + one.index]);
      high = std::max(high, z.data<float>()[n * D + one.index]);
    }
    all.push_back({{"dim", one.index},
                   {"kl", std::isfinite(one.kl) ? Json(one.kl) : Json(nullptr)},
                   {"mean", one.mean},
                   {"std", one.stddev},
                   {"low", low},
                   {"high", high},
                   {"active", one.active}});
  }
  return all;
}

}  // namespace

void Services::add(std::string_view method, std::string_view pattern, Router::Handler handler, Lane lane) const {
  router.add(method, pattern, [&to = lanes, lane, handler = std::move(handler)](const Request& request) {
    Response response;
    to.run(lane, [&] { response = handler(request); });
    return response;
  });
}

void add_info_routes(const Services& services) {
  services.add("GET", "info", [services](const Request&) { return json_response(info_json(services)); });
  services.add("GET", "labels", [&s = services.session](const Request&) { return npy_response(labels_of(s)); });
  services.add("GET", "dimensions",
               [&s = services.session](const Request&) { return json_response(dimensions_json(s)); });
}

}  // namespace latent::server
