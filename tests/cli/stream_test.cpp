// latent stream: sounds of any length, files and pipes.

#include "tool.hpp"

#include <latent/formats/file.hpp>
#include <latent/formats/sound_stream.hpp>

#include <gmock/gmock.h>

#include <sys/wait.h>

#include <cmath>
#include <csignal>
#include <fstream>
#include <numbers>

namespace latent::test {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kStreamRate = 8000;

class Streams : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    fs::create_directory(path("notes"));
    for (int i = 0; i < 16; ++i) {
      write_note(path("notes") / fmt::format("{:02}.wav", i), 200.0 + 25.0 * i, kStreamRate / 8, kStreamRate, 1);
    }
    ok({"train", "notes", "--sound", "wave", "--preset", "ae-wave", "--out", "run", "--epochs", "2", "--threads", "1",
        "--validation", "0", "--precision", "f32"});
    write_note(path("long.wav"), 330.0, 2 * kStreamRate + 7, kStreamRate, 1);
  }

  static void write_note(const fs::path& file, double hertz, int64_t times, int64_t rate, int64_t channels) {
    std::vector<float> values;
    for (int64_t t = 0; t < times; ++t) {
      const double phase = 2.0 * std::numbers::pi * hertz * static_cast<double>(t) / static_cast<double>(rate);
      for (int64_t c = 0; c < channels; ++c) values.push_back(static_cast<float>(0.3 * std::sin(phase)));
    }
    SoundWriter writer(file, rate, channels);
    writer.write(values);
    writer.finish();
  }
  std::vector<float> values_of(const std::string& name) const {
    SoundReader reader(path(name));
    std::vector<float> all(static_cast<size_t>(10 * kStreamRate * reader.channels()));
    all.resize(static_cast<size_t>(reader.read(all) * reader.channels()));
    return all;
  }
  static double error_of(const std::vector<float>& a, const std::vector<float>& b) {
    double error = 0.0, power = 0.0;
    for (size_t t = 0; t < std::min(a.size(), b.size()); ++t) {
      error += std::pow(double{a[t]} - b[t], 2);
      power += std::pow(double{a[t]}, 2);
    }
    return error / power;
  }
};

TEST_F(Streams, AFileComesBackAsLongAndMuchAsItWas) {
  const auto figures = json({"stream", "run", "long.wav", "-o", "again.wav"});
  EXPECT_NEAR(figures.at("seconds").get<double>(), 2.0 + 7.0 / kStreamRate, 1e-9);
  EXPECT_NEAR(figures.at("bits_per_second").get<double>(), 21.0 * 6.0 / 32.0 * kStreamRate, 1e-6);
  EXPECT_GT(figures.at("real_time_factor").get<double>(), 0.0);
  EXPECT_GE(figures.at("latency_ms").get<double>(), 20.0);
  const std::vector<float> x = values_of("long.wav"), x_hat = values_of("again.wav");
  ASSERT_EQ(x_hat.size(), x.size());
  EXPECT_LT(error_of(x, x_hat), 0.2);
  // Other blocks, the same sound but for rounding, which may send a value to the next level.
  ok({"stream", "run", "long.wav", "-o", "blocks.wav", "--block", "333"});
  EXPECT_LT(error_of(x_hat, values_of("blocks.wav")), 0.01);
}

TEST_F(Streams, CodesAreAFileFromWhichTheSameSoundComes) {
  ok({"stream", "run", "long.wav", "-o", "again.wav"});
  const auto figures = json({"stream", "run", "long.wav", "-o", "long.codes"});
  const auto bytes = static_cast<int64_t>(fs::file_size(path("long.codes")));
  EXPECT_EQ(figures.at("bytes"), bytes);
  EXPECT_EQ(bytes, 72 + 16 * ((2 * kStreamRate + 7 + 31) / 32));  // 126 bits for a frame of 32
  EXPECT_THAT(ok({"stream", "run", "long.codes", "-o", "heard.wav"}), HasSubstr("2.0 s of sound"));
  EXPECT_EQ(read("heard.wav"), read("again.wav"));
  ok({"stream", "run", "long.codes", "-o", "blocks.wav", "--block", "333"});
  EXPECT_LT(error_of(values_of("again.wav"), values_of("blocks.wav")), 1e-6);
  fails(2, {"stream", "run", "long.codes", "-o", "other.codes"}, "is codes already");
  std::string damaged = read("long.codes");
  damaged[1000] ^= 4;
  write("damaged.codes", damaged);
  fails(2, {"stream", "run", "damaged.codes", "-o", "x.wav"}, "damaged: its checksum");
  write("short.codes", read("long.codes").substr(0, 4000));
  fails(2, {"stream", "run", "short.codes", "-o", "x.wav"}, "damaged: 3928 bytes of frames");
  ok({"train", "notes", "--sound", "wave", "--preset", "ae-wave", "--out", "other", "--epochs", "1", "--threads", "1",
      "--validation", "0", "--precision", "f32", "--seed", "5"});
  fails(2, {"stream", "other", "long.codes", "-o", "x.wav"}, "codes of another model");
  EXPECT_FALSE(fs::exists(path("x.wav")));
  write("empty.wav", "");
  EXPECT_NE(run({"stream", "run", "empty.wav", "-o", "x.codes"}).status, 0);
  EXPECT_FALSE(fs::exists(path("x.codes")));
}

