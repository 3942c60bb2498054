// Sounds through open().
#include "tests/data/files.hpp"

#include <tests/support/message_of.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/data/sound_reading.hpp>
#include <latent/formats/sound.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace latent::data {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Tensor beep(double hertz, double seconds, int64_t rate = 8000, double amplitude = 0.5, int64_t channels = 1) {
  const auto L = static_cast<int64_t>(seconds * static_cast<double>(rate));
  Tensor x = Tensor::empty({channels, L});
  for (int64_t i = 0; i < channels * L; ++i) {
    const double t = static_cast<double>(i % L) / static_cast<double>(rate);
    x.data<float>()[i] = static_cast<float>(amplitude * std::sin(2 * std::numbers::pi * hertz * t));
  }
  return x;
}

// Three low and two high tones of half a second, named CLASS_NUMBER.wav.
void write_beeps(const TemporaryFolder& folder) {
  for (int i = 0; i < 3; ++i)
    write_wav(folder.file("low_" + std::to_string(i) + ".wav"), beep(300 + 20 * i, 0.5), 8000);
  for (int i = 0; i < 2; ++i)
    write_wav(folder.file("up_" + std::to_string(i) + ".wav"), beep(2000 + 50 * i, 0.5), 8000);
}

// The row of the loudest value of a sample (1, bands, frames).
int64_t loudest_row(const Tensor& x) {
  const auto* data = x.data<float>();
  return (std::max_element(data, data + x.numel()) - data) / x.dim(-1);
}

TEST(OpenSound, FolderBecomesLevelsOfMelBands) {
  const TemporaryFolder folder;
  write_beeps(folder);
  const Source source = open(folder.path(), {.sound = {.label_from_name = "^([a-z]+)_"}});
  EXPECT_EQ(source.format, "sound folder");
  EXPECT_EQ(source.train->kind(), Kind::sound);
  EXPECT_EQ(source.train->size(), 5);
  ASSERT_TRUE(source.sound);
  EXPECT_TRUE(source.sound->is_decided());
  EXPECT_EQ(*source.sound->rate, 8000);
  EXPECT_EQ(*source.sound->n_fft, 512);
  EXPECT_EQ(*source.sound->hop, 128);
  EXPECT_EQ(source.train->sample_shape(), Shape({1, 64, 32}));  // 0.5 s are 31.25 frames
  EXPECT_EQ(length_of(*source.sound), 32 * 128);
  EXPECT_THAT(std::vector(source.train->class_names().begin(), source.train->class_names().end()),
              ElementsAre("low", "up"));
  EXPECT_THAT(std::vector(source.train->labels().begin(), source.train->labels().end()), ElementsAre(0, 0, 0, 1, 1));
  EXPECT_EQ(source.train->sample_name(4), "up_1.wav");
  const Tensor x = source.train->range(0, 5);
  const auto [low, high] = std::ranges::minmax_element(x.span<float>());
  EXPECT_EQ(*low, 0.0F);   // the silence that was put behind them
  EXPECT_EQ(*high, 1.0F);  // the loudest of all
  // Low frequencies stand at the bottom.
  EXPECT_GT(loudest_row(x.rows(0, 1)), loudest_row(x.rows(4, 5)) + 15);
}

TEST(OpenSound, NewDataIsReadAsTheModelSays) {
  const TemporaryFolder folder, other;
  write_beeps(folder);
  const Source source = open(folder.path());
  const SoundOptions again = SoundOptions::from_json(nlohmann::json::parse(source.sound->to_json().dump()));
  EXPECT_EQ(again, *source.sound);
  // At another rate, of another length, twice as quiet.
  write_wav(other.file("x.wav"), beep(300, 2.0, 16000, 0.25), 16000);
  const Source quiet = open(other.path(), {.sound = again});
  EXPECT_EQ(quiet.train->sample_shape(), source.train->sample_shape());
  EXPECT_EQ(quiet.sound->top_db, source.sound->top_db);
  const Tensor loud = source.train->range(0, 1), soft = quiet.train->range(0, 1);
  const auto level = [](const Tensor& x) { return *std::ranges::max_element(x.span<float>()); };
  EXPECT_NEAR(level(loud) - level(soft), 6.02 / 80, 0.004);  // half as loud is 6 dB less
  EXPECT_THAT(quiet.notes, Contains(HasSubstr("1 of 1 sounds have another rate and are resampled to 8000 Hz")));
  EXPECT_THAT(quiet.notes, Contains(HasSubstr("1 of 1 sounds are longer than 0.512 s")));
}

