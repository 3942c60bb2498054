#include <server/export_contents.hpp>

#include <latent/core/error.hpp>
#include <latent/core/stoppable.hpp>
#include <latent/core/text.hpp>
#include <latent/formats/npy.hpp>
#include <latent/run/classes/predictions.hpp>
#include <latent/run/explore/decoder_layers.hpp>
#include <latent/run/units.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>
#include <thread>

namespace latent::server {

namespace {

constexpr const char* kApi = "/api/v1/";

// What the explorer answers, asked as a client would ask.
class Asking {
 public:
  explicit Asking(const Explorer& explorer) : explorer_(explorer) {}

  std::string get(const std::string& path, std::vector<std::pair<std::string, std::string>> query = {}) const {
    return answered({.method = "GET", .path = kApi + path, .query = std::move(query)});
  }
  Json json(const std::string& path) const { return Json::parse(get(path)); }
  Tensor array(const std::string& path) const { return array_in(get(path), path); }
  Json post(const std::string& path, const Json& body) const { return Json::parse(posted(path, body)); }
  Tensor post_for_array(const std::string& path, const Json& body) const { return array_in(posted(path, body), path); }

 private:
  static Tensor array_in(const std::string& bytes, const std::string& path) {
    return read_npy(std::as_bytes(std::span(bytes)), path);
  }
  std::string posted(const std::string& path, const Json& body) const {
    return answered({.method = "POST", .path = kApi + path, .body = body.dump()});
  }
  std::string answered(Request request) const {
    check_stop();
    const std::string path = request.path;
    const Response response = explorer_.answer(std::move(request));
    if (response.status == 200) return response.whole_body();
    check_stop();
    const Json json = Json::parse(response.body, nullptr, false);
    throw UsageError(json.is_object() && json.contains("error") ? json["error"].get<std::string>()
                                                                : fmt::format("{} was refused", path));
  }