TEST_F(Streams, OtherRatesAndChannelsBecomeTheModels) {
  write_note(path("stereo.wav"), 330.0, 2 * 22050, 22050, 2);
  ok({"stream", "run", "stereo.wav", "-o", "again.wav"});
  SoundReader reader(path("again.wav"));
  EXPECT_EQ(reader.rate(), kStreamRate);
  EXPECT_EQ(reader.channels(), 1);
  EXPECT_NEAR(static_cast<double>(values_of("again.wav").size()), 2.0 * kStreamRate, 2.0);
}

TEST_F(Streams, PipesEndWithTheirInputOrWithCtrlC) {
  const ToolResult file = shell("cat long.wav | $LATENT stream run - -o never.wav");
  EXPECT_EQ(file.status, 2);
  EXPECT_THAT(file.err, HasSubstr("standard input holds a sound file, but - takes raw values"));
  EXPECT_FALSE(fs::exists(path("never.wav")));
  const ToolResult piped = shell("cat long.wav | $LATENT stream run /dev/stdin -o again.wav");
  EXPECT_EQ(piped.status, 0) << piped.err;
  EXPECT_EQ(values_of("again.wav").size(), values_of("long.wav").size());
  // As programs write it that do not know how long it will be: the length of the data is all ones.
  const std::string known = read("long.wav");
  write("pipe.wav", known.substr(0, 40) + std::string(4, '\xff') + known.substr(44));
  const ToolResult unknown = shell("cat pipe.wav | $LATENT stream run /dev/stdin -o unknown.wav");
  EXPECT_EQ(unknown.status, 0) << unknown.err;
  EXPECT_EQ(values_of("unknown.wav").size(), values_of("long.wav").size());
  // 44 bytes are the header. A writer that falls silent does not keep Ctrl-C from ending it.
  const pid_t waiting =
      start_shell("exec $LATENT stream run - -o - < <(tail -c +45 long.wav; sleep 600) > heard", path("err"));
  constexpr auto kOneSecond = static_cast<uintmax_t>(2 * kStreamRate);
  ASSERT_TRUE(waits_for([&] { return fs::exists(path("heard")) && fs::file_size(path("heard")) > kOneSecond; }));
  kill(waiting, SIGINT);
  int status = -1;
  EXPECT_TRUE(waits_for([&] { return waitpid(waiting, &status, WNOHANG) == waiting; }));
  EXPECT_EQ(status, 0) << read("err");
  EXPECT_THAT(read("err"), HasSubstr("s of sound"));
  kill(waiting, SIGKILL);
}

TEST_F(Streams, WhatCannotBeStreamedIsSaidInOneLine) {
  fails(2, {"stream", "run", "missing.wav", "-o", "x.wav"}, "missing.wav");
  fails(2, {"stream", "run", "long.wav", "-o", "x.mp3"}, "a .wav, a .codes, or -");
  fails(2, {"stream", "run", "long.wav", "-o", "long.wav"}, "is the sound itself");
  fails(2, {"stream", "run", "long.wav", "-o", "x.wav", "--block", "0"}, "--block");
  fails(2, {"stream", "run", "long.wav", "-o", "x.wav", "--block", "1e300"}, "--block");
  std::ofstream(path("text.wav")) << "these are words\n";
  fails(2, {"stream", "run", "text.wav", "-o", "x.wav"}, "no sound file");
  SoundWriter(path("silent.wav"), kStreamRate, 1).finish();
  fails(2, {"stream", "run", "silent.wav", "-o", "x.wav"}, "no sound");
  EXPECT_FALSE(fs::exists(path("x.wav")));
  write_idx("images", 20);
  ok(train("images", "pictures", {"--epochs", "1"}));
  fails(2, {"stream", "pictures", "long.wav", "-o", "x.wav"}, "not made to stream sounds");
}

}  // namespace
}  // namespace latent::test
