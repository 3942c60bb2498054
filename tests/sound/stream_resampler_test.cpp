// Resampling block by block: whatever the blocks, the same sound.

#include <latent/sound/stream_resampler.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <stdexcept>

namespace latent::sound {
namespace {

std::vector<float> sine_of(double hertz, int64_t rate, int64_t L) {
  std::vector<float> x(static_cast<size_t>(L));
  for (size_t t = 0; t < x.size(); ++t) {
    x[t] = static_cast<float>(
        0.5 * std::sin(2.0 * std::numbers::pi * hertz * static_cast<double>(t) / static_cast<double>(rate)));
  }
  return x;
}

std::vector<float> resampled_in_blocks(const std::vector<float>& x, size_t block) {
  StreamResampler resampler(16000, 8000, 1);
  std::vector<float> y;
  for (size_t at = 0; at < x.size(); at += block) {
    const size_t n = std::min(block, x.size() - at);
    const bool is_last = at + n == x.size();
    resampler.next(std::span(x).subspan(at, n), is_last ? StreamResampler::More::ends : StreamResampler::More::follows,
                   y);
  }
  return y;
}

TEST(StreamResampler, BlocksDoNotShow) {
  const std::vector<float> x = sine_of(440.0, 16000, 8000), whole = resampled_in_blocks(x, 8000);
  ASSERT_NEAR(static_cast<double>(whole.size()), 4000.0, 2.0);
  const std::vector<float> expected = sine_of(440.0, 8000, 4000);
  for (size_t t = 200; t < 3800; ++t) EXPECT_NEAR(whole[t], expected[t], 1e-3);
  for (const size_t block : {1, 7, 333}) {
    const std::vector<float> y = resampled_in_blocks(x, block);
    ASSERT_NEAR(static_cast<double>(y.size()), static_cast<double>(whole.size()), 1.0);
    for (size_t t = 0; t < std::min(y.size(), whole.size()); ++t) EXPECT_NEAR(y[t], whole[t], 1e-5);
  }
}

TEST(StreamResampler, WhatTheNewRateCannotHoldIsGone) {
  for (const float value : resampled_in_blocks(sine_of(6000.0, 16000, 8000), 500)) EXPECT_NEAR(value, 0.0f, 0.1f);
}

TEST(StreamResampler, ImpossibleRatesAreRefused) {
  EXPECT_THROW(StreamResampler(8000, 0, 1), std::invalid_argument);
  EXPECT_THROW(StreamResampler(1, 1000, 1), std::invalid_argument);
}

}  // namespace
}  // namespace latent::sound
