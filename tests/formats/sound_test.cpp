#include <latent/formats/sound.hpp>
#include <latent/formats/sound_stream.hpp>

#include "format_support.hpp"

#include <cmath>
#include <fstream>
#include <limits>
#include <numbers>

namespace latent {
namespace {

using namespace test;

// 0.5 sin(2 pi 440 t) on the left at 8 kHz, half of it on the right.
Tensor golden_tone() {
  Tensor x = Tensor::empty({2, 800});
  for (int64_t t = 0; t < 800; ++t) {
    const double value = 0.5 * std::sin(2 * std::numbers::pi * 440 * static_cast<double>(t) / 8000);
    x.data<float>()[t] = static_cast<float>(value);
    x.data<float>()[800 + t] = static_cast<float>(0.5 * value);
  }
  return x;
}

Bytes wav_bytes(const Tensor& samples, WavSamples form = WavSamples::pcm16, int64_t rate = 8000) {
  const TemporaryFolder folder;
  write_wav(folder / "x.wav", samples, rate, form);
  return read_bytes(folder / "x.wav");
}

void expect_tone(const Sound& sound, double tolerance) {
  const Tensor expected = golden_tone();
  EXPECT_EQ(sound.rate, 8000);
  ASSERT_EQ(sound.samples.shape(), expected.shape());
  for (int64_t i = 0; i < expected.numel(); ++i) {
    ASSERT_NEAR(sound.samples.data<float>()[i], expected.data<float>()[i], tolerance) << "at " << i;
  }
}

TEST(SoundFile, ReadsEveryForm) {
  constexpr double kStep = 1.0 / 32768, kLossy = 0.05;
  for (const auto& [name, tolerance] : {std::pair{"tone.flac", kStep}, {"tone.aiff", kStep}, {"tone.ogg", kLossy}}) {
    const Bytes bytes = golden(name);
    SCOPED_TRACE(name);
    ASSERT_TRUE(is_sound(bytes));
    expect_tone(read_sound(bytes, name), tolerance);
    const SoundInfo info = read_sound_info(bytes, name);
    EXPECT_EQ(info.length, 800);
    EXPECT_EQ(info.channels, 2);
  }
}

TEST(SoundFile, WavComesBack) {
  constexpr double kHalfStep = 0.5 / 32768 + 1e-9;
  expect_tone(read_sound(wav_bytes(golden_tone()), "x"), kHalfStep);
  expect_tone(read_sound(wav_bytes(golden_tone(), WavSamples::f32), "x"), 0.0);
}

TEST(SoundFile, WritingSaysHowMuchIsClipped) {
  const TemporaryFolder folder;
  const Tensor x = Tensor::from(std::vector<float>{0.5F, 1.0F, 1.5F, -2.0F, -1.0F}, {1, 5});
  EXPECT_EQ(write_wav(folder / "x.wav", x, 44100), 2);
  const Sound sound = read_sound(read_bytes(folder / "x.wav"), "x");
  EXPECT_EQ(sound.rate, 44100);
  EXPECT_EQ(sound.samples.to_vector(), (std::vector<double>{0.5, 32767.0 / 32768, 32767.0 / 32768, -1, -1}));
  EXPECT_EQ(write_wav(folder / "y.wav", x, 44100, WavSamples::f32), 0);
  EXPECT_EQ(read_sound(read_bytes(folder / "y.wav"), "y").samples.to_vector(), x.to_vector());
  EXPECT_THROW(write_wav(folder / "z.wav", Tensor::zeros({5}), 8000), std::invalid_argument);
  EXPECT_THROW(write_wav(folder / "z.wav", Tensor::zeros({1, 5}), 0), std::invalid_argument);
}

TEST(SoundFile, RefusesWhatCannotBeUsed) {
  expect_data_error([] { read_sound(Bytes(), "a"); }, "the file is empty");
  expect_data_error([] { read_sound(to_bytes("no sound at all, but text"), "a"); }, "not a sound file");
  expect_data_error([] { read_sound(to_bytes("RIFF....WAVEfmt nonsense"), "a"); }, "a damaged sound file");
  expect_data_error([] { read_sound(wav_bytes(Tensor::zeros({1, 0})), "a"); }, "without samples");
  Tensor x = Tensor::zeros({2, 9});
  x.data<float>()[9 + 3] = std::numeric_limits<float>::quiet_NaN();
  expect_data_error([&] { read_sound(wav_bytes(x, WavSamples::f32), "a"); }, "sample 3 of channel 1 is NaN");
  x.data<float>()[9 + 3] = std::numeric_limits<float>::infinity();
  expect_data_error([&] { read_sound(wav_bytes(x, WavSamples::f32), "a"); }, "sample 3 of channel 1 is infinite");
}

// A header that promises gigabytes takes no memory for them.
TEST(SoundFile, LyingHeadersTakeNoMemory) {
  Bytes bytes = wav_bytes(golden_tone());
  for (size_t i = 0; i < 4; ++i) bytes[40 + i] = static_cast<std::byte>(i == 3 ? 0x7f : 0xff);  // bytes of data
  try {
    EXPECT_LE(read_sound(bytes, "a").samples.dim(1), 800);
  } catch (const DataError&) {
  }
}

// The number of samples that the header of a FLAC promises; 0: it does not say, as from a pipe.
Bytes with_flac_samples(Bytes bytes, uint64_t count) {
  constexpr size_t kPlace = 21;  // the low half of a byte, and four bytes
  bytes[kPlace] = (bytes[kPlace] & std::byte{0xf0}) | static_cast<std::byte>(count >> 32);
  for (size_t i = 0; i < 4; ++i) bytes[kPlace + 1 + i] = static_cast<std::byte>(count >> (24 - 8 * i));
  return bytes;
}

TEST(SoundFile, LengthsThatAHeaderCannotKnowAreCounted) {
  EXPECT_EQ(read_sound_info(with_flac_samples(golden("tone.flac"), 0), "a").length, 800);
  constexpr uint64_t kMost = (uint64_t{1} << 36) - 1;  // 256 GB
  EXPECT_LE(read_sound_info(with_flac_samples(golden("tone.flac"), kMost), "a").length, 800);
}

// Texts beside the samples, of which one claims 8 bytes less than 4 GiB: libsndfile would step back by 8 for ever.
Bytes with_damaged_titles(const Bytes& wav) {
  constexpr size_t kData = 36;
  const std::string titles("LIST\x14\0\0\0INFOabcd\xf8\xff\xff\xff\0\0\0\0\0\0\0\0", 28);
  Bytes bytes(wav.begin(), wav.begin() + kData);
  for (const char c : titles) bytes.push_back(static_cast<std::byte>(c));
  bytes.insert(bytes.end(), wav.begin() + kData, wav.end());
  return bytes;
}

TEST(SoundFile, DamagedTitlesDoNotHoldItUp) {
  constexpr double kHalfStep = 0.5 / 32768 + 1e-9;
  const Bytes bytes = with_damaged_titles(wav_bytes(golden_tone()));
  expect_tone(read_sound(bytes, "a"), kHalfStep);
  EXPECT_EQ(read_sound_info(bytes, "a").length, 800);
  const TemporaryFolder folder;
  std::ofstream(folder / "a.wav", std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  SoundReader reader(folder / "a.wav");
  std::vector<float> block(4000);
  EXPECT_EQ(reader.read(block), 800);
}

// A WAV for more than 4 GiB: what stands behind its data is none of it, also if the chunk ds64 is missing.
TEST(SoundFile, LongWavsEndWithTheirData) {
  constexpr double kHalfStep = 0.5 / 32768 + 1e-9;
  const Bytes wav = wav_bytes(golden_tone()), damaged = with_damaged_titles(wav);
  const uint32_t data = 2 * 2 * 800;
  std::string ds64("ds64\x1c\0\0\0", 8);
  for (const uint64_t number : {uint64_t{data} + 72, uint64_t{data}, uint64_t{800}}) {
    for (int i = 0; i < 8; ++i) ds64 += static_cast<char>(number >> (8 * i));
  }
  ds64 += std::string(4, '\0');
  for (const bool has_ds64 : {true, false}) {
    std::string text = "RF64\xff\xff\xff\xffWAVE" + (has_ds64 ? ds64 : "");
    text.append(reinterpret_cast<const char*>(wav.data()) + 12, 24);
    text += has_ds64 ? "data\xff\xff\xff\xff" : std::string("data\x80\x0c\0\0", 8);
    text.append(reinterpret_cast<const char*>(wav.data()) + 44, data);
    text.append(reinterpret_cast<const char*>(damaged.data()) + 36, 28);
    try {
      expect_tone(read_sound(to_bytes(text), "a"), kHalfStep);
    } catch (const DataError&) {
      EXPECT_FALSE(has_ds64);
    }
  }
}

// Chunks that are left out stand anywhere, also without the byte that fills up an odd length.
TEST(SoundFile, OtherChunksOfAWavAreLeftOut) {
  constexpr double kHalfStep = 0.5 / 32768 + 1e-9;
  const Bytes wav = wav_bytes(golden_tone());
  constexpr size_t kFmt = 12, kData = 36;
  for (const size_t place : {kFmt, kData, wav.size()}) {
    for (const std::string& chunk : {std::string("bext\3\0\0\0abc\0", 12), std::string("id3 \3\0\0\0abc", 11)}) {
      Bytes bytes(wav.begin(), wav.begin() + static_cast<std::ptrdiff_t>(place));
      for (const char c : chunk) bytes.push_back(static_cast<std::byte>(c));
      bytes.insert(bytes.end(), wav.begin() + static_cast<std::ptrdiff_t>(place), wav.end());
      expect_tone(read_sound(bytes, "a"), kHalfStep);
    }
  }
}

TEST(SoundFile, DamageIsSurvived) {
  for (const Bytes& valid : {wav_bytes(golden_tone()), golden("tone.flac"), golden("tone.ogg"), golden("tone.aiff")}) {
    constexpr size_t kHeaders = 400;  // and the beginning of what they promise
    const Bytes head(valid.begin(), valid.begin() + static_cast<std::ptrdiff_t>(std::min(valid.size(), kHeaders)));
    expect_damage_survived(head, [](std::span<const std::byte> bytes) { read_sound(bytes, "a"); });
  }
}

}  // namespace
}  // namespace latent