TEST(OpenSound, SubFoldersAreClassesAndParts) {
  const TemporaryFolder folder;
  for (const char* part : {"train", "test"}) {
    for (const char* name : {"a", "b"}) {
      write_wav(folder.file(fmt::format("{}/{}/0.wav", part, name)), beep(name[0] == 'a' ? 400 : 900, 0.3), 8000);
    }
  }
  const Source source = open(folder.path());
  ASSERT_TRUE(source.test);
  EXPECT_EQ(source.train->size(), 2);
  EXPECT_THAT(std::vector(source.test->class_names().begin(), source.test->class_names().end()), ElementsAre("a", "b"));
  EXPECT_EQ(source.test->sample_name(1), "test/b/0.wav");
}

TEST(OpenSound, ASingleFileIsSliced) {
  const TemporaryFolder folder;
  write_wav(folder.file("long.wav"), beep(500, 3.7), 8000);
  const Source source = open(folder.file("long.wav"));
  EXPECT_EQ(source.format, "sound");
  EXPECT_EQ(source.train->sample_shape(), Shape({1, 64, 64}));  // a second
  EXPECT_EQ(source.train->size(), 4);  // 1.024 s each, and a last one that is more than half there
  EXPECT_EQ(source.train->sample_name(3), "long.wav#3");
  const Source cut = open(folder.file("long.wav"), {.sound = {.fit = SoundFit::cut, .seconds = 0.5}});
  EXPECT_EQ(cut.train->size(), 1);
  EXPECT_EQ(cut.train->sample_shape(), Shape({1, 64, 32}));
  const Source whole = open(folder.file("long.wav"), {.sound = {.fit = SoundFit::pad}});
  EXPECT_EQ(whole.train->sample_shape(), Shape({1, 64, 232}));
}

TEST(OpenSound, WavesAndBinsAndStereo) {
  const TemporaryFolder folder;
  write_wav(folder.file("x.wav"), beep(500, 0.5, 8000, 0.5, 2), 8000);
  const Source waves =
      open(folder.path(), {.sound = {.features = SoundFeatures::wave, .channels = SoundChannels::stereo}});
  EXPECT_EQ(waves.train->kind(), Kind::waves);
  EXPECT_EQ(waves.train->sample_shape(), Shape({2, 4096}));
  const Tensor x = waves.train->range(0, 1), tone = beep(500, 0.5);
  for (int64_t t = 0; t < 4000; ++t) ASSERT_NEAR(x.data<float>()[4096 + t], tone.data<float>()[t], 1.0 / 32768);
  EXPECT_EQ(x.data<float>()[4050], 0.0F);
  const Source bins = open(folder.path(), {.sound = {.features = SoundFeatures::stft, .n_fft = 256, .hop = 64}});
  EXPECT_EQ(bins.train->sample_shape(), Shape({1, 128, 64}));
  EXPECT_EQ(loudest_row(bins.train->range(0, 1)), 127 - 16);  // 500 Hz is bin 16 of 31.25 Hz
  EXPECT_THAT(bins.notes, Contains(HasSubstr("1 of 1 sounds have several channels, whose mean is taken")));
}

