#include <server/map_request.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace latent::server {

namespace {

// Reads an object key by key, and refuses what it was not asked about.
class Fields {
 public:
  Fields(const Json& object, std::string what) : object_(object), what_(std::move(what)) {
    if (!object_.is_object()) throw HttpError(400, what_ + ": an object expected");
  }
  int64_t whole(const char* name, int64_t otherwise, int64_t low, int64_t high) {
    const Json* value = find(name);
    if (!value) return otherwise;
    if (!value->is_number_integer() || *value < low || *value > high) {
      throw HttpError(400, fmt::format("{}: a whole number from {} to {} expected", name, low, high));
    }
    return value->get<int64_t>();
  }
  double number(const char* name, double otherwise, double low, double high) {
    const Json* value = find(name);
    if (!value) return otherwise;
    if (!value->is_number() || value->get<double>() < low || value->get<double>() > high) {
      throw HttpError(400, fmt::format("{}: a number from {} to {} expected", name, low, high));
    }
    return value->get<double>();
  }
  std::string text(const char* name, const std::string& otherwise) {
    const Json* value = find(name);
    if (!value) return otherwise;
    if (!value->is_string()) throw HttpError(400, fmt::format("{}: a text expected", name));
    return value->get<std::string>();
  }
  const Json* find(const char* name) {
    known_.emplace_back(name);
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }
  void refuse_others() const {
    for (const auto& [name, value] : object_.items()) {
      if (std::ranges::find(known_, name) != known_.end()) continue;
      std::string all;
      for (const std::string& one : known_) all += (all.empty() ? "" : ", ") + one;
      throw HttpError(400, fmt::format("{}: '{}' is unknown here{}", what_, name.substr(0, 40),
                                       all.empty() ? "" : "; there is " + all));
    }
  }

 private:
  const Json& object_;
  std::string what_;
  std::vector<std::string> known_;
};

constexpr int64_t kMostSteps = 100'000;

void read_umap(Fields& fields, MapOptions& options, int64_t N, Json& normal) {
  const int64_t usual = std::min<int64_t>(15, std::max<int64_t>(2, N - 1));
  options.neighbors = fields.whole("neighbors", usual, 2, std::min<int64_t>(N - 1, 500));
  options.min_dist = fields.number("min_dist", options.min_dist, 0.0, 10.0);
  options.spread = fields.number("spread", options.spread, 0.01, 100.0);
  options.negative_samples = fields.whole("negative_samples", options.negative_samples, 0, 100);
  options.umap_init = space::umap_init_from(fields.text("init", "pca"));
  space::fit_umap_curve(options.spread, options.min_dist);  // refuses what no curve fits
  normal = {{"neighbors", *options.neighbors},
            {"min_dist", options.min_dist},
            {"spread", options.spread},
            {"negative_samples", options.negative_samples},
            {"init", space::name_of(*options.umap_init)}};
}

void read_tsne(Fields& fields, MapOptions& options, int64_t N, Json& normal) {
  const double usual = std::min(30.0, std::max(1.0, static_cast<double>(N - 1) / 3.0));
  options.perplexity = fields.number("perplexity", usual, 1.0, std::min<double>(static_cast<double>(N - 1), 500.0));
  options.exaggeration = fields.number("exaggeration", options.exaggeration, 1.0, 1000.0);
  const std::string init = fields.text("init", "pca");
  options.tsne_init = space::tsne_init_from(init);
  normal = {{"perplexity", *options.perplexity}, {"exaggeration", options.exaggeration}, {"init", init}};
}

// The two (or three) most active ones, unless others are named.
std::vector<int64_t> code_dimensions(Fields& fields, const Session& session, int64_t dims) {
  const int64_t D = session.model().latent_dim();
  std::vector<int64_t> chosen;
  if (const Json* given = fields.find("dimensions")) {
    if (!given->is_array() || static_cast<int64_t>(given->size()) != dims) {
      throw HttpError(400, fmt::format("dimensions: {} numbers of dimensions expected", dims));
    }
    for (const Json& one : *given) {
      if (!one.is_number_integer() || one < 0 || one >= D) {
        throw HttpError(400, fmt::format("dimensions: whole numbers from 0 to {} expected", D - 1));
      }
      chosen.push_back(one.get<int64_t>());
    }
    return chosen;
  }
  if (D < dims) throw HttpError(400, fmt::format("codes of {} dimensions have no {} of them", D, dims));
  if (D == dims) {
    for (int64_t d = 0; d < D; ++d) chosen.push_back(d);
    return chosen;
  }
  for (int64_t k = 0; k < dims; ++k) chosen.push_back(session.dimensions()[static_cast<size_t>(k)].index);
  return chosen;
}

}  // namespace

MapRequest map_request_from(const Json& request, const Session& session) {
  Fields fields(request, "a map");
  MapRequest asked{.method = fields.text("method", "pca")};
  const int64_t dims = fields.whole("dims", 2, 2, 3);
  constexpr int64_t kLargestSeed = int64_t{1} << 53;
  const int64_t seed = fields.whole("seed", 0, 0, kLargestSeed);
  const Json* const given = fields.find("options");
  fields.refuse_others();
  const Json none = Json::object();
  Fields options(given ? *given : none, "options");
  Json normal = Json::object();
  const int64_t N = session.codes().dim(0);  // refuses a model without encoder
  if (asked.method == "codes") {
    asked.dimensions = code_dimensions(options, session, dims);
    normal = {{"dimensions", asked.dimensions}};
  } else {
    asked.options.method = map_method_from(asked.method);
    asked.options.dims = dims;
    asked.options.seed = static_cast<uint64_t>(seed);
    if (N < (asked.takes_steps() ? 4 : 2)) throw HttpError(400, fmt::format("{} samples are too few for a map", N));
    if (asked.method == "umap") read_umap(options, asked.options, N, normal);
    if (asked.method == "tsne") read_tsne(options, asked.options, N, normal);
    if (asked.takes_steps()) {
      const std::string metric = options.text("metric", "euclidean");
      asked.options.metric = space::metric_from(metric);
      normal["metric"] = metric;
      if (const int64_t steps = options.whole("epochs", 0, 0, kMostSteps); steps > 0) {
        asked.options.epochs = steps;
        normal["epochs"] = steps;
      }
    }
  }
  options.refuse_others();
  asked.normal = {{"method", asked.method}, {"dims", dims}, {"seed", seed}, {"options", normal}};
  return asked;
}

}  // namespace latent::server
