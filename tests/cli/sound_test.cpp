// Sounds from the command line: trained on, heard again, drawn, told apart.

#include "tool.hpp"

#include <latent/core/rng.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/file.hpp>
#include <latent/formats/sound.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <numbers>

namespace latent::test {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kRate = 8000;

class Sounds : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    fs::create_directory(path("tones"));
    for (int i = 0; i < 24; ++i) write_tone(i);
  }

  // A third of a second, low or high, of changing loudness: "low_03.wav".
  void write_tone(int i) const {
    const bool is_low = i % 2 == 0;
    const double hertz = (is_low ? 250.0 : 1500.0) * (1 + 0.02 * i), amplitude = 0.2 + 0.02 * i;
    Tensor x = Tensor::empty({1, kRate / 3});
    for (int64_t t = 0; t < x.numel(); ++t) {
      const double seconds = static_cast<double>(t) / kRate;
      x.data<float>()[t] =
          static_cast<float>(amplitude * std::exp(-4 * seconds) * std::sin(2 * std::numbers::pi * hertz * seconds));
    }
    write_wav(path("tones") / fmt::format("{}_{:02}.wav", is_low ? "low" : "high", i), x, kRate);
  }

  std::vector<std::string> train_tones(const std::string& out, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {"train",      "tones",     "--out", out,           "--label-from-name",
                                      "^([a-z]+)_", "--threads", "1",     "--precision", "f32",
                                      "--seed",     "1"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  void train_vae() const {
    ok(train_tones("run", {"--channels", "8,16,16", "--hidden", "32", "--latent-dim", "4", "--epochs", "30", "--lr",
                           "0.003", "--batch", "8"}));
  }

  Sound sound(const std::string& name) const {
    const auto file = MappedFile::open(path(name));
    return read_sound(file->bytes(), name);
  }
  Shape picture_shape(const std::string& name) const {
    const auto file = MappedFile::open(path(name));
    return read_image(file->bytes(), name).shape();
  }
  // Times that a sound goes through zero, for each second of what is not silent.
  double crossings(const Tensor& x) const {
    double count = 0, heard = 0;
    for (int64_t t = 1; t < x.numel(); ++t) {
      const float a = x.data<float>()[t - 1], b = x.data<float>()[t];
      if (std::abs(b) > 1e-3F) ++heard;
      if ((a < 0) != (b < 0)) ++count;
    }
    return heard == 0 ? 0 : count / (static_cast<double>(x.numel()) / kRate);
  }
};

TEST_F(Sounds, TimeIsNotTurnedAround) {
  const ToolResult result = run(train_tones("run", {"--augment", "flip", "--epochs", "1"}));
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("flip would turn sound around in time"));
}

TEST_F(Sounds, DataInfoSaysHowTheyAreRead) {
  const std::string text = ok({"data", "info", "tones", "--label-from-name", "^([a-z]+)_"});
  EXPECT_THAT(text, HasSubstr("sound"));
  EXPECT_THAT(text, HasSubstr("vae-audio"));
  fails(2, {"data", "info", "tones", "--sound", "log-mal"}, "did you mean 'log-mel'?");
  fails(2, {"data", "info", "tones", "--seconds", "0"}, "above 0");
  fails(2, {"data", "info", "tones", "--label-from-name", "("}, "is no regular expression");
  fails(2, {"data", "info", "shapes:10", "--rate", "8000"}, "are for sounds");
}

