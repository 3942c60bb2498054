// What a model takes is known before it is made, and what nobody asked for keeps within a budget.
#include <tests/models/model_helpers.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/models/model_size.hpp>

#include <gmock/gmock.h>

namespace latent {
namespace {

using nlohmann::json;
using test::build;
using test::preset_config;
using testing::HasSubstr;

constexpr int64_t kBatch = 128;

TEST(ModelSize, IsThatOfTheModelThatIsMade) {
  for (const Preset& p : presets()) {
    SCOPED_TRACE(p.name);
    const json config = preset_config(p.name, {1, 28, 28});
    const double parameters = static_cast<double>(build(config)->num_parameters());
    const ModelSize size = size_of_model(config, kBatch);
    // Biases and scales are not counted, nor what a likelihood computes by itself.
    EXPECT_LE(size.weights, parameters);
    EXPECT_GE(size.weights, 0.97 * parameters);
    EXPECT_GT(size_of_model(config, 2 * kBatch).memory, size.memory);
  }
}

// A classifier's convolutions refuse images that they would halve to nothing.
bool is_refused(const json& config) {
  const json& shape = config.at("data_shape");
  return config.at("network").at("name") == "cnn" && std::min(shape[1].get<int64_t>(), shape[2].get<int64_t>()) < 4;
}

TEST(FitToBudget, LeavesAloneWhatKeepsWithinIt) {
  for (const Preset& p : presets()) {
    for (const std::vector<int64_t>& shape : {std::vector<int64_t>{1, 28, 28}, {3, 32, 32}, {1, 1, 1}, {3, 17, 23}}) {
      const json config = preset_config(p.name, shape);
      if (is_refused(config)) continue;
      const FittedModel fitted = fit_to_budget(config, kBatch, {});
      EXPECT_EQ(fitted.config, config);
      EXPECT_EQ(fitted.batch, kBatch);
      EXPECT_EQ(fitted.changes, "");
    }
  }
}

TEST(FitToBudget, EveryPresetOfEverySizeKeepsWithinIt) {
  for (const Preset& p : presets()) {
    const std::vector<std::vector<int64_t>> shapes = {{1, 1, 1},     {3, 8, 8},     {3, 17, 23},
                                                      {3, 64, 64},   {3, 200, 96},  {3, 256, 256},
                                                      {1, 512, 512}, {3, 512, 512}, {3, 1000, 7}};
    for (const std::vector<int64_t>& shape : shapes) {
      const json config = preset_config(p.name, shape);
      SCOPED_TRACE(std::string(p.name) + " " + json(shape).dump());
      if (is_refused(config)) continue;
      const FittedModel fitted = fit_to_budget(config, kBatch, {});
      EXPECT_LE(fitted.size.weights, SizeBudget().weights);
      if (p.name != "vae-lossless") {
        EXPECT_LE(fitted.size.memory, SizeBudget().memory);
      }
      EXPECT_EQ(fitted.changes.empty(), fitted.config == config && fitted.batch == kBatch);
    }
  }
}

TEST(FitToBudget, AddsLevelsToConvolutionsAndNarrowsHiddenLayers) {
  const FittedModel conv = fit_to_budget(preset_config("vae-conv", {3, 256, 256}), 128, {});
  EXPECT_EQ(conv.config->at("network").at("channels"), json({32, 64, 128, 256, 256}));
  EXPECT_EQ(conv.config->at("network").at("hidden"), json({256}));
  EXPECT_THAT(conv.changes, HasSubstr("channels 32,64,128,256,256 in place of 32,64"));
  const FittedModel mlp = fit_to_budget(preset_config("vae-mlp", {100'000}), 128, {});
  EXPECT_THAT(mlp.changes, HasSubstr("in place of 400"));
  EXPECT_GE(mlp.config->at("network").at("hidden")[0], 64);
}

TEST(FitToBudget, ChangesNothingThatWasGiven) {
  const json config = preset_config("vae-conv", {3, 256, 256});
  const FittedModel fixed = fit_to_budget(config, 1024, {.network = false, .batch = false});
  EXPECT_EQ(fixed.config, config);
  EXPECT_EQ(fixed.batch, 1024);
  EXPECT_GT(fixed.size.weights, 100e6);
  EXPECT_FALSE(SizeBudget().holds(fixed.size));
  const FittedModel batch = fit_to_budget(config, 1024, {.network = true, .batch = false});
  EXPECT_EQ(batch.batch, 1024);
  EXPECT_LE(batch.size.weights, SizeBudget().weights);
}

TEST(ModelSize, RefusesWhatMakeModelRefuses) {
  json config = preset_config("vae-conv", {3, 32, 32});
  config["network"]["chanels"] = {4};
  EXPECT_THROW(size_of_model(config, 1), std::invalid_argument);
}

}  // namespace
}  // namespace latent
