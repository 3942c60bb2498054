#include <server/routes/common.hpp>

#include <latent/core/finite.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/npy.hpp>
#include <latent/formats/sound.hpp>
#include <latent/run/explore/thumbnails.hpp>
#include <latent/run/sounds/sounds.hpp>
#include <latent/run/units.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace latent::server {

namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

Tensor finite(const Tensor& x, const char* what) {
  if (count_not_finite(x) > 0) throw HttpError(400, fmt::format("{} hold numbers that are NaN or infinite", what));
  return x;
}

void check_count(int64_t count, const Session& session, const char* what) {
  if (count < 1 || count > session.most_codes()) {
    throw HttpError(400, fmt::format("1 to {} {} at once, got {}", session.most_codes(), what, count));
  }
}

float number_in(const Json& value) {
  if (!value.is_number()) throw HttpError(400, "codes: numbers expected");
  return value.get<float>();
}

// A picture as the model sees pictures, (1, C, H, W).
Tensor picture_in(const std::string& body, const Session& session) {
  const Shape shape = session.model().data_shape();
  if (!session.shows_images()) throw HttpError(400, "a picture for a model of other things than images");
  constexpr int64_t kMostPixels = int64_t{1} << 26;
  const ImageInfo info = read_image_info(bytes_of(body), "the picture");
  if (info.height * info.width > kMostPixels) throw HttpError(400, "the picture is too large");
  Tensor image = read_image(bytes_of(body), "the picture");  // (1 or 3, h, w) u8
  if (shape[0] == 1) image = to_grayscale(image);
  image = fit_image(image, shape[1], shape[2], Fit::pad);
  const data::Transform transform = session.run().transform();
  const bool has_range = !transform.of_pixels() && transform.range.size() == 2;
  const double low = has_range ? transform.range[0] : 0.0;
  const double extent = has_range ? transform.range[1] - low : (transform.of_pixels() ? 1.0 : 255.0);
  Tensor stored = Tensor::empty(shape.prepend(1));
  const int64_t plane = shape[1] * shape[2];
  for (int64_t c = 0; c < shape[0]; ++c) {
    const uint8_t* const from = image.data<uint8_t>() + std::min(c, image.dim(0) - 1) * plane;
    for (int64_t i = 0; i < plane; ++i) {
      stored.data<float>()[c * plane + i] = static_cast<float>(low + extent * (from[i] / 255.0));
    }
  }
  if (transform.of_pixels()) return stored;
  return data::from_tensor(stored, session.run().kind(), transform)->range(0, 1);
}

Tensor array_in(const Request& request, const Session& session) {
  const Shape shape = session.model().data_shape();
  Tensor array = read_npy(bytes_of(request.body), "the array");
  const int64_t numel = std::max<int64_t>(1, shape.numel());
  if (array.numel() % numel != 0 || array.numel() == 0 ||
      (array.shape() != shape && array.dim(0) * numel != array.numel())) {
    throw HttpError(400,
                    fmt::format("samples (N, ...) of shape {} expected, got {}", shape.str(), array.shape().str()));
  }
  array = array.view_as(shape.prepend(array.numel() / numel));
  check_count(array.dim(0), session, "samples");
  const std::string values = request.text("values", array.dtype() == DType::f32 ? "model" : "stored");
  if (values != "model" && values != "stored") throw HttpError(400, "values: model or stored");
  if (session.model().data_dtype() != DType::f32) throw HttpError(400, "this model takes no numbers");
  if (values == "model") return finite(array.to(DType::f32), "samples");
  data::Transform transform = session.run().transform();
  if (transform.of_pixels()) {
    transform = {};
    if (array.dtype() == DType::u8) {
      transform.shift = {0.0};
      transform.scale = {1.0 / 255.0};
    }
  }
  return data::from_tensor(array, session.run().kind(), transform)->range(0, array.dim(0));
}

}  // namespace

Response npy_response(const Tensor& array) {
  Response response = bytes_response(npy_head(array), "application/octet-stream");
  response.elements = array;
  return response;
}

Response png_response(const Tensor& picture, Packing packing) {
  return bytes_response(png_bytes(picture, packing), "image/png");
}

int64_t sample_number(const Request& request, const Session& session) {
  const int64_t number = request.captured("id");
  if (number >= session.size()) {
    throw HttpError(404, fmt::format("there is no sample {}: there are {}, numbered from 0", number, session.size()));
  }
  return number;
}

std::vector<int64_t> sample_numbers(const Json& ids, const Session& session) {
  if (!ids.is_array() || ids.empty()) throw HttpError(400, "ids: numbers of samples expected");
  std::vector<int64_t> numbers;
  numbers.reserve(ids.size());
  for (const Json& id : ids) {
    if (!id.is_number_integer() || id < 0 || id >= session.size()) {
      throw HttpError(400, fmt::format("ids: whole numbers from 0 to {} expected", session.size() - 1));
    }
    numbers.push_back(id.get<int64_t>());
  }
  return numbers;
}

Json object_of(const Request& request) {
  if (request.body.empty()) return Json::object();
  Json object = Json::parse(request.body);
  if (!object.is_object()) throw HttpError(400, "the body: a JSON object expected");
  return object;
}

