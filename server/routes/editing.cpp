// sample, near, interpolate, arithmetic, attributes, selection, neighbors: work with codes.

#include <server/routes/common.hpp>
#include <server/routes/routes.hpp>

#include <latent/core/rng.hpp>
#include <latent/run/checks.hpp>
#include <latent/run/editing/sums.hpp>
#include <latent/run/explore/places.hpp>
#include <latent/run/explore/thumbnails.hpp>
#include <latent/run/generate.hpp>
#include <latent/space/editing/interpolate.hpp>
#include <latent/space/neighbors/neighbors.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace latent::server {

namespace {

constexpr int64_t kLargestSeed = int64_t{1} << 53;

int64_t seed_of(const Json& object) { return whole_of(object, "seed", 0, 0, kLargestSeed); }

// Codes from the prior; with a truncation, each value of them within so many standard deviations of 0.
Tensor drawn_codes(const Session& session, const Json& object, int64_t count, Rng& rng) {
  constexpr double kUnlimited = 0.0, kLeast = 0.01, kMost = 100.0;
  const double truncation = number_of(object, "truncation", kUnlimited, kLeast, kMost);
  if (truncation == kUnlimited) return session.model().sample_prior(count, rng);
  if (!session.model().has_normal_prior()) {
    throw HttpError(400, "truncation is for models whose codes are drawn from a normal prior, and these are not");
  }
  return truncated_codes(session.run(), count, truncation, rng);
}

Response sample(const Session& session, const Request& request) {
  if (!session.model().has_decoder()) throw HttpError(400, "this model has no decoder");
  const Json object = object_of(request);
  const int64_t count = whole_of(object, "count", 16, 1, session.most_codes());
  const double temperature = number_of(object, "temperature", 1.0, 0.0, 100.0);
  Rng rng(static_cast<uint64_t>(seed_of(object)));
  Tensor z = drawn_codes(session, object, count, rng);
  if (temperature == 1.0) return npy_response(z);
  // Towards the mean of the prior, which is that of the draws as far as anybody knows: 0 of a standard normal one.
  for (float& value : z.span<float>()) value = static_cast<float>(value * temperature);
  return npy_response(z);
}

// How far codes spread along each dimension: of the data where there is some, else 1.
std::vector<double> spreads(const Session& session) {
  std::vector<double> all(static_cast<size_t>(session.model().latent_dim()), 1.0);
  if (!session.has_codes()) return all;
  for (const space::Dimension& one : session.dimensions()) all[static_cast<size_t>(one.index)] = one.stddev;
  return all;
}

Response near(const Session& session, const Request& request) {
  const Json object = object_of(request);
  if (!object.contains("code")) throw HttpError(400, "code is missing");
  const Tensor code = codes_of(object.at("code"), session);
  const int64_t count = whole_of(object, "count", 16, 1, session.most_codes()), D = code.dim(1);
  const double spread = number_of(object, "spread", 0.3, 0.0, 100.0);
  const std::vector<double> stddev = spreads(session);
  Rng rng(static_cast<uint64_t>(seed_of(object)));
  Tensor z = Tensor::empty({count, D});
  rng.normal(z.span<float>());
  for (int64_t n = 0; n < count; ++n) {
    for (int64_t d = 0; d < D; ++d) {
      float& value = z.data<float>()[n * D + d];
      value = static_cast<float>(code.data<float>()[d] + spread * stddev[static_cast<size_t>(d)] * value);
    }
  }
  return npy_response(z);
}

// From the first code to the last: `steps` codes from each to the next, the ends once.
Tensor way(const Session& session, const Json& object) {
  if (!object.contains("codes")) throw HttpError(400, "codes is missing");
  const Tensor codes = codes_of(object.at("codes"), session);
  constexpr int64_t kMostStops = 16;
  const int64_t stops = codes.dim(0), D = codes.dim(1);
  if (stops < 2 || stops > kMostStops) throw HttpError(400, fmt::format("2 to {} codes expected", kMostStops));
  const int64_t steps = whole_of(object, "steps", 9, 2, std::max<int64_t>(2, session.most_codes() / stops));
  const space::Path path = space::path_from(text_of(object, "path", "linear"));
  Tensor all = Tensor::empty({(stops - 1) * (steps - 1) + 1, D});
  for (int64_t i = 0; i + 1 < stops; ++i) {
    const auto stop = [&](int64_t k) { return codes.rows(k, k + 1).view_as({D}); };
    all.rows(i * (steps - 1), (i + 1) * (steps - 1) + 1)
        .copy_from(space::interpolate(stop(i), stop(i + 1), steps, path));
  }
  return all;
}

Response strip(const Session& session, const Request& request) {
  check_has_decoder(session.run());
  if (!session.shows_images()) throw HttpError(400, "pictures are for images; decode the codes of interpolate");
  const Tensor x = session.run().decode(way(session, object_of(request)));
  return png_response(plain_grid(session.run(), x, x.dim(0), 64), Packing::small);
}

Response animation(const Session& session, const Request& request) {
  check_has_decoder(session.run());
  if (!session.shows_images()) throw HttpError(400, "pictures are for images; decode the codes of interpolate");
  const Json object = object_of(request);
  const int64_t pause = whole_of(object, "milliseconds", 80, 10, 10'000);
  const Tensor x = session.run().decode(way(session, object));
  std::vector<Tensor> frames;
  for (int64_t i = 0; i < x.dim(0); ++i) frames.push_back(plain_grid(session.run(), x.rows(i, i + 1), 1, 128));
  for (int64_t i = x.dim(0) - 2; i > 0; --i) frames.push_back(frames[static_cast<size_t>(i)]);  // and back
  return bytes_response(gif_bytes(frames, static_cast<int>(pause)), "image/gif");
}

Response arithmetic(const Session& session, const Request& request) {
  const Json object = object_of(request);
  const SumExpression expression = sum_from(text_of(object, "expression", std::nullopt));
  for (const data::Operand& operand : expression.operands) {
    if (operand.kind == data::Operand::Kind::file || !operand.selection.files().empty()) {
      throw HttpError(400,
                      "an expression that comes over the network names no files; samples are #12, classes label:NAME");
    }
  }
  const space::Path path = space::path_from(text_of(object, "path", "linear"));
  const CodeSum sum =
      sum_codes(session.run(), session.data(), session.codes(), expression, path, [](const std::string&) -> RunData {
        throw HttpError(400, "an expression that comes over the network names no files");
      });
  Json terms = Json::array();
  for (const SumTerm& term : sum.terms) {
    terms.push_back({{"name", term.name}, {"factor", term.factor}, {"code", row_json(term.code, 0)}});
  }
  Json nearest = Json::array();
  if (sum.nearest) nearest.push_back({{"id", sum.nearest->index}, {"distance", sum.nearest->distance}});
  return json_response({{"code", row_json(sum.z, 0)}, {"terms", terms}, {"nearest", nearest}});
}

Response neighbors(const Session& session, const Request& request) {
  const Json object = object_of(request);
  const Tensor& z = session.codes();
  const int64_t k = whole_of(object, "k", 10, 1, 1000);
  const space::Metric metric = space::metric_from(text_of(object, "metric", "euclidean"));
  if (object.contains("code") == object.contains("id")) throw HttpError(400, "either a code or an id is needed");
  const int64_t itself = object.contains("id") ? whole_of(object, "id", std::nullopt, 0, session.size() - 1) : -1;
  const Tensor query = itself >= 0 ? z.rows(itself, itself + 1) : codes_of(object.at("code"), session).rows(0, 1);
  const int64_t count = std::min(k + (itself >= 0 ? 1 : 0), z.dim(0));
  const space::Neighbors found = space::nearest(query, z, count, metric);
  Json all = Json::array();
  for (int64_t n = 0; n < count && static_cast<int64_t>(all.size()) < k; ++n) {
    const int64_t id = found.index.data<int64_t>()[n];
    if (id != itself) all.push_back({{"id", id}, {"distance", found.distance.data<float>()[n]}});
  }
  return json_response(all);
}

std::vector<int64_t> ids_of(const Session& session, const Request& request) {
  const Json object = object_of(request);
  if (!object.contains("ids")) throw HttpError(400, "ids is missing");
  return sample_numbers(object.at("ids"), session);
}

Response selection(const Session& session, const Request& request) {
  const std::vector<int64_t> ids = ids_of(session, request);
  Json classes = Json::object();
  if (!session.samples().labels().empty()) {
    std::vector<int64_t> counts(session.samples().class_names().size());
    for (const int64_t i : ids) {
      const int64_t label = session.samples().labels()[static_cast<size_t>(i)];
      if (0 <= label && label < static_cast<int64_t>(counts.size())) ++counts[static_cast<size_t>(label)];
    }
    for (size_t c = 0; c < counts.size(); ++c) {
      if (counts[c] > 0) classes[session.samples().class_names()[c]] = counts[c];
    }
  }
  Json json = {{"count", ids.size()}, {"classes", classes}};
  if (session.has_codes()) json["center"] = row_json(mean_row(session.codes(), ids), 0);
  return json_response(json);
}

// The mean of the samples themselves, which is not the decoded centre of their codes.
Response mean_picture(const Session& session, const Request& request) {
  if (!session.shows_images()) throw HttpError(400, "there are no images here");
  const std::vector<int64_t> ids = ids_of(session, request);
  constexpr size_t kAtOnce = 1024;
  const Shape shape = session.samples().sample_shape();
  std::vector<double> sums(static_cast<size_t>(shape.numel()));
  for (size_t begin = 0; begin < ids.size(); begin += kAtOnce) {
    const std::span<const int64_t> part(ids.data() + begin, std::min(kAtOnce, ids.size() - begin));
    const Tensor x = session.samples().batch(part);
    for (int64_t i = 0; i < x.numel(); ++i) sums[static_cast<size_t>(i % shape.numel())] += x.data<float>()[i];
  }
  Tensor mean = Tensor::empty(shape.prepend(1));
  for (size_t i = 0; i < sums.size(); ++i) {
    mean.data<float>()[i] = static_cast<float>(sums[i] / static_cast<double>(ids.size()));
  }
  return png_response(plain_grid(session.run(), mean, 1));
}

}  // namespace

void add_editing_routes(const Services& services) {
  const Session& session = services.session;
  const auto add = [&](const char* pattern, Response (*answer)(const Session&, const Request&),
                       Lane lane = Lane::quick) {
    services.add(
        "POST", pattern, [&session, answer](const Request& request) { return answer(session, request); }, lane);
  };
  add("sample", sample);
  add("near", near);
  add("interpolate", [](const Session& s, const Request& r) { return npy_response(way(s, object_of(r))); });
  add("export/strip.png", strip);
  add("export/morph.gif", animation);
  add("arithmetic", arithmetic);
  add("neighbors", neighbors);
  add("selection", selection);
  add("selection/mean.png", mean_picture);
  Attributes& attributes = services.attributes;
  services.add("GET", "attributes", [&attributes](const Request&) { return json_response(attributes.list()); });
  services.add(
      "POST", "attributes",
      [&attributes](const Request& request) { return json_response(attributes.add(object_of(request))); }, Lane::slow);
  services.add("DELETE", "attributes/:name", [&attributes](const Request& request) {
    attributes.remove(request.captures.at("name"));
    return json_response({{"removed", request.captures.at("name")}});
  });
}

}  // namespace latent::server
