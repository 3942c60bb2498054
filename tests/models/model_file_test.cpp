#include <latent/core/detail/json_value.hpp>
#include <latent/formats/safetensors.hpp>
#include <latent/models/model_file.hpp>
#include <tests/models/model_helpers.hpp>
#include <tests/support/temporary_folder.hpp>

#include <gmock/gmock.h>

#include <cstring>

namespace latent {
namespace {

using nlohmann::json;
using test::build;
using test::preset_config;
using test::TemporaryFolder;
using test::uniform_data;
using testing::HasSubstr;

json small_config(const char* preset_name = "vae-mlp") {
  json config = preset_config(preset_name, {1, 5, 6});
  if (config["network"]["name"] != "wave") config["latent_dim"] = 3;
  if (config["network"].contains("hidden")) config["network"]["hidden"] = {4};
  if (config["network"]["name"] == "conv") config["network"]["channels"] = {2, 4};
  return config;
}

std::string load_error(const std::filesystem::path& path) {
  try {
    load_model(path);
  } catch (const DataError& e) {
    EXPECT_THAT(e.what(), testing::Not(HasSubstr("\n")));
    return e.what();
  }
  return "nothing thrown";
}

using Tensors = std::vector<std::pair<std::string, Tensor>>;
using Metadata = std::map<std::string, std::string>;

// A good file's contents changed by `change`, loaded.
template <class Change>
std::string error_after(const Change& change) {
  const TemporaryFolder folder;
  save_model(folder / "good.safetensors", *build(small_config()), json::object());
  Safetensors file = read_safetensors(folder / "good.safetensors");
  change(file.tensors, file.metadata);
  write_safetensors(folder / "bad.safetensors", file.tensors, file.metadata);
  return load_error(folder / "bad.safetensors");
}

TEST(ModelFile, ComesBackBitForBit) {
  for (const Preset& p : presets()) {
    SCOPED_TRACE(p.name);
    json config = small_config(std::string(p.name).c_str());
    const bool has_critic =
        config["model"] == "gan" || config.contains("critic");  // which takes no batch normalisation
    if (config["network"]["name"] == "conv" && !has_critic) config["network"]["normalization"] = "batch";
    const TemporaryFolder folder;
    const auto model = build(config, 9);
    const Tensor x = uniform_data(test::shape_in(config), 40);
    if (model->needs_finish()) model->finish(model->encode(x)->mean());
    const json info = {{"data", {{"name", "a set"}, {"shape", {1, 5, 6}}}}, {"metrics", {{"elbo", -1.25}}}};
    save_model(folder / "model.safetensors", *model, info);

    const LoadedModel loaded = load_model(folder / "model.safetensors");
    EXPECT_EQ(loaded.info, info);
    EXPECT_EQ(loaded.model->config(), model->config());
    const auto before = model->state(), after = loaded.model->state();
    ASSERT_EQ(before.size(), after.size());
    for (size_t i = 0; i < before.size(); ++i) {
      EXPECT_EQ(before[i].name, after[i].name);
      EXPECT_EQ(std::memcmp(before[i].tensor.raw(), after[i].tensor.raw(), before[i].tensor.nbytes()), 0);
    }
    EXPECT_EQ(loaded.model->encode(x)->mean().to_vector(), model->encode(x)->mean().to_vector());
    if (model->has_decoder()) {
      Rng a(1), b(1);
      EXPECT_EQ(loaded.model->sample_prior(3, a).to_vector(), model->sample_prior(3, b).to_vector());
    }

    save_model(folder / "again.safetensors", *loaded.model, loaded.info);
    EXPECT_EQ(test::read_text(folder / "model.safetensors"), test::read_text(folder / "again.safetensors"));
    EXPECT_EQ(load_model(folder.path()).model->config(), model->config());
  }
}

TEST(ModelFile, SummaryHasEverythingButTheWeights) {
  const TemporaryFolder folder;
  const auto model = build(small_config());
  save_model(folder / "model.safetensors", *model, json{{"training", {{"epochs", 3}}}});
  const ModelSummary summary = summarize_model(folder.path());
  EXPECT_EQ(summary.format_version, kModelFormatVersion);
  EXPECT_EQ(summary.config, model->config());
  EXPECT_EQ(summary.info->at("training").at("epochs"), 3);
  EXPECT_EQ(summary.tensors.size(), model->state().size());
}

TEST(ModelFile, InfoWithBytesThatAreNoUtf8IsStillWritten) {
  const TemporaryFolder folder;
  save_model(folder / "m.safetensors", *build(small_config()), json{{"data", "caf\xe9"}});
  EXPECT_THAT(load_model(folder / "m.safetensors").info->at("data").get<std::string>(), HasSubstr("caf"));
}

TEST(ModelFile, NewerAndForeignFilesAreNamedAsSuch) {
  EXPECT_THAT(error_after([](Tensors&, Metadata& m) { m["format_version"] = "7"; }),
              HasSubstr("made by a newer version (format 7); this program reads up to 1"));
  EXPECT_THAT(error_after([](Tensors&, Metadata& m) { m["format_version"] = "one"; }), HasSubstr("not a version"));
  EXPECT_THAT(error_after([](Tensors&, Metadata& m) { m["format_version"] = "-1"; }), HasSubstr("not a version"));
  EXPECT_THAT(error_after([](Tensors&, Metadata& m) { m["format"] = "pt"; }), HasSubstr("not a latent model"));
  EXPECT_THAT(error_after([](Tensors&, Metadata& m) { m.clear(); }), HasSubstr("not a latent model"));
}

TEST(ModelFile, DamagedMetadataIsRefused) {
  EXPECT_THAT(error_after([](Tensors&, Metadata& m) { m["config"].pop_back(); }), HasSubstr("not valid JSON"));
  EXPECT_THAT(error_after([](Tensors&, Metadata& m) { m["config"] = "[1]"; }), HasSubstr("not a JSON object"));
  EXPECT_THAT(error_after([](Tensors&, Metadata& m) { m["config"] = "{\"a\": 1e999}"; }), HasSubstr("config"));
  EXPECT_THAT(error_after([](Tensors&, Metadata& m) { m.erase("info"); }), HasSubstr("no 'info'"));
  EXPECT_THAT(error_after([](Tensors&, Metadata& m) { m["config"] = "{\"model\": \"vea\"}"; }),
              HasSubstr("did you mean 'vae'"));
  const std::string deep = std::string(100000, '[') + std::string(100000, ']');
  EXPECT_THAT(error_after([&](Tensors&, Metadata& m) { m["info"] = "{\"a\":" + deep + "}"; }),
              HasSubstr("nested deeper"));
}

TEST(ModelFile, TensorsMustBeThoseOfTheConfig) {
  EXPECT_THAT(error_after([](Tensors& t, Metadata&) {
                std::erase_if(t, [](const auto& e) { return e.first == "posterior.bias"; });
              }),
              HasSubstr("tensor 'posterior.bias' is missing"));
  EXPECT_THAT(error_after([](Tensors& t, Metadata&) { t.emplace_back("extra", Tensor::zeros({3})); }),
              HasSubstr("tensor 'extra' belongs to no part"));
  EXPECT_THAT(error_after([](Tensors& t, Metadata&) { t[0].second = t[0].second.view_as({t[0].second.numel()}); }),
              HasSubstr("the config asks for"));
  EXPECT_THAT(error_after([](Tensors& t, Metadata&) { t[0].second = t[0].second.to(DType::f64); }), HasSubstr("f64"));
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    EXPECT_THAT(error_after([bad](Tensors& t, Metadata&) {
                  t[0].second = t[0].second.clone();
                  t[0].second.data<float>()[2] = bad;
                }),
                HasSubstr("1 of its"));
  }
  // A config that wants far more than the file holds must not be built first.
  EXPECT_THAT(error_after([](Tensors&, Metadata& m) {
                json config = json::parse(m["config"]);
                config["network"]["hidden"] = {1 << 20};
                m["config"] = config.dump();
              }),
              HasSubstr("this config needs"));
}

TEST(ModelFile, WhatIsNoModelIsRefused) {
  const TemporaryFolder folder;
  test::write_text(folder / "empty", "");
  test::write_text(folder / "text", "hello, this is not a model file at all");
  EXPECT_NE(load_error(folder / "empty"), "nothing thrown");
  EXPECT_NE(load_error(folder / "text"), "nothing thrown");
  EXPECT_THROW(load_model(folder / "missing"), IoError);
  EXPECT_THROW(load_model(folder.path()), DataError);
}

TEST(ModelFile, EveryDamagedByteAndEveryLengthIsLoadedOrRefused) {
  const TemporaryFolder folder;
  json config = small_config("ae-mlp");
  config["network"]["hidden"] = {1};
  config["latent_dim"] = 1;
  save_model(folder / "m.safetensors", *build(config), json{{"a", {1, 2.5, "x"}}});
  const std::string good = test::read_text(folder / "m.safetensors");
  for (size_t i = 0; i < good.size(); i += i < 1600 ? 7 : 37) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x15);
    test::write_text(folder / "bad", bad);
    load_error(folder / "bad");  // any exception but DataError fails the test
    test::write_text(folder / "bad", good.substr(0, i));
    EXPECT_NE(load_error(folder / "bad"), "nothing thrown") << i;
  }
}

TEST(ModelFile, AFailedSaveLeavesTheOldFile) {
  const TemporaryFolder folder;
  const auto model = build(small_config());
  EXPECT_THROW(save_model(folder / "no such folder" / "m.safetensors", *model, json::object()), IoError);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace latent