// What cannot be used is left out, and said in one line; what is odd is said.
TEST(OpenSound, BadFilesAreSkippedAndOddOnesNamed) {
  const TemporaryFolder folder;
  write_beeps(folder);
  write_text(folder.file("text.wav"), "this is no sound at all, but somebody called it one");
  write_text(folder.file("empty.wav"), "");
  write_text(folder.file("readme.txt"), "not a sound, and not called one");
  write_wav(folder.file("nothing.wav"), Tensor::zeros({1, 0}), 8000);
  Tensor nan = beep(300, 0.5);
  nan.data<float>()[7] = std::nanf("");
  write_wav(folder.file("nan.wav"), nan, 8000, WavSamples::f32);
  write_wav(folder.file("silent.wav"), Tensor::zeros({1, 4000}), 8000);
  write_wav(folder.file("clipped.wav"), beep(300, 0.5, 8000, 3.0), 8000);
  write_wav(folder.file("half.wav"), beep(300, 0.5), 8000);
  std::filesystem::resize_file(folder.file("half.wav"), 4044);  // 2,000 of 4,000 samples
  const Source source = open(folder.path());
  EXPECT_EQ(source.train->size(), 8);
  EXPECT_THAT(source.warnings,
              Contains(HasSubstr("end before their headers say (an interrupted copy?) and are taken as "
                                 "far as they go: half.wav")));
  EXPECT_THAT(source.warnings, Contains(HasSubstr("skipped 4 files that cannot be read: ")));
  EXPECT_THAT(source.warnings, Contains(HasSubstr("empty.wav (the file is empty)")));
  EXPECT_THAT(source.warnings, Contains(HasSubstr("sounds are silent: silent.wav")));
  EXPECT_THAT(source.warnings,
              Contains(HasSubstr("sounds are clipped, which sounds harsh and cannot be undone: clipped.wav")));
  for (const std::string& warning : source.warnings) EXPECT_EQ(warning.find('\n'), std::string::npos);
  const auto message = [&](const char* name) { return message_of<DataError>([&] { open(folder.file(name)); }); };
  EXPECT_THAT(message("text.wav"), HasSubstr("named like a sound, but it is neither WAV nor FLAC, OGG or AIFF"));
  EXPECT_THAT(message("nothing.wav"), HasSubstr("a sound file without samples"));
  EXPECT_THAT(message("nan.wav"), HasSubstr("sample 7 of channel 0 is NaN"));
  EXPECT_THAT(message("silent.wav"), HasSubstr("all sounds are silent: there is nothing to learn"));
}

// Files whose rate is out of reach, and those that end before their header says.
TEST(OpenSound, OneBadFileDoesNotEndTheReading) {
  const TemporaryFolder folder;
  write_beeps(folder);
  write_wav(folder.file("slow.wav"), Tensor::zeros({1, 20}), 20);
  std::filesystem::copy_file(std::filesystem::path(LATENT_TEST_DATA) / "golden" / "formats" / "tone.flac",
                             folder.file("short.flac"));
  {
    std::fstream flac(folder.file("short.flac"), std::ios::in | std::ios::out | std::ios::binary);
    flac.seekp(24);  // 800 samples become 1600
    flac.put('\x06');
    flac.put('\x40');
  }
  const Source source = open(folder.path(), {.sound = {.rate = 8000}});
  EXPECT_EQ(source.train->size(), 5);
  EXPECT_THAT(source.warnings, Contains(HasSubstr("skipped 2 files that cannot be read: ")));
  EXPECT_THAT(source.warnings, Contains(HasSubstr("short.flac (damaged: it ends after 800 of 1600 samples)")));
  EXPECT_THAT(source.warnings, Contains(HasSubstr("slow.wav (its rate of 20 Hz is too far from 8000 Hz")));
}

TEST(OpenSound, OptionsAreChecked) {
  const TemporaryFolder folder;
  write_beeps(folder);
  const auto message = [&](const SoundOptions& sound) {
    return message_of<std::invalid_argument>([&] { open(folder.path(), {.sound = sound}); });
  };
  EXPECT_THAT(message({.label_from_name = "("}), HasSubstr("is no regular expression"));
  EXPECT_THAT(message({.label_from_name = "^a"}), HasSubstr("parentheses around the class expected"));
  EXPECT_THAT(message({.label_from_name = std::string(200'000, '(')}), HasSubstr("at most 1000 characters"));
  EXPECT_THAT(message({.n_fft = 511}), HasSubstr("an even number expected, got 511"));
  EXPECT_THAT(message({.n_fft = 64, .hop = 33}), HasSubstr("--hop: a number from 1 to 32 expected"));
  EXPECT_THAT(message({.n_fft = 64}), HasSubstr("64 mels are too many for n_fft = 64"));
  EXPECT_THAT(message_of<DataError>([&] { open(folder.path(), {.sound = {.label_from_name = "^(low)"}}); }),
              HasSubstr("its name has no class"));
  const Source without = open(folder.path(), {.sound = {.label_from_name = "^(nobody)"}});
  EXPECT_THAT(without.train->labels(), IsEmpty());
  EXPECT_THAT(without.notes, Contains(HasSubstr("no name of a file fits --label-from-name '^(nobody)'")));
  EXPECT_THAT(message_of<std::invalid_argument>([&] { open("shapes:10", {.sound = {.rate = 8000}}); }),
              HasSubstr("--sound, --seconds, --rate and their like are for sounds"));
  EXPECT_THROW(sound_features_from("mel"), std::invalid_argument);
}

}  // namespace
}  // namespace latent::data
