// Sounds that stream through a model: the blocks are the whole.

#include <latent/core/detail/json_value.hpp>
#include <latent/core/error.hpp>
#include <latent/models/registry.hpp>
#include <latent/core/rng.hpp>
#include <latent/run/sounds/wave_codes.hpp>
#include <latent/run/sounds/wave_stream.hpp>

#include <tests/support/message_of.hpp>
#include <tests/support/temporary_folder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST(WaveCodes, FramesOfAnyNumberOfLevelsComeBack) {
  for (const int64_t levels : {2, 3, 5, 10, 64, 255, 65536}) {
    for (const int64_t frame_dim : {1, 7, 21, 65}) {
      const FramePacking packing(frame_dim, levels);
      const double bits = static_cast<double>(frame_dim) * std::log2(static_cast<double>(levels));
      EXPECT_GE(8.0 * static_cast<double>(packing.frame_bytes()), bits - 1e-9);
      EXPECT_LE(8.0 * static_cast<double>(packing.frame_bytes()), 1.02 * bits + 8.0) << levels << " " << frame_dim;
      Rng rng(static_cast<uint64_t>(levels * 100 + frame_dim));
      for (int trial = 0; trial < 20; ++trial) {
        std::vector<int64_t> numbers(static_cast<size_t>(frame_dim)), back(numbers.size());
        for (int64_t& number : numbers) {
          number = trial == 0 ? levels - 1 : static_cast<int64_t>(rng.below(static_cast<uint64_t>(levels)));
        }
        std::vector<std::byte> bytes(static_cast<size_t>(packing.frame_bytes()), std::byte{0xff});
        packing.pack(numbers.data(), bytes.data());
        ASSERT_TRUE(packing.unpack(bytes.data(), back.data()));
        ASSERT_EQ(back, numbers) << levels;
      }
    }
  }
  const FramePacking packing(1, 3);
  const std::byte four{3};
  int64_t number = 0;
  EXPECT_FALSE(packing.unpack(&four, &number));  // 3 is none of three levels
}

TEST(WaveCodes, NoFlippedBitPasses) {
  const test::TemporaryFolder folder;
  const auto path = folder / "a.codes";
  const WaveCodesHeader header{
      .model = 77, .rate = 8000, .channels = 1, .hop = 32, .frame_dim = 3, .levels = 5, .times = 0};
  WaveCodesWriter writer(path, header);
  writer.write(Tensor::from(std::vector<int64_t>{0, 1, 2, 3, 4, 0}, {2, 3}));
  EXPECT_THROW(writer.write(Tensor::from(std::vector<int64_t>{0, 1, 5}, {1, 3})), std::invalid_argument);
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_EQ(writer.finish(40), 72 + 2);
  EXPECT_TRUE(is_wave_codes(path));
  WaveCodesReader reader(path);
  EXPECT_EQ(reader.header().times, 40);
  EXPECT_EQ(reader.read(1).to_vector(), (std::vector<double>{0, 1, 2}));
  EXPECT_EQ(reader.read(9).to_vector(), (std::vector<double>{3, 4, 0}));
  EXPECT_EQ(reader.read(9).dim(0), 0);
  const std::string whole = test::read_text(path);
  for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    test::write_text((folder / "b.codes").string(), flipped);
    EXPECT_THROW(WaveCodesReader{folder / "b.codes"}, DataError) << bit;
  }
  for (size_t size = 0; size < whole.size(); ++size) {
    test::write_text((folder / "c.codes").string(), whole.substr(0, size));
    EXPECT_THROW(WaveCodesReader{folder / "c.codes"}, DataError) << size;
  }
}

}  // namespace
}  // namespace latent