int64_t whole_of(const Json& object, const char* name, std::optional<int64_t> otherwise, int64_t low, int64_t high) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) {
    if (otherwise) return *otherwise;
    throw HttpError(400, fmt::format("{} is missing", name));
  }
  if (!found->is_number_integer() || *found < low || *found > high) {
    throw HttpError(400, fmt::format("{}: a whole number from {} to {} expected", name, low, high));
  }
  return found->get<int64_t>();
}

double number_of(const Json& object, const char* name, std::optional<double> otherwise, double low, double high) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) {
    if (otherwise) return *otherwise;
    throw HttpError(400, fmt::format("{} is missing", name));
  }
  if (!found->is_number() || found->get<double>() < low || found->get<double>() > high) {
    throw HttpError(400, fmt::format("{}: a number from {} to {} expected", name, low, high));
  }
  return found->get<double>();
}

std::string text_of(const Json& object, const char* name, const std::optional<std::string>& otherwise) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) {
    if (otherwise) return *otherwise;
    throw HttpError(400, fmt::format("{} is missing", name));
  }
  if (!found->is_string()) throw HttpError(400, fmt::format("{}: a text expected", name));
  return found->get<std::string>();
}

Tensor codes_of(const Json& codes, const Session& session) {
  const int64_t D = session.model().latent_dim();
  if (!codes.is_array() || codes.empty()) throw HttpError(400, fmt::format("codes: rows of {} numbers expected", D));
  const bool is_one = !codes[0].is_array();
  const int64_t N = is_one ? 1 : static_cast<int64_t>(codes.size());
  check_count(N, session, "codes");
  Tensor z = Tensor::empty({N, D});
  for (int64_t n = 0; n < N; ++n) {
    const Json& row = is_one ? codes : codes[static_cast<size_t>(n)];
    if (!row.is_array() || static_cast<int64_t>(row.size()) != D) {
      throw HttpError(400, fmt::format("codes: rows of {} numbers expected", D));
    }
    for (int64_t d = 0; d < D; ++d) z.data<float>()[n * D + d] = number_in(row[static_cast<size_t>(d)]);
  }
  return finite(z, "codes");
}

Tensor codes_in(const Request& request, const Session& session) {
  const int64_t D = session.model().latent_dim();
  const size_t first = request.body.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) throw HttpError(400, "a body is missing: codes as .npy or JSON");
  if (request.body[first] == '{') {
    const Json object = object_of(request);
    if (!object.contains("codes")) throw HttpError(400, "codes is missing");
    return codes_of(object.at("codes"), session);
  }
  Tensor z = read_npy(bytes_of(request.body), "the array");
  if (z.ndim() == 1) z = z.view_as({1, z.dim(0)});
  if (z.ndim() != 2 || z.dim(1) != D) {
    throw HttpError(400, fmt::format("codes (N, {}) expected, got {}", D, z.shape().str()));
  }
  check_count(z.dim(0), session, "codes");
  return finite(z.to(DType::f32), "codes");
}

Tensor samples_in(const Request& request, const Session& session) {
  if (request.body.empty()) throw HttpError(400, "a body is missing: samples as .npy, or a picture");
  if (session.is_words()) throw HttpError(400, "a model of words takes words, not samples");
  return image_format(bytes_of(request.body)) ? picture_in(request.body, session) : array_in(request, session);
}

Json numbers_json(const std::vector<double>& values) {
  Json json = Json::array();
  for (const double value : values) json.push_back(std::isfinite(value) ? Json(value) : Json(nullptr));
  return json;
}

Json row_json(const Tensor& rows, int64_t row) { return numbers_json(rows.rows(row, row + 1).to_vector()); }

Response wav_response(const Session& session, const Tensor& x) {
  if (!has_sounds(session.run())) throw HttpError(404, "there are no sounds here");
  const Tensor waves = to_waves(session.run(), x);  // (N, C, L)
  const int64_t N = waves.dim(0), C = waves.dim(1), L = waves.dim(2);
  Tensor all = Tensor::empty({C, N * L});
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t c = 0; c < C; ++c) {
      std::copy_n(waves.data<float>() + (n * C + c) * L, L, all.data<float>() + c * N * L + n * L);
    }
  }
  return bytes_response(wav_bytes(all, sound_rate(session.run())), "audio/wav");
}

Response decoded_response(const Session& session, const Tensor& x, const std::string& as, int64_t columns) {
  if (as == "npy") return npy_response(x);
  if (as == "png") {
    if (!session.shows_images()) throw HttpError(400, "as=png is for images; use as=json or as=npy");
    return png_response(plain_grid(session.run(), x, columns));
  }
  if (as == "pixels") {
    if (!session.shows_images()) throw HttpError(400, "as=pixels is for images; use as=json or as=npy");
    return npy_response(pixels_of(session.run(), x));
  }
  if (as == "wav") return wav_response(session, x);
  if (as != "json") throw HttpError(400, "as: png, pixels, npy, wav or json");
  const int64_t N = x.dim(0);
  const Tensor rows = to_units(session.run(), x.view_as({N, x.numel() / N}));
  Json values = Json::array();
  for (int64_t n = 0; n < N; ++n) values.push_back(row_json(rows, n));
  return json_response({{"values", values}});
}

}  // namespace latent::server
