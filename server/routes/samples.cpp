// thumbnails, samples, search: the samples themselves and what the model makes of each.

#include <server/routes/common.hpp>
#include <server/routes/routes.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/models/denoise.hpp>
#include <latent/run/checks.hpp>
#include <latent/run/classes/predictions.hpp>
#include <latent/run/explore/thumbnails.hpp>
#include <latent/run/units.hpp>
#include <latent/space/neighbors/neighbors.hpp>
#include <latent/training/sample_terms.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace latent::server {

namespace {

constexpr int64_t kMostTiles = 4096, kMostSide = 8192;

Response thumbnails(const Session& session, const Request& request) {
  if (!session.shows_images()) throw HttpError(404, "there are no images here");
  const int64_t N = session.size();
  const int64_t from = request.whole("from", 0, 0, std::max<int64_t>(N - 1, 0));
  const int64_t count = std::min(request.whole("count", 256, 1, kMostTiles), N - from);
  const int64_t size = request.whole("size", 32, 4, 256);
  const auto columns = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(count))));
  if (columns * size > kMostSide) {
    throw HttpError(400, fmt::format("{} tiles of {} pixels are too large a picture", count, size));
  }
  // Reading so many large images at once would take room that nobody needs.
  constexpr int64_t kMostValues = int64_t{256} << 20;
  if (count * session.model().data_shape().numel() > kMostValues) throw HttpError(400, "fewer tiles at once, please");
  return png_response(thumbnail_atlas(session.run(), session.samples().range(from, from + count), size));
}

Json sample_json(const Session& session, int64_t i) {
  const data::Dataset& samples = session.samples();
  Json json = {{"id", i}, {"data_index", samples.source_index(i)}};
  if (!samples.labels().empty()) {
    json["label"] = samples.labels()[static_cast<size_t>(i)];
    json["class"] = session.class_name(i);
  }
  if (samples.has_sample_names()) json[session.is_words() ? "word" : "name"] = samples.sample_name(i);
  if (session.is_words() || session.shows_images()) return json;
  Tensor values = samples.stored_range(i, i + 1);
  if (!values.defined()) values = to_units(session.run(), samples.range(i, i + 1));
  json["values"] = numbers_json(values.to_vector());
  if (session.view().look == Look::columns) json["columns"] = value_names(session.run(), values.numel());
  return json;
}

Response sample_picture(const Session& session, const Request& request) {
  const int64_t i = sample_number(request, session);
  if (!session.shows_images()) throw HttpError(404, "there are no images here");
  return png_response(plain_grid(session.run(), session.samples().range(i, i + 1), 1));
}

void add_nats(const std::vector<NamedTerm>& terms, std::string_view name, Json& into, const char* key) {
  for (const NamedTerm& term : terms) {
    if (term.name == name) into[key] = term.value.item();
  }
}

// The parts of the bound for one sample, with the mean of q(z|x) as its code.
void add_terms(const Session& session, int64_t i, Json& json) {
  if (!session.model().has_decoder()) return;
  const NoGrad no_grad;
  if (session.model().encodes_by_search()) {
    if (!session.is_generated()) json["reconstruction_nats"] = session.nats_at_codes(i, i + 1)[0];
    return;
  }
  Rng rng(0);
  const Tensor x = session.samples().range(i, i + 1);
  const StepContext context{.rng = rng, .mode = nn::Mode::eval};
  const LossTerms terms = session.model().loss({.x = x, .input = {}, .labels = {}}, context);
  add_nats(terms.terms, "kl", json, "kl_nats");
  if (terms.kl_per_dim.defined()) json["kl_per_dim"] = numbers_json(terms.kl_per_dim.to_vector());
  const SampleTerms exact = sample_terms(session.model(), session.samples(), i, i + 1, {.draws = 1});
  if (!exact.reconstruction.empty()) json["reconstruction_nats"] = exact.reconstruction[0];
}

void add_prediction(const Session& session, int64_t i, Json& json) {
  if (!is_classifier(session.run())) return;
  const auto one = data::from_samples(session.samples().range(i, i + 1));
  const Predictions predicted = predict(session.run(), *one);
  const std::vector<std::string> names = class_names_of(session.run());
  Json all = Json::array();
  for (size_t c = 0; c < names.size(); ++c) {
    all.push_back({{"name", names[c]}, {"probability", predicted.probabilities.data<float>()[c]}});
  }
  json["prediction"] = {{"class", names[static_cast<size_t>(predicted.classes[0])]}, {"classes", all}};
}

