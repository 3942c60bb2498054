#include <latent/formats/file.hpp>
#include <latent/formats/npy.hpp>
#include <latent/sound/mel.hpp>
#include <latent/sound/phases.hpp>
#include <latent/sound/resample.hpp>
#include <latent/sound/spectrogram.hpp>
#include <latent/sound/stft.hpp>

#include <latent/core/rng.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numbers>

namespace latent::sound {
namespace {

constexpr double kPi = std::numbers::pi;

Tensor golden_sound(const std::string& name) {
  static const std::filesystem::path path = std::filesystem::path(LATENT_TEST_DATA) / "golden" / "sound.npz";
  for (const auto& [key, value] : read_npz(MappedFile::open(path))) {
    if (key == name) return value;
  }
  throw std::logic_error("no " + name);
}

Tensor tone_of(double hertz, int64_t length, int64_t rate, double amplitude = 0.5) {
  Tensor x = Tensor::empty({1, length});
  for (int64_t t = 0; t < length; ++t) {
    const double phase = 2 * kPi * hertz * static_cast<double>(t) / static_cast<double>(rate);
    x.data<float>()[t] = static_cast<float>(amplitude * std::sin(phase));
  }
  return x;
}

Tensor noise_of(int64_t channels, int64_t length) {
  Tensor x = Tensor::empty({channels, length});
  Rng(3).normal(x.span<float>());
  return x;
}

void expect_near(const Tensor& a, const Tensor& b, double tolerance) {
  ASSERT_EQ(a.numel(), b.numel());
  for (int64_t i = 0; i < a.numel(); ++i) {
    ASSERT_NEAR(a.data<float>()[i], b.data<float>()[i], tolerance) << "at " << i;
  }
}

TEST(Stft, IsThatOfSciPy) {
  const Tensor x = golden_sound("x");
  const Tensor X = stft(x.view_as({1, x.numel()}), {.n_fft = 64, .hop = 16});
  EXPECT_EQ(X.shape(), Shape({1, 32, 33, 2}));
  constexpr double kSingle = 2e-5;  // single precision, of sums of 64 values
  expect_near(X, golden_sound("stft"), kSingle);
}

// Whatever the sizes: a hop that does not divide the length, sounds shorter than a frame.
TEST(Stft, InverseGivesTheSoundBack) {
  for (const int64_t length : {1, 7, 100, 129, 1000}) {
    for (const StftOptions options : {StftOptions{64, 16}, StftOptions{64, 32}, StftOptions{48, 7}}) {
      const Tensor x = noise_of(2, length);
      const Tensor X = stft(x, options);
      EXPECT_EQ(X.dim(1), (length + options.hop - 1) / options.hop);
      constexpr double kSingle = 2e-5;
      // A periodic Hann window is 0 at its beginning: with few frames the last sample may be seen by no other.
      if (length < options.hop * 2) continue;
      expect_near(istft(X, options, length), x, kSingle * 50);
    }
  }
}

TEST(Stft, RefusesWhatMakesNoSense) {
  EXPECT_THROW(stft(noise_of(1, 100), {.n_fft = 63, .hop = 16}), std::invalid_argument);
  EXPECT_THROW(stft(noise_of(1, 100), {.n_fft = 64, .hop = 0}), std::invalid_argument);
  EXPECT_THROW(stft(noise_of(1, 100), {.n_fft = 64, .hop = 33}), std::invalid_argument);
  EXPECT_THROW(stft(Tensor(), {}), std::invalid_argument);
  EXPECT_THROW(istft(Tensor::zeros({1, 3, 33, 2}), {.n_fft = 64, .hop = 16}, 100), std::invalid_argument);
}

TEST(MelBank, IsThatOfLibrosa) {
  const MelBank bank(10, 64, 8000);
  const Tensor golden = golden_sound("mel");
  for (int64_t m = 0; m < 10; ++m) {
    for (int64_t k = 0; k < 33; ++k)
      EXPECT_NEAR(bank.weight(m, k), golden.data<float>()[m * 33 + k], 1e-9) << m << ", " << k;
  }
}

TEST(MelBank, ScaleGoesBothWaysAndBandsNeedBins) {
  EXPECT_DOUBLE_EQ(mel_of_hertz(1000), 15.0);
  EXPECT_DOUBLE_EQ(mel_of_hertz(6400), 42.0);
  for (const double hertz : {0.0, 440.0, 999.0, 4000.0, 20000.0}) {
    EXPECT_NEAR(hertz_of_mel(mel_of_hertz(hertz)), hertz, 1e-9 * (1 + hertz));
  }
  try {
    MelBank(128, 64, 8000);
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("128 mels are too many for n_fft = 64"));
  }
}

// The bands of what is found are the bands that were asked for, over ranges of 60 dB; nothing is negative.
TEST(MelBank, InverseHasTheBands) {
  const MelBank bank(64, 512, 8000);
  std::vector<float> power(257), bands(64), found(257), again(64);
  Rng(1).uniform(power);
  for (size_t k = 0; k < power.size(); ++k) power[k] *= std::pow(10.0F, -6.0F * static_cast<float>(k) / 257.0F);
  bank.apply(power, bands);
  bank.invert(bands, found);
  bank.apply(found, again);
  EXPECT_GE(*std::ranges::min_element(found), 0.0F);
  for (size_t m = 0; m < bands.size(); ++m) {
    constexpr double kDecibel = 0.3;
    EXPECT_NEAR(10 * std::log10(again[m]), 10 * std::log10(bands[m]), kDecibel) << "band " << m;
  }
}

TEST(Spectrogram, DecibelsAreThoseOfTheFormulas) {
  const Tensor x = golden_sound("x"), golden = golden_sound("decibels");  // (10, 32)
  const Spectrogram spectrogram({.stft = {.n_fft = 64, .hop = 16}, .rate = 8000, .mels = 10});
  std::vector<float> out(10 * 32);
  spectrogram.decibels(x.span<float>(), out);
  for (int64_t b = 0; b < 10; ++b) {
    for (int64_t t = 0; t < 32; ++t) {  // row 0 is the highest band
      ASSERT_NEAR(out[static_cast<size_t>((9 - b) * 32 + t)], golden.data<float>()[b * 32 + t], 1e-3);
    }
  }
}

TEST(Spectrogram, LevelsAreHeldToTheirRange) {
  const Spectrogram spectrogram({.top_db = 10.0, .range_db = 80.0});
  std::vector<float> values = {10.0F, -30.0F, -70.0F, -200.0F, 50.0F};
  spectrogram.to_levels(values);
  EXPECT_THAT(values, testing::ElementsAre(1.0F, 0.5F, 0.0F, 0.0F, 1.0F));
}

// A tone comes back as the same tone, as loud: by mel bands within their width, by bins exactly.
TEST(Spectrogram, WaveOfLevelsHasTheTone) {
  constexpr int64_t kLength = 8192, kRate = 8000;
  for (const int64_t mels : {0, 64}) {
    const Tensor x = tone_of(750.0, kLength, kRate);
    SpectrogramOptions options{.mels = mels};
    std::vector<float> levels(static_cast<size_t>(Spectrogram(options).bands() * 64)), wave(kLength);
    Spectrogram(options).decibels(x.span<float>(), levels);
    options.top_db = *std::ranges::max_element(levels);
    const Spectrogram spectrogram(options);
    spectrogram.to_levels(levels);
    spectrogram.to_wave(levels, wave);
    double power = 0.0;
    for (const float value : wave) power += static_cast<double>(value * value) / kLength;
    EXPECT_NEAR(std::sqrt(2 * power), 0.5, mels == 0 ? 0.05 : 0.15);
    Stft transform(options.stft);
    Stft::Bins X;
    transform.forward(wave, X);
    const auto* frame = X.data() + 32 * 257;
    const auto loudest = std::max_element(frame, frame + 257, [](auto a, auto b) { return std::abs(a) < std::abs(b); });
    EXPECT_NEAR(static_cast<double>(loudest - frame) * kRate / 512, 750.0, mels == 0 ? 16.0 : 48.0);
    std::vector<float> again(wave.size());
    spectrogram.to_wave(levels, again);
    EXPECT_EQ(wave, again) << "the same levels make the same sound";
  }
}

TEST(Spectrogram, LevelZeroIsSilence) {
  const Spectrogram spectrogram({});
  std::vector<float> levels(64 * 16, 0.0F), wave(16 * 128, 1.0F);
  spectrogram.to_wave(levels, wave);
  EXPECT_THAT(wave, testing::Each(0.0F));
}

// Magnitudes of a real sound: momentum gets nearer in as many turns, as the source says, and nearer than it began.
TEST(Phases, MomentumGetsNearerThanGriffinLim) {
  Tensor x = tone_of(440.0, 4096, 8000);
  const Tensor other = tone_of(1250.0, 4096, 8000, 0.3);
  for (int64_t t = 0; t < 4096; ++t) x.data<float>()[t] += t < 2000 ? 0.0F : other.data<float>()[t];
  Stft transform({.n_fft = 256, .hop = 64});
  Stft::Bins X;
  transform.forward(x.span<float>(), X);
  std::vector<float> magnitudes;
  for (const auto& value : X) magnitudes.push_back(std::abs(value));
  const auto error_of = [&](const PhaseOptions& options) {
    std::vector<float> wave(4096);
    recover_phases(transform, magnitudes, wave, options);
    return spectral_convergence(transform, magnitudes, wave);
  };
  const double start = error_of({.iterations = 0}), plain = error_of({.momentum = 0.0}), fast = error_of({});
  EXPECT_LT(plain, 0.5 * start);
  EXPECT_LT(fast, plain);
  EXPECT_LT(fast, 0.2);
  EXPECT_NEAR(spectral_convergence(transform, magnitudes, x.span<float>()), 0.0, 1e-6);
  EXPECT_THROW(error_of({.iterations = -1}), std::invalid_argument);
}

// Windows that hardly overlap leave the end to the edge of the last one, which must not become a click.
TEST(Phases, TheEndIsNoLouderThanTheRest) {
  const Tensor x = tone_of(440.0, 4096, 8000);
  for (const int64_t hop : {64, 96, 128}) {
    Stft transform({.n_fft = 256, .hop = hop});
    Stft::Bins X;
    transform.forward(x.span<float>(), X);
    std::vector<float> magnitudes, wave(4096);
    for (const auto& value : X) magnitudes.push_back(std::abs(value));
    recover_phases(transform, magnitudes, wave);
    for (const float value : wave) ASSERT_LT(std::abs(value), 2.0F) << "hop " << hop;  // the tone's is 1 at most
  }
}

TEST(Resample, KeepsTonesAndDropsWhatDoesNotFit) {
  const Tensor y = resample(tone_of(440.0, 16000, 16000), 16000, 8000), expected = tone_of(440.0, 8000, 8000);
  ASSERT_EQ(y.shape(), Shape({1, 8000}));
  for (int64_t t = 200; t < 7800; ++t) ASSERT_NEAR(y.data<float>()[t], expected.data<float>()[t], 1e-3) << t;
  const Tensor above = resample(tone_of(6000.0, 16000, 16000), 16000, 8000);
  for (int64_t t = 200; t < 7800; ++t) ASSERT_NEAR(above.data<float>()[t], 0.0F, 1e-3) << t;
  EXPECT_EQ(resample(tone_of(440.0, 441, 44100), 44100, 48000).dim(1), 480);
  const Tensor same = tone_of(440.0, 100, 8000);
  EXPECT_TRUE(resample(same, 8000, 8000).same_as(same));
  EXPECT_THROW(resample(same, 8000, 8000 * 300), std::invalid_argument);
}

TEST(Mix, TakesTheMeanOrTwoChannels) {
  const Tensor x = Tensor::from(std::vector<float>{1, 2, 3, 5, 8, 8}, {3, 2});
  EXPECT_EQ(mix(x, 1).to_vector(), (std::vector<double>{4, 5}));
  EXPECT_EQ(mix(x, 2).to_vector(), (std::vector<double>{1, 2, 3, 5}));
  EXPECT_EQ(mix(Tensor::from(std::vector<float>{1, 2}, {1, 2}), 2).to_vector(), (std::vector<double>{1, 2, 1, 2}));
  EXPECT_THROW(mix(x, 3), std::invalid_argument);
}

}  // namespace
}  // namespace latent::sound
