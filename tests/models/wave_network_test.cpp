// Network `wave`: sounds of any length, nothing seen of what comes later, and blocks that are the whole.

#include <latent/core/detail/json_value.hpp>
#include <latent/models/wave_network.hpp>
#include <tests/models/model_helpers.hpp>
#include <tests/support/message_of.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace latent {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const json kConfig = {{"name", "wave"}, {"channels", {4, 6, 8}}, {"strides", {2, 3}}, {"frame_dim", 5}};

std::unique_ptr<Network> network_for(int64_t channels, int64_t L) {
  const int64_t D = wave_frames(kConfig)->latent_dim(L);
  return make_network(kConfig, {.data_shape = {channels, L}, .output_shape = {channels, L}, .latent_dim = D});
}

Tensor noise(const Shape& shape, uint64_t stream) {
  Tensor x = Tensor::empty(shape);
  Rng(4, stream).normal(x.span<float>());
  return x;
}

double largest_difference(const Tensor& a, const Tensor& b, int64_t begin, int64_t end) {
  const std::vector<double> va = a.to_vector(), vb = b.to_vector();
  double largest = 0.0;
  for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
    largest = std::max(largest, std::abs(va[i] - vb[i]));
  }
  return largest;
}

TEST(WaveNetwork, SoundsOfEveryLengthComeBack) {
  for (const int64_t channels : {1, 2}) {
    for (const int64_t L : {1, 5, 6, 7, 60, 61}) {
      const int64_t D = (L + 5) / 6 * 5;  // frames of 5 numbers for every 6 values
      test::expect_network(kConfig, {.data_shape = {channels, L}, .output_shape = {channels, L}, .latent_dim = D});
      EXPECT_EQ(network_for(channels, L)->features(), D);
    }
  }
  EXPECT_EQ(network_for(1, 60)->config(), kConfig);
}

TEST(WaveNetwork, WhatComesLaterChangesNothing) {
  const auto network = network_for(1, 60);
  Rng rng(1);
  const auto encoder = network->encoder(rng), decoder = network->decoder(rng);
  const Tensor x = noise({1, 1, 60}, 1);
  Tensor other = x.clone();
  for (int64_t t = 30; t < 60; ++t) other.data<float>()[t] = 7.0f;
  const Tensor h = encoder->forward(x, nn::Mode::eval), h_other = encoder->forward(other, nn::Mode::eval);
  EXPECT_LT(largest_difference(h, h_other, 0, 25), 1e-6);  // frames 0 ... 4 end before value 30
  EXPECT_GT(largest_difference(h, h_other, 25, 30), 1e-3);
  const Tensor y = decoder->forward(h, nn::Mode::eval), y_other = decoder->forward(h_other, nn::Mode::eval);
  EXPECT_LT(largest_difference(y, y_other, 0, 30), 1e-6);
  EXPECT_GT(largest_difference(y, y_other, 30, 60), 1e-4);
}

TEST(WaveNetwork, BlocksAreTheWhole) {
  constexpr double kRounding = 1e-5;  // other shapes of products, other orders of sums
  const auto network = network_for(2, 60);
  Rng rng(1);
  const auto encoder = network->encoder(rng), decoder = network->decoder(rng);
  const Tensor x = noise({1, 60, 2}, 1);  // channels last, as coders take them
  const WaveCoder &down = wave_coder_of(*encoder), &up = wave_coder_of(*decoder);
  const Tensor h = down.forward(x, nn::Mode::eval), y = up.forward(h, nn::Mode::eval);
  WaveCoder::Memory of_encoder, of_decoder;
  int64_t at = 0;
  for (const int64_t block : {6, 18, 6, 30}) {
    const Tensor part = x.view_as({60, 2}).rows(at, at + block).view_as({1, block, 2});
    const Tensor frames = down.next_block(part, of_encoder);
    ASSERT_EQ(frames.shape(), Shape({1, block / 6, 5}));
    const Tensor of_whole = h.view_as({10, 5}).rows(at / 6, (at + block) / 6);
    EXPECT_LT(largest_difference(frames, of_whole, 0, frames.numel()), kRounding);
    const Tensor sound = up.next_block(frames, of_decoder);
    EXPECT_LT(largest_difference(sound, y.view_as({60, 2}).rows(at, at + block), 0, sound.numel()), kRounding);
    at += block;
  }
}

TEST(WaveNetwork, WrongSettingsAreRefused) {
  const auto message = [](json config, const Shape& data, int64_t D) {
    return message_of([&] { make_network(config, {.data_shape = data, .output_shape = data, .latent_dim = D}); });
  };
  EXPECT_THAT(message(kConfig, {1, 28, 28}, 5), HasSubstr("waves (C, L)"));
  EXPECT_THAT(message(kConfig, {1, 60}, 49), HasSubstr("has 50 dimensions; latent_dim is 49"));
  json config = kConfig;
  config["strides"] = {2};
  EXPECT_THAT(message(config, {1, 60}, 50), HasSubstr("one more than strides"));
  config["strides"] = {0, 3};
  EXPECT_THAT(message(config, {1, 60}, 50), HasSubstr("strides"));
  EXPECT_FALSE(wave_frames(json{{"name", "mlp"}}).has_value());
}

}  // namespace
}  // namespace latent
