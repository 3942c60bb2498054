#include <latent/run/run.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/core/error.hpp>
#include <latent/models/model_file.hpp>
#include <latent/models/word_embedding.hpp>
#include <latent/run/codes.hpp>
#include <latent/run/detail/metadata.hpp>
#include <latent/run/generate.hpp>

#include <fmt/core.h>

namespace latent {

data::Kind Run::kind() const {
  if (data) return data->kind;
  if (is_words(*model)) return data::Kind::words;
  return model->data_shape().ndim() == 3 ? data::Kind::images : data::Kind::array;
}

data::Transform Run::transform() const {
  return data && data->open.transform ? *data->open.transform : data::Transform{};
}

data::Corruption Run::corruption() const {
  const nlohmann::json::json_pointer at("/training/corrupt");
  if (!info->contains(at)) return {};
  try {
    return data::Corruption::from_text(info->at(at).get<std::string>());
  } catch (const std::exception& error) {
    throw DataError(path.string(), fmt::format("its training's damage cannot be read: {}", error.what()));
  }
}

Tensor Run::sample(int64_t n, uint64_t seed) const {
  LATENT_CHECK(n >= 1, "[sample] at least 1 sample expected, got {}", n);
  Rng rng(seed);
  return generate(*this, model->sample_prior(n, rng), draws_samples(*this), seed);
}

Tensor Run::encode(const data::Dataset& samples) const { return encode_samples(*model, samples, Draw::mean, 0).z; }

Tensor Run::decode(const Tensor& codes) const { return decode_all(*model, codes); }

Run load_run(const std::filesystem::path& path, Precision precision) {
  LoadedModel loaded = read_metadata(path, [&] { return load_model(path); });
  Run run{path, std::move(loaded.model), std::move(loaded.info), std::nullopt};
  if (run.info->contains("data")) {
    try {
      run.data = read_metadata(path, [&] { return DataRecord::from_json(run.info->at("data")); });
    } catch (const std::invalid_argument& error) {
      throw DataError(path.string(), error.what());
    }
  }
  run.model->use_bf16(precision == Precision::bf16);
  return run;
}

}  // namespace latent
