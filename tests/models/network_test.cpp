#include <latent/core/detail/json_value.hpp>
#include <latent/models/conv_network.hpp>
#include <latent/models/mlp_network.hpp>
#include <latent/models/network_parts.hpp>

#include <tests/models/model_helpers.hpp>

#include <gtest/gtest.h>

#include <tuple>

namespace latent {
namespace {

using nlohmann::json;

NetworkEnds ends_of(const Shape& data) { return {.data_shape = data, .output_shape = data, .latent_dim = 2}; }

void check_network(const json& config, const Shape& data) { test::expect_network(config, ends_of(data)); }

TEST(ConvNetwork, GivesBackEveryImageSize) {
  const json config = {{"name", "conv"}, {"channels", {2, 3}}, {"hidden", {4}}};
  for (int64_t H = 1; H <= 33; ++H) {
    check_network(config, {1, H, H});
    check_network(config, {3, H, 34 - H});
    check_network(config, {1, H, 17});
  }
}

TEST(ConvNetwork, GivesBackTheImageForEveryKernelAndStride) {
  for (const auto& [kernel, stride] : std::vector<std::pair<int, int>>{
           {1, 1}, {2, 1}, {3, 1}, {4, 1}, {2, 2}, {3, 2}, {5, 2}, {3, 3}, {5, 3}, {7, 4}, {8, 8}}) {
    const json config = {
        {"name", "conv"}, {"channels", {2, 2, 2}}, {"kernel", kernel}, {"stride", stride}, {"hidden", {3}}};
    for (const auto& [H, W] : std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {1, 9}, {28, 28}, {9, 14}, {13, 2}}) {
      check_network(config, {2, H, W});
    }
  }
}

TEST(ConvNetwork, FourByFourWithStrideTwoHalves) {
  const auto network = make_network(json{{"name", "conv"}, {"hidden", json::array()}}, ends_of({1, 28, 28}));
  EXPECT_EQ(network->features(), 64 * 7 * 7);
}

TEST(ConvNetwork, DepthsNormalisationsAndActivations) {
  for (const char* normalization : {"none", "batch", "group"}) {
    for (const char* activation : {"relu", "leaky_relu", "elu", "gelu", "silu", "tanh"}) {
      check_network({{"name", "conv"},
                     {"channels", {4}},
                     {"hidden", json::array()},
                     {"activation", activation},
                     {"normalization", normalization}},
                    {1, 5, 6});
    }
    check_network({{"name", "conv"}, {"channels", {4, 8, 8}}, {"hidden", {6, 5}}, {"normalization", normalization}},
                  {3, 9, 8});
  }
}

TEST(ConvNetwork, RefusesWhatItCannotDo) {
  EXPECT_THROW(make_network(json{{"name", "conv"}}, ends_of({784})), std::invalid_argument);
  EXPECT_THROW(make_network(json{{"name", "conv"}, {"channels", json::array()}}, ends_of({1, 8, 8})),
               std::invalid_argument);
  EXPECT_THROW(make_network(json{{"name", "conv"}, {"kernel", 2}, {"stride", 3}}, ends_of({1, 8, 8})),
               std::invalid_argument);
  EXPECT_THROW(make_network(json{{"name", "conv"}, {"normalization", "layer"}}, ends_of({1, 8, 8})),
               std::invalid_argument);
}

TEST(MlpNetwork, AnyDepthForTablesAndImages) {
  for (const json& hidden : {json::array(), json{5}, json{6, 5}, json{8, 7, 6, 5}}) {
    for (const char* normalization : {"none", "batch", "group"}) {
      const json config = {{"name", "mlp"}, {"hidden", hidden}, {"normalization", normalization}};
      check_network(config, {7});
      check_network(config, {3, 2, 5});
    }
  }
}

TEST(Networks, DropoutFollowsEachHiddenLayerAndIsWrittenWhereItIsUsed) {
  for (const char* name : {"mlp", "conv"}) {
    SCOPED_TRACE(name);
    const auto network_with = [&](double p) {
      return make_network(json{{"name", name}, {"hidden", {7}}, {"dropout", p}}, ends_of({1, 9, 8}));
    };
    EXPECT_FALSE(network_with(0.0)->config()->contains("dropout"));  // as files of earlier versions have it
    EXPECT_EQ(network_with(0.5)->config()->at("dropout"), 0.5);
    EXPECT_GT(network_with(0.5)->num_activations(), network_with(0.0)->num_activations());
    Rng weights(1), same_weights(1);
    const auto plain = network_with(0.0)->encoder(weights), dropping = network_with(0.5)->encoder(same_weights);
    const Tensor x = Tensor::full({3, 1, 9, 8}, 0.5);
    const std::vector<double> h = plain->forward(x, nn::Mode::eval).to_vector();
    EXPECT_EQ(dropping->forward(x, nn::Mode::eval).to_vector(), h);
    Rng tape(2), same_tape(2);
    const std::vector<double> dropped = dropping->forward(x, {nn::Mode::train, &tape}).to_vector();
    EXPECT_NE(dropped, h);
    EXPECT_EQ(dropping->forward(x, {nn::Mode::train, &same_tape}).to_vector(), dropped);
    EXPECT_THROW(dropping->forward(x, nn::Mode::train), std::invalid_argument);
    EXPECT_THROW(network_with(0.96), std::invalid_argument);
  }
}

TEST(Networks, DecoderGivesTheOutputShapeAsked) {
  const NetworkEnds ends{.data_shape = {1, 5, 6}, .output_shape = {2, 5, 6}, .latent_dim = 2};
  for (const std::string_view name : network_names()) {
    if (name == "wave" || name == "conv1d") continue;  // take sounds or series (C, L)
    Rng rng(0);
    const auto decoder = make_network(json{{"name", name}}, ends)->decoder(rng);
    EXPECT_EQ(decoder->forward(Tensor::zeros({3, 2}), nn::Mode::eval).shape(), Shape({3, 2, 5, 6}));
  }
}

TEST(GroupCount, DividesAndLeavesFourChannels) {
  EXPECT_EQ(group_count(64), 8);
  EXPECT_EQ(group_count(32), 8);
  EXPECT_EQ(group_count(30), 6);
  EXPECT_EQ(group_count(16), 4);
  EXPECT_EQ(group_count(8), 2);
  EXPECT_EQ(group_count(7), 1);
  EXPECT_EQ(group_count(1), 1);
}

}  // namespace
}  // namespace latent
