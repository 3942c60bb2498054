#include <latent/formats/checksum.hpp>
#include <latent/compression/exact_math.hpp>
#include <latent/compression/latent_bins.hpp>
#include <latent/compression/rans.hpp>
#include <latent/core/rng.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

namespace latent::compression {
namespace {

uint64_t hash_of(const char* text) { return xxh64(std::as_bytes(std::span(text, std::strlen(text)))); }

TEST(Checksum, IsXxh64) {
  EXPECT_EQ(hash_of(""), 0xEF46DB3751D8E999u);  // published test values
  EXPECT_EQ(hash_of("a"), 0xD24EC4F1A98C6E5Bu);
  EXPECT_EQ(hash_of("abc"), 0x44BC2CF5AD770999u);
  EXPECT_NE(hash_of("The quick brown fox jumps over the lazy dog."),
            hash_of("The quick brown fox jumps over the lazy dog,"));
}

struct Symbol {
  Interval interval;
  int bits;
  uint32_t shift;
};

std::vector<Symbol> random_symbols(size_t count, uint64_t seed) {
  Rng rng(seed);
  std::vector<Symbol> symbols;
  for (size_t i = 0; i < count; ++i) {
    const int bits = static_cast<int>(1 + rng.below(RansStack::kMaxBits));
    const uint64_t all = uint64_t{1} << bits,
                   size = 1 + rng.below(rng.below(2) == 0 ? all : std::min<uint64_t>(all, 3));
    symbols.push_back({{static_cast<uint32_t>(rng.below(all - size + 1)), static_cast<uint32_t>(size)},
                       bits,
                       static_cast<uint32_t>(rng.below(all))});
  }
  return symbols;
}

TEST(Rans, WhatIsPushedComesBackInReverse) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<Symbol> symbols = random_symbols(1000, seed);
    RansStack stack = RansStack::empty();
    double information = 0.0;
    for (const Symbol& s : symbols) {
      stack.push(s.interval, s.bits, s.shift);
      information += s.bits - std::log2(s.interval.size);
    }
    // A state of 64 bits, and less than 2^-3 bits lost in each step of at most 28 bits by 31.
    EXPECT_LT(32.0 * static_cast<double>(stack.to_words().size()), information + 64 + 1000 * 0.2);
    auto read = RansStack::from_words(stack.to_words());
    ASSERT_TRUE(read);
    for (size_t i = symbols.size(); i-- > 0;) {
      const auto [interval, bits, shift] = symbols[i];
      ASSERT_GE(read->peek(bits, shift), interval.start);
      ASSERT_LT(read->peek(bits, shift), interval.start + interval.size);
      read->pop(interval, bits, shift);
    }
    EXPECT_TRUE(read->is_empty());
  }
}

TEST(Rans, BitsThatWereTakenComeBack) {
  RansStack stack = RansStack::primed(7);
  std::vector<uint32_t> taken;
  for (int i = 0; i < 50; ++i) {
    taken.push_back(stack.peek(12));
    stack.pop({taken.back(), 1}, 12);
  }
  EXPECT_GT(stack.initial_words(), 10u);
  EXPECT_FALSE(stack.is_back_to(7));
  auto read = RansStack::from_words(stack.to_words());
  ASSERT_TRUE(read);
  for (size_t i = taken.size(); i-- > 0;) read->push({taken[i], 1}, 12);
  EXPECT_TRUE(read->is_back_to(7));
  EXPECT_FALSE(read->is_back_to(8));
}

TEST(Rans, NoticesThatNothingIsLeft) {
  RansStack stack = RansStack::empty();
  for (int i = 0; i < 10; ++i) stack.pop({0, 1}, 20);
  EXPECT_TRUE(stack.overdrawn());
  EXPECT_FALSE(RansStack::from_words(std::vector<uint32_t>{1}));
  EXPECT_FALSE(RansStack::from_words(std::vector<uint32_t>{1, 0}));           // a state below 2^31
  EXPECT_FALSE(RansStack::from_words(std::vector<uint32_t>{0, 0x80000000}));  // above 2^63
}

TEST(ExactMath, IsCloseToTheLibrarys) {
  for (double x = -30.0; x <= 30.0; x += 0.37) {
    EXPECT_NEAR(exact_exp(x) / std::exp(x), 1.0, 1e-13);
    EXPECT_NEAR(exact_normal_cdf(x), 0.5 * std::erfc(-x / std::sqrt(2.0)), 1e-7);
  }
  for (const double p : {1e-4, 0.1, 0.5, 0.77, 0.9999})
    EXPECT_NEAR(exact_normal_cdf(exact_normal_quantile(p)), p, 1e-9);
  EXPECT_GT(exact_exp(std::nan("")), 0.0);
}

TEST(ExactMath, NormalDistributionRises) {
  double last = 0.0;
  for (double x = -9.0; x <= 9.0; x += 1e-3) {
    const double p = exact_normal_cdf(x);
    ASSERT_GE(p, last);
    last = p;
  }
}

TEST(LatentBins, PosteriorsArePartitionsOfAllBins) {
  const LatentBins bins;
  for (const float mu : {-1e9f, 0.3f, 5.0f, std::nanf("")}) {
    for (const float logvar : {-1e9f, -3.0f, 0.0f, std::nanf("")}) {
      const double m = posterior_mu(mu), s = posterior_sigma(logvar);
      uint32_t next = 0;
      for (int32_t bin = 0; bin < LatentBins::kCount; ++bin) {
        const Interval interval = bins.posterior(m, s, bin);
        ASSERT_EQ(interval.start, next);
        ASSERT_GE(interval.size, 1u);
        ASSERT_EQ(bins.find(m, s, interval.start), bin);
        ASSERT_EQ(bins.find(m, s, interval.start + interval.size - 1), bin);
        next += interval.size;
      }
      ASSERT_EQ(next, uint32_t{1} << LatentBins::kPosteriorBits);
    }
  }
}

TEST(LatentBins, DrawsHaveTheMomentsOfThePosterior) {
  const LatentBins bins;
  const double mu = 0.7, sigma = 0.2;
  double mean = 0.0, squares = 0.0;
  constexpr int kDraws = 1 << 16;
  for (int i = 0; i < kDraws; ++i) {  // every 1024th slot
    const auto z = double{bins.centre(bins.find(mu, sigma, static_cast<uint32_t>(i) * 1024 + 512))};
    mean += z / kDraws;
    squares += z * z / kDraws;
  }
  EXPECT_NEAR(mean, mu, 2e-3);  // 0.05% of the mass is spread over all bins
  EXPECT_NEAR(std::sqrt(squares - mean * mean), sigma, 5e-3);
}

}  // namespace
}  // namespace latent::compression
