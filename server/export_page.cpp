#include <server/export_page.hpp>

#include <server/assets/page.hpp>

#include <latent/core/error.hpp>
#include <latent/core/stoppable.hpp>
#include <latent/formats/file.hpp>
#include <latent/formats/npy.hpp>
#include <latent/formats/safetensors.hpp>
#include <latent/formats/temporary.hpp>
#include <latent/run/explore/decoder_layers.hpp>
#include <latent/space/linear/pca.hpp>

#include <fmt/core.h>

#include <chrono>
#include <cstring>
#include <thread>

namespace latent::server {

namespace {

constexpr std::string_view kPage = "/export.html", kMark = "<!--latent-export-->";
constexpr int64_t kTile = 32, kTilesOfPage = 4096;
constexpr const char* kApi = "/api/v1/";

// What the explorer answers, asked as a client would ask.
class Asking {
 public:
  explicit Asking(const Explorer& explorer) : explorer_(explorer) {}

  std::string get(const std::string& path, std::vector<std::pair<std::string, std::string>> query = {}) const {
    return answered({.method = "GET", .path = kApi + path, .query = std::move(query)});
  }
  Json json(const std::string& path) const { return Json::parse(get(path)); }
  Tensor array(const std::string& path) const {
    const std::string bytes = get(path);
    return read_npy(std::as_bytes(std::span(bytes)), path);
  }
  Json post(const std::string& path, const Json& body) const {
    return Json::parse(answered({.method = "POST", .path = kApi + path, .body = body.dump()}));
  }

 private:
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

struct Contents {
  Json header;
  std::vector<std::pair<std::string, Tensor>> tensors;
};

Tensor whole_numbers(const Tensor& x) { return x.to(DType::i32); }

// PCA waits for nobody long; the other maps are made in the page's own server only.
void add_map(const Asking& ask, Contents& contents, const std::string& method) {
  Json map = ask.post("maps", {{"method", method}});
  const std::string id = map.at("id").is_string() ? map.at("id").get<std::string>() : map.at("id").dump();
  while (map.at("state") == "running" || map.at("state") == "waiting") {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    map = ask.json("maps/" + id);
  }
  if (map.at("state") != "done") throw UsageError(fmt::format("the map by {} could not be made", method));
  contents.tensors.emplace_back("map." + method, ask.array("maps/" + id + "/positions"));
  Json entry = {{"id", method}, {"method", method}, {"seed", 0}};
  if (map.contains("explained")) entry["explained"] = map.at("explained");
  contents.header["maps"].push_back(entry);
}

void add_pca(const Asking& ask, Contents& contents, const Tensor& codes) {
  add_map(ask, contents, "pca");
  const int64_t D = codes.dim(1);
  // The axes are taken from the map itself: a place is (code - mean) times them, whatever sign they were given.
  const auto code_of = [&](const char* x, const char* y) {
    const Json map = ask.post("maps", {{"method", "pca"}});
    const std::string id = map.at("id").is_string() ? map.at("id").get<std::string>() : map.at("id").dump();
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

void add_colors(const Asking& ask, Contents& contents) {
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

void add_pictures(const Asking& ask, Contents& contents, int64_t N) {
  for (int64_t page = 0; page * kTilesOfPage < N; ++page) {
    const int64_t from = page * kTilesOfPage, count = std::min(kTilesOfPage, N - from);
    const std::string png =
        ask.get("thumbnails",
                {{"from", std::to_string(from)}, {"count", std::to_string(count)}, {"size", std::to_string(kTile)}});
    Tensor bytes = Tensor::empty({static_cast<int64_t>(png.size())}, DType::u8);
    std::memcpy(bytes.data<uint8_t>(), png.data(), png.size());
    contents.tensors.emplace_back(fmt::format("atlas.{}", page), bytes);
  }
  contents.header["atlas"] = {{"tile", kTile}, {"count", N}, {"page", kTilesOfPage}};
}

void add_values(const Asking& ask, Contents& contents, int64_t N) {
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

Contents contents_of(const Explorer& explorer, const Run& run) {
  const Asking ask(explorer);
  Contents contents;
  const Json info = ask.json("info");
  const auto N = info.at("data").at("samples").get<int64_t>();
  if (N == 0) throw UsageError("there are no samples to export");
  contents.header = {{"version", 1}, {"info", info}, {"maps", Json::array()}, {"atlas", nullptr}, {"decoder", nullptr}};
  const Tensor codes = ask.array("codes");
  contents.tensors.emplace_back("codes", codes);
  if (info.at("data").at("has_labels").get<bool>()) {
    contents.tensors.emplace_back("labels", whole_numbers(ask.array("labels")));
  }
  contents.header["dimensions"] = ask.json("dimensions");
  add_pca(ask, contents, codes);
  if (codes.dim(1) == 2) add_map(ask, contents, "codes");
  add_colors(ask, contents);
  const auto type = info.at("look").at("type").get<std::string>();
  if (type == "image") add_pictures(ask, contents, N);
  if (type == "row" || type == "series") add_values(ask, contents, N);
  DecoderLayers decoder = decoder_layers(run);
  contents.header["decoder"] = Json::parse(decoder.ops.dump());
  for (auto& tensor : decoder.tensors) contents.tensors.push_back(std::move(tensor));
  return contents;
}

std::string base64(std::span<const std::byte> bytes) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) group = group << 8 | (k < left ? std::to_integer<uint32_t>(bytes[i + k]) : 0U);
    for (size_t k = 0; k < 4; ++k) text += k <= left ? kLetters[group >> (18 - 6 * k) & 63U] : '=';
  }
  return text;
}

std::string page_text() {
  for (const Asset& asset : assets()) {
    if (asset.path != kPage) continue;
    const std::vector<std::byte> bytes = gunzip(std::as_bytes(asset.gzip), std::string(kPage));
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  throw UsageError("this program was built without its page, and an export is one: build it with Node and npm");
}

}  // namespace

bool has_page() {
  for (const Asset& asset : assets()) {
    if (asset.path == kPage) return true;
  }
  return false;
}

void export_page(const Explorer& explorer, const Run& run, const std::filesystem::path& path) {
  const std::string page = page_text();
  const size_t mark = page.find(kMark);
  if (mark == std::string::npos) throw UsageError("the page of this program has no place for an export");
  const Contents contents = contents_of(explorer, run);
  const Temporary folder(path, Temporary::Kind::folder);
  const std::filesystem::path blob = folder.path() / "export.safetensors";
  write_safetensors(blob, contents.tensors,
                    {{"latent.export", contents.header.dump(-1, ' ', false, Json::error_handler_t::replace)}});
  const FileContents bytes = FileContents::read(blob);
  const std::string text = base64(bytes.bytes());
  replace_file(path, [&](Sink& sink) {
    sink.write(std::string_view(page).substr(0, mark));
    sink.write(std::string_view("<script type=\"text/plain\" id=\"latent-export\">"));
    sink.write(std::string_view(text));
    sink.write(std::string_view("</script>"));
    sink.write(std::string_view(page).substr(mark + kMark.size()));
  });
}

}  // namespace latent::server