  const Explorer& explorer_;
};

Tensor bytes_of(const std::string& text) {
  Tensor bytes = Tensor::empty({static_cast<int64_t>(text.size())}, DType::u8);
  std::memcpy(bytes.data<uint8_t>(), text.data(), text.size());
  return bytes;
}

Tensor whole_numbers(const Tensor& x) { return x.to(DType::i32); }

// @return its number
std::string add_map(const Asking& ask, ExportContents& contents, const std::string& method) {
  Json map = ask.post("maps", {{"method", method}});
  std::string id = map.at("id").is_string() ? map.at("id").get<std::string>() : map.at("id").dump();
  while (map.at("state") == "running" || map.at("state") == "waiting") {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    map = ask.json("maps/" + id);
  }
  if (map.at("state") != "done") {
    const std::string why = map.value("error", "");
    throw UsageError(why.empty() ? fmt::format("the map by {} could not be made", method) : why);
  }
  contents.tensors.emplace_back("map." + method, ask.array("maps/" + id + "/positions"));
  Json entry = {{"id", method}, {"method", method}, {"seed", 0}};
  for (const char* what : {"explained", "options"}) {
    if (map.contains(what)) entry[what] = map.at(what);
  }
  contents.header["maps"].push_back(entry);
  return id;
}

void add_pca(const Asking& ask, ExportContents& contents, const Tensor& codes) {
  const std::string id = add_map(ask, contents, "pca");
  const int64_t D = codes.dim(1);
  // The axes are taken from the map itself: a place is (code - mean) times them, whatever sign they were given.
  const auto code_of = [&](const char* x, const char* y) {
    return Json::parse(ask.get("maps/" + id + "/code", {{"x", x}, {"y", y}})).at("code").get<std::vector<float>>();
  };
  const std::vector<float> mean = code_of("0", "0"), right = code_of("1", "0"), up = code_of("0", "1");
  Tensor middle = Tensor::empty({D}), axes = Tensor::empty({2, D});
  for (int64_t d = 0; d < D; ++d) {
    const auto i = static_cast<size_t>(d);
    middle.data<float>()[d] = mean[i];
    axes.data<float>()[d] = right[i] - mean[i];
    axes.data<float>()[D + d] = up[i] - mean[i];
  }
  contents.tensors.emplace_back("pca.mean", middle);
  contents.tensors.emplace_back("pca.components", axes);
}

// Maps that are not drawn at once. In the page they stand still.
void add_slow_maps(const Asking& ask, const Json& info, const std::optional<std::vector<std::string>>& asked,
                   ExportContents& contents) {
  constexpr int64_t kMostUnasked = 100'000;  // samples; of more, a map takes minutes
  const auto N = info.at("data").at("samples").get<int64_t>();
  if (!asked && N > kMostUnasked) {
    contents.remarks.push_back(
        {fmt::format("the page has no map by UMAP, which takes a while for {} samples: --maps umap "
                     "adds it",
                     grouped(N))});
    return;
  }
  for (const std::string& method : asked.value_or(std::vector<std::string>{"umap"})) {
    const bool is_known = std::ranges::find(info.at("maps"), Json(method)) != info.at("maps").end();
    try {
      if (!is_known) throw UsageError(fmt::format("this model has no map '{}'", method));
      add_map(ask, contents, method);
    } catch (const UsageError& error) {
      if (asked) throw;
      contents.remarks.push_back({fmt::format("the page has no map by {}: {}", method, error.what())});
    }
  }
}

bool has_color(const ExportContents& contents, const std::string& id) {
  return std::ranges::any_of(contents.tensors, [&](const auto& tensor) { return tensor.first == "color." + id; });
}

void add_colors(const Asking& ask, ExportContents& contents) {
  Json kept = Json::array();
  for (const Json& color : ask.json("colors")) {
    const auto id = color.at("id").get<std::string>();
    Tensor values;
    try {
      values = ask.array("colors/" + id);
    } catch (const UsageError&) {
      continue;  // a score that this data has not
    }
    contents.tensors.emplace_back("color." + id, values.dtype() == DType::i64 ? whole_numbers(values) : values);
    kept.push_back(color);
  }
  contents.header["colors"] = kept;
}

// Scores of anomalies by each method, and how well they tell classes apart.
void add_anomalies(const Asking& ask, const Json& info, ExportContents& contents) {
  const Json& can = info.at("capabilities");
  if (std::ranges::find(can, Json("anomalies")) == can.end()) return;
  Json all = Json::array();
  const auto asked = [&](const std::string& method) {
    return Json::parse(ask.get("anomalies", {{"method", method}, {"count", "1"}}));
  };
  const Json methods = Json::parse(ask.get("anomalies", {{"count", "1"}})).at("methods");
  for (const Json& method : methods) {
    const auto name = method.get<std::string>();
    const std::string id = "anomaly:" + name;
    const Json found = asked(name);
    if (!has_color(contents, id)) contents.tensors.emplace_back("color." + id, ask.array("colors/" + id));
    all.push_back({{"method", name}, {"roc", found.contains("roc") ? found.at("roc") : Json(nullptr)}});
  }
  contents.header["anomalies"] = all;
}

// Small ones as they are, larger ones so that their longer side fits into a tile.
void add_pictures(const Asking& ask, const Run& run, ExportContents& contents, int64_t N) {
  const Shape sample = run.model->data_shape();
  const Shape shown = for_pictures(run, Tensor::zeros(sample.prepend(1))).shape();
  const int64_t height = shown[2], width = shown[3];
  constexpr int64_t kLeast = 4, kLargest = 64, kMost = 4096, kMostValues = int64_t{1} << 26;
  const int64_t tile = std::clamp(std::max(height, width), kLeast, kLargest);
  const int64_t tiles = std::clamp<int64_t>(kMostValues / sample.numel(), 1, kMost);
  for (int64_t page = 0; page * tiles < N; ++page) {
    const int64_t from = page * tiles, count = std::min(tiles, N - from);
    const std::string png =
        ask.get("thumbnails",
                {{"from", std::to_string(from)}, {"count", std::to_string(count)}, {"size", std::to_string(tile)}});
    contents.tensors.emplace_back(fmt::format("atlas.{}", page), bytes_of(png));
  }
  contents.header["atlas"] = {{"tile", tile}, {"count", N}, {"page", tiles}, {"height", height}, {"width", width}};
}

void add_values(const Asking& ask, ExportContents& contents, int64_t N) {
  Tensor all;
  for (int64_t i = 0; i < N; ++i) {
    const Json values = ask.json(fmt::format("samples/{}", i)).at("values");
    if (!all.defined()) all = Tensor::empty({N, static_cast<int64_t>(values.size())});
    for (size_t f = 0; f < values.size(); ++f) {
      all.data<float>()[i * all.dim(1) + static_cast<int64_t>(f)] =
          values[f].is_number() ? values[f].get<float>() : std::numeric_limits<float>::quiet_NaN();
    }
  }
  contents.tensors.emplace_back("values", all);
}

// What samples are called: words, names of files.
void add_texts(const Asking& ask, ExportContents& contents, int64_t N) {
  const Json first = ask.json("samples/0");
  if (!first.contains("word") && !first.contains("name")) return;
  constexpr int64_t kAtOnce = 512;
  Json all = Json::array();
  for (int64_t begin = 0; begin < N; begin += kAtOnce) {
    std::string ids;
    for (int64_t i = begin; i < std::min(begin + kAtOnce, N); ++i)
      ids += fmt::format("{}{}", ids.empty() ? "" : ",", i);
    for (const Json& one : Json::parse(ask.get("texts", {{"ids", ids}}))) all.push_back(one.at("text"));
  }
  contents.tensors.emplace_back("texts", bytes_of(all.dump(-1, ' ', false, Json::error_handler_t::replace)));
}

// The page draws from a normal prior by itself. For every other it carries codes that the model has drawn.
void add_prior(const Asking& ask, const Run& run, Json& info, ExportContents& contents) {
  if (!info.at("run").at("has_prior").get<bool>()) return;
  if (run.model->has_normal_prior() && run.model->codebook_size() == 0) {
    if (const Tensor scales = run.model->code_scales(); scales.defined()) {
      contents.tensors.emplace_back("prior.scales", scales.detach());
    }
    return;
  }
  info["run"]["has_normal_prior"] = false;
  constexpr int64_t kDraws = 2000, kMostValues = int64_t{1} << 22;
  const int64_t count = std::clamp<int64_t>(kMostValues / run.model->latent_dim(), 1,
                                            std::min(kDraws, info.at("limits").at("batch").get<int64_t>()));
  try {
    contents.tensors.emplace_back("prior.draws", ask.post_for_array("sample", {{"count", count}, {"seed", 0}}));
  } catch (const UsageError& error) {
    contents.header["missing"]["prior"] = error.what();
    contents.remarks.push_back({fmt::format("the page draws no new samples: {}", error.what())});
  }
}

void add_decoder(const Run& run, bool pictures, ExportContents& contents) {
  DecoderLayers decoder = decoder_layers(run, pictures);
  contents.header["decoder"] = Json::parse(decoder.ops.dump());
  for (auto& tensor : decoder.tensors) contents.tensors.push_back(std::move(tensor));
  if (decoder.missing.empty()) return;
  contents.header["missing"]["decoder"] = decoder.missing;
  contents.remarks.push_back({fmt::format(
      "the page cannot decode ({} runs only in this program): it has the map, and no view that makes samples",
      decoder.missing)});
}

void add_predictions(const Asking& ask, const Run& run, const Tensor& codes, ExportContents& contents) {
  if (!is_classifier(run)) return;
  contents.header["predictions"] = Json::parse(ask.get("predictions", {{"limit", "200"}}));
  contents.tensors.emplace_back("probabilities", predictions_of(classifier_of(run), codes).probabilities);
}

}  // namespace

ExportContents export_contents(const Explorer& explorer, const Run& run,
                               const std::optional<std::vector<std::string>>& maps) {
  const Asking ask(explorer);
  ExportContents contents;
  Json info = ask.json("info");
  const auto N = info.at("data").at("samples").get<int64_t>();
  if (N == 0) throw UsageError("there are no samples to export");
  contents.header = {{"version", 2},     {"info", nullptr},    {"maps", Json::array()},
                     {"atlas", nullptr}, {"decoder", nullptr}, {"missing", Json::object()}};
  const Tensor codes = ask.array("codes");
  contents.tensors.emplace_back("codes", codes);
  if (info.at("data").at("has_labels").get<bool>()) {
    contents.tensors.emplace_back("labels", whole_numbers(ask.array("labels")));
  }
  contents.header["dimensions"] = ask.json("dimensions");
  add_pca(ask, contents, codes);
  if (codes.dim(1) >= 2) add_map(ask, contents, "codes");
  add_slow_maps(ask, info, maps, contents);
  add_colors(ask, contents);
  add_anomalies(ask, info, contents);
  const auto type = info.at("look").at("type").get<std::string>();
  if (type == "image") add_pictures(ask, run, contents, N);
  if (type == "row" || type == "series") add_values(ask, contents, N);
  add_texts(ask, contents, N);
  add_prior(ask, run, info, contents);
  add_decoder(run, type == "image", contents);
  add_predictions(ask, run, codes, contents);
  contents.header["info"] = info;
  return contents;
}

}  // namespace latent::server
