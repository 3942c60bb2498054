// Sounds that stream through a model: the blocks are the whole.

#include <latent/core/error.hpp>
#include <latent/models/registry.hpp>
#include <latent/run/sounds/wave_stream.hpp>
#include <tests/support/message_of.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace latent {
namespace {

using testing::HasSubstr;

constexpr int64_t kLength = 320, kFrame = 32;

std::unique_ptr<LatentModel> wave_model() {
  nlohmann::json config = nlohmann::json::parse(preset("ae-wave").model);
  config["data_shape"] = {1, kLength};
  config["latent_dim"] = wave_frames(config["network"])->latent_dim(kLength);
  Rng rng(3);
  return make_model(config, rng);
}

Tensor hum() {
  Tensor x = Tensor::empty(Shape{1, 1, kLength});
  for (int64_t t = 0; t < kLength; ++t) x.data<float>()[t] = 0.3f * std::sin(0.2f * static_cast<float>(t));
  return x;
}

TEST(WaveStream, BlocksGiveWhatTheWholeSoundGives) {
  const auto model = wave_model();
  const Tensor x = hum(), z = model->encode(x)->mean(), x_hat = model->decode(z)->mean();
  WaveStream stream(*model);
  ASSERT_EQ(stream.hop(), kFrame);
  int64_t codes = 0;
  std::vector<double> sound;
  for (int64_t at = 0, block = kFrame; at < kLength; at += block, block = std::min(2 * kFrame, kLength - at)) {
    const Tensor frames = stream.encode(x.span<float>().subspan(static_cast<size_t>(at), static_cast<size_t>(block)));
    // A value on the border of two levels may fall to either side in another order of sums.
    for (int64_t i = 0; i < frames.numel(); ++i, ++codes) {
      EXPECT_NEAR(frames.data<float>()[i], z.data<float>()[codes], 2.01 / 64.0);
    }
    // The same codes, so that what follows is about the decoder.
    const auto begin = codes - frames.numel();
    const Tensor same = z.view_as(Shape{z.numel()}).rows(begin, codes).view_as(frames.shape());
    const std::vector<float> values = stream.decode(same);
    sound.insert(sound.end(), values.begin(), values.end());
  }
  const std::vector<double> whole = x_hat.to_vector();
  ASSERT_EQ(sound.size(), whole.size());
  for (size_t i = 0; i < whole.size(); ++i) EXPECT_NEAR(sound[i], whole[i], 1e-5);
}

TEST(WaveStream, SaysWhatItCostsAndWhatItCannotDo) {
  const auto model = wave_model();
  WaveStream stream(*model);
  EXPECT_DOUBLE_EQ(stream.bits_per_frame(), 21.0 * 6.0);
  EXPECT_THAT(message_of([&] { stream.encode(std::vector<float>(33)); }), HasSubstr("whole frames of 32"));
  EXPECT_THAT(message_of([&] { stream.decode(Tensor::zeros({1, 20})); }), HasSubstr("frames (F, 21)"));
  nlohmann::json config = nlohmann::json::parse(preset("vae-mlp").model);
  config["data_shape"] = {4};
  Rng rng(0);
  const auto other = make_model(config, rng);
  EXPECT_THROW(WaveStream{*other}, UsageError);
}

}  // namespace
}  // namespace latent