TEST_F(Sounds, ReconstructionsCanBeHeard) {
  train_vae();
  const auto one = json({"reconstruct", "run", "tones", "--split", "all", "-n", "2", "-o", "two.wav"});
  EXPECT_GT(one.at("sound").at("real_time_factor").get<double>(), 0.0);
  EXPECT_NEAR(one.at("sound").at("seconds").get<double>(), 2 * 24 * 128.0 / kRate, 1e-9);
  const Sound two = sound("two.wav");
  EXPECT_EQ(two.rate, kRate);
  EXPECT_EQ(two.samples.shape(), Shape({1, 2 * 24 * 128 + kRate / 4}));  // a quarter of a second between them
  ok({"reconstruct", "run", "tones", "--split", "all", "-o", "heard"});
  const Tensor high = sound("heard/000000.wav").samples, low = sound("heard/000023.wav").samples;  // high_01, low_22
  EXPECT_EQ(high.shape(), Shape({1, 24 * 128}));
  EXPECT_GT(crossings(high), 2 * crossings(low));
  // What was written is read again as the model's own data.
  EXPECT_EQ(json({"encode", "run", "heard", "-o", "codes.npy"}).at("samples"), 24);
  EXPECT_EQ(json({"decode", "run", "codes.npy", "-n", "3", "-o", "decoded"}).at("samples"), 3);
  // Pictures have the low frequencies at the bottom.
  ok({"reconstruct", "run", "tones", "--split", "all", "-o", "pairs.png"});
  EXPECT_EQ(picture_shape("pairs.png")[0], 1);
  EXPECT_THAT(fails(2, {"reconstruct", "run", "tones", "--split", "all", "-o", "x.csv"}, "not rows of a table"),
              HasSubstr(""));
}

TEST_F(Sounds, EverythingThatMakesSamplesMakesSounds) {
  train_vae();
  ok({"sample", "run", "-n", "2", "-o", "new.wav"});
  EXPECT_EQ(sound("new.wav").samples.dim(1), 2 * 24 * 128 + kRate / 4);
  ok({"interpolate", "run", "tones", "--split", "all", "--from", "0", "--to", "23", "--steps", "4", "-o", "morph.wav"});
  EXPECT_EQ(sound("morph.wav").samples.dim(1), 4 * 24 * 128 + 3 * kRate / 4);
  ok({"interpolate", "run", "tones", "--split", "all", "--from", "0", "--to", "23", "--steps", "4", "-o", "morph.png"});
  ok({"arithmetic", "run", "tones", "#0 + label:low - label:high", "--split", "all", "-o", "sum.wav"});
  EXPECT_EQ(sound("sum.wav").samples.dim(1), 24 * 128);
  ok({"denoise", "run", "tones", "--split", "all", "--corrupt", "gaussian:0.1", "-o", "clean"});
  EXPECT_EQ(sound("clean/000000.wav").samples.dim(1), 24 * 128);
  ok({"augment", "run", "tones", "--split", "all", "-n", "6", "-o", "more"});
  EXPECT_TRUE(fs::is_directory(path("more/low")));
}

// Samples drawn like a class are of it, as a classifier of sounds hears it.
TEST_F(Sounds, SamplesLikeAClassAreOfIt) {
  train_vae();
  const auto drawn = json({"sample", "run", "--like", "all", "-n", "8", "-o", "drawn"});
  EXPECT_EQ(drawn.at("samples"), 16);
  ok(train_tones("ears", {"--preset", "cnn-small", "--epochs", "20", "--batch", "8"}));
  EXPECT_GE(json({"evaluate", "ears", "drawn"}).at("accuracy").get<double>(), 0.9);
  EXPECT_EQ(json({"predict", "ears", "drawn", "-o", "said.csv"}).at("samples"), 16);
  json({"sample", "run", "--like", "high", "-n", "2", "-o", "two.wav"});
  fails(2, {"sample", "run", "--like", "hihg", "-o", "x.wav"}, "did you mean 'high'?");
  fails(2, {"sample", "run", "--like", "low", "--truncation", "1", "-o", "x.wav"}, "--truncation");
}

TEST_F(Sounds, OtherModelsWriteNone) {
  write_idx("images", 60);
  ok(train("images", "pictures", {"--epochs", "1"}));
  fails(2, {"sample", "pictures", "-o", "x.wav"}, "the model's data are no sounds, but");
  write("fake.wav", "a text that is called sound");
  fails(2, {"train", "fake.wav", "--out", "none"}, "named like a sound, but it is neither WAV");
}

}  // namespace
}  // namespace latent::test