// The nearest other samples, by their codes.
Json neighbors_json(const Session& session, int64_t i, int64_t k) {
  const Tensor& z = session.codes();
  const int64_t count = std::min(k + 1, z.dim(0));
  const space::Neighbors near = space::nearest(z.rows(i, i + 1), z, count);
  Json all = Json::array();
  for (int64_t n = 0; n < count && static_cast<int64_t>(all.size()) < k; ++n) {
    const int64_t id = near.index.data<int64_t>()[n];
    if (id != i) all.push_back({{"id", id}, {"distance", near.distance.data<float>()[n]}});
  }
  return all;
}

Response item(const Session& session, const Request& request) {
  const int64_t i = sample_number(request, session);
  const int64_t k = request.whole("k", 10, 0, 1000);
  Json json = sample_json(session, i);
  if (session.has_codes()) {
    json["code"] = row_json(session.codes(), i);
    json["neighbors"] = neighbors_json(session, i, k);
  }
  if (!session.is_words()) {
    add_terms(session, i, json);
    add_prediction(session, i, json);
  }
  return json_response(json);
}

Tensor reconstruction_of(const Session& session, int64_t i) {
  check_has_both_halves(session.run(), "reconstructing samples");
  return session.decode(session.codes().rows(i, i + 1));
}

Response reconstruction(const Session& session, const Request& request) {
  const int64_t i = sample_number(request, session);
  return decoded_response(session, reconstruction_of(session, i), "png");
}

Response sound(const Session& session, const Request& request) {
  const int64_t i = sample_number(request, session);
  return wav_response(session, session.samples().range(i, i + 1));
}

Response reconstructed_sound(const Session& session, const Request& request) {
  const int64_t i = sample_number(request, session);
  return wav_response(session, reconstruction_of(session, i));
}

Response difference(const Session& session, const Request& request) {
  const int64_t i = sample_number(request, session);
  if (!session.shows_images()) throw HttpError(404, "there are no images here");
  return png_response(
      difference_picture(session.run(), session.samples().range(i, i + 1), reconstruction_of(session, i)));
}

Response cleaned(const Session& session, const Request& request) {
  const int64_t i = sample_number(request, session);
  check_has_both_halves(session.run(), "cleaning samples");
  return decoded_response(session, denoise(session.model(), session.samples().range(i, i + 1)), "png");
}

// The same for what is no picture: values in the units of the data.
Response reconstruction_values(const Session& session, const Request& request) {
  const int64_t i = sample_number(request, session);
  return decoded_response(session, reconstruction_of(session, i), "json");
}

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Samples by number, class or name: numbers first, then what begins so, then what contains it.
Response search(const Session& session, const Request& request) {
  const std::string query = lower_case(request.text("q"));
  const auto limit = static_cast<size_t>(request.whole("limit", 20, 1, 1000));
  Json all = Json::array();
  if (query.empty()) return json_response(all);
  const auto add = [&](int64_t i, const std::string& text) { all.push_back({{"id", i}, {"text", text}}); };
  const std::string digits = query.starts_with('#') ? query.substr(1) : query;
  if (!digits.empty() && digits.size() < 18 &&
      std::ranges::all_of(digits, [](char c) { return '0' <= c && c <= '9'; })) {
    if (const int64_t i = std::stoll(digits); i < session.size()) add(i, "#" + digits);
  }
  const data::Dataset& samples = session.samples();
  for (const bool at_start : {true, false}) {
    for (int64_t i = 0; i < session.size() && all.size() < limit; ++i) {
      for (const std::string& text : {samples.sample_name(i), session.class_name(i)}) {
        const size_t at = lower_case(text).find(query);
        if (at == std::string::npos || (at == 0) != at_start) continue;
        add(i, text);
        break;
      }
    }
  }
  return json_response(all);
}

}  // namespace

void add_sample_routes(const Services& services) {
  const Session& session = services.session;
  const auto add = [&](const char* pattern, Response (*answer)(const Session&, const Request&)) {
    services.add("GET", pattern, [&session, answer](const Request& request) { return answer(session, request); });
  };
  add("thumbnails", thumbnails);
  add("samples/:id.png", sample_picture);
  add("samples/:id.wav", sound);
  add("samples/:id", [](const Session& s, const Request& request) {
    return json_response(sample_json(s, sample_number(request, s)));
  });
  add("samples/:id/item", item);
  add("samples/:id/reconstruction.png", reconstruction);
  add("samples/:id/reconstruction", reconstruction_values);
  add("samples/:id/reconstruction.wav", reconstructed_sound);
  add("samples/:id/difference.png", difference);
  add("samples/:id/cleaned.png", cleaned);
  add("search", search);
}

}  // namespace latent::server
