#include <latent/core/allocator.hpp>
#include <latent/core/names.hpp>
#include <latent/core/rng.hpp>
#include <latent/core/tensor.hpp>
#include <latent/core/threads.hpp>

#include <gtest/gtest.h>
#include <tests/support/sanitizers.hpp>
#ifdef LATENT_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <numeric>

namespace latent {
namespace {

TEST(Philox, MatchesTheKnownAnswersOfItsAuthors) {
  // Random123's kat_vectors: philox4x32 10 rounds, counter and key all zero, then all ones.
  EXPECT_EQ(philox(0, 0, 0), (std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const uint64_t ones = ~uint64_t{0};
  EXPECT_EQ(philox(ones, ones, ones), (std::array<uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
}

TEST(Rng, NormalsHaveMomentsWithinTheErrorOfTheirNumber) {
  constexpr size_t kDraws = 200'000;
  std::vector<float> draws(kDraws);
  Rng(3).normal(draws);
  double mean = 0.0, square = 0.0, fourth = 0.0;
  for (const double x : draws) mean += x, square += x * x, fourth += x * x * x * x;
  // Five standard errors: sqrt(1/n), sqrt(2/n), sqrt(96/n).
  const double n = kDraws;
  EXPECT_NEAR(mean / n, 0.0, 5 * std::sqrt(1 / n));
  EXPECT_NEAR(square / n, 1.0, 5 * std::sqrt(2 / n));
  EXPECT_NEAR(fourth / n, 3.0, 5 * std::sqrt(96 / n));
}

TEST(Rng, NormalsAreTheSameWithAnyNumberOfThreads) {
  const auto draws = [](int threads) {
    const int before = num_threads();
    set_num_threads(threads);
    std::vector<float> values(10'001);
    Rng rng(9);
    rng.normal(values);
    values.push_back(static_cast<float>(rng.uniform()));  // what comes next is the same too
    set_num_threads(before);
    return values;
  };
  EXPECT_EQ(draws(1), draws(available_threads()));
}

TEST(Rng, ADrawDependsOnItsPositionAlone) {
  std::vector<float> all(64), later(32);
  Rng(5).normal(all);
  Rng rng(Rng::State{5, 0, 8});
  rng.normal(later);
  EXPECT_TRUE(std::equal(later.begin(), later.end(), all.begin() + 32));
  EXPECT_EQ(rng.state().block, 16u);
}

TEST(Rng, ForksAreDifferentTapes) {
  std::vector<float> a(8), b(8), c(8);
  Rng(5).fork(1).normal(a);
  Rng(5).fork(2).normal(b);
  Rng(5).fork(1).normal(c);
  EXPECT_NE(a, b);
  EXPECT_EQ(a, c);
}

TEST(Rng, PermutationHoldsEveryNumberOnceAndBelowIsUniform) {
  auto order = Rng(9).permutation(1000);
  std::vector<int64_t> sorted(1000);
  std::iota(sorted.begin(), sorted.end(), 0);
  EXPECT_NE(order, sorted);
  std::ranges::sort(order);
  EXPECT_EQ(order, sorted);
  std::array<int, 6> counts{};
  Rng rng(1);
  for (int i = 0; i < 60'000; ++i) ++counts[rng.below(6)];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 5 * std::sqrt(60'000 * (1.0 / 6) * (5.0 / 6)));
  EXPECT_THROW(rng.below(0), std::invalid_argument);
}

TEST(Shape, CountsAndRefuses) {
  EXPECT_EQ((Shape{2, 3, 4}).numel(), 24);
  EXPECT_EQ(Shape().numel(), 1);
  EXPECT_EQ((Shape{2, 3})[-1], 3);
  EXPECT_EQ((Shape{2, 3}).str(), "(2, 3)");
  EXPECT_EQ((Shape{2, 3}).prepend(5), (Shape{5, 2, 3}));
  EXPECT_EQ((Shape{2, 3}).tail(), Shape{3});
  EXPECT_THROW((Shape{-1}), std::invalid_argument);
  EXPECT_THROW((Shape{int64_t{1} << 40, int64_t{1} << 40}), std::invalid_argument);
  EXPECT_THROW((Shape{2})[1], std::invalid_argument);
}

TEST(Tensor, CopiesShareAndClonesDoNot) {
  Tensor a = Tensor::from(std::vector<float>{1, 2, 3, 4}, Shape{2, 2});
  Tensor shared = a, own = a.clone();
  a.data<float>()[0] = 9;
  EXPECT_EQ(shared.to_vector()[0], 9);
  EXPECT_EQ(own.to_vector()[0], 1);
  EXPECT_EQ(a.rows(1, 2).to_vector(), (std::vector<double>{3, 4}));
  EXPECT_THROW(a.data<double>(), std::invalid_argument);
  EXPECT_THROW(a.item(), std::invalid_argument);
  EXPECT_THROW(Tensor().shape(), std::invalid_argument);
  EXPECT_THROW(a.view_as(Shape{3}), std::invalid_argument);
}

TEST(Tensor, ConversionsSaturateAndRound) {
  const Tensor x = Tensor::from(std::vector<double>{-5.5, 300.0, 7.9, std::nan("")}, Shape{4});
  EXPECT_EQ(x.to(DType::u8).to_vector(), (std::vector<double>{0, 255, 7, 0}));
  // 1 + 2^-8 lies between the bf16 numbers 1 and 1 + 2^-7: the tie goes to the even one.
  EXPECT_EQ(Tensor::full(Shape{1}, 1.0 + 0x1p-8, DType::bf16).item(), 1.0);
  EXPECT_EQ(Tensor::full(Shape{1}, 1.0 + 3 * 0x1p-8, DType::bf16).item(), 1.0 + 0x1p-6);
}

TEST(Allocator, GivesBlocksBackToItsCache) {
  release_cached_memory();
  EXPECT_EQ(cached_bytes(), 0u);
  const void* first = nullptr;
  {
    const auto block = allocate(1000);
    first = block.get();
    EXPECT_EQ(reinterpret_cast<uintptr_t>(first) % 64, 0u);
  }
  EXPECT_GE(cached_bytes(), 1000u);
  EXPECT_EQ(allocate(1000).get(), first);
  release_cached_memory();
  EXPECT_EQ(cached_bytes(), 0u);
}

TEST(Allocator, AddressSanitizerSeesTheEndOfABlockAndWhatIsFreed) {
#ifdef LATENT_ADDRESS_SANITIZER
  const std::byte* freed = nullptr;
  {
    const auto block = allocate(1001);  // its class has 1024 bytes
    freed = block.get();
    EXPECT_EQ(__asan_region_is_poisoned(block.get(), 1001), nullptr);
    EXPECT_TRUE(__asan_address_is_poisoned(block.get() + 1001));
    EXPECT_TRUE(__asan_address_is_poisoned(block.get() + 1023));
  }
  EXPECT_TRUE(__asan_address_is_poisoned(freed));
  const auto again = allocate(1010);
  ASSERT_EQ(again.get(), freed);
  EXPECT_EQ(__asan_region_is_poisoned(again.get(), 1010), nullptr);
#else
  GTEST_SKIP() << "only AddressSanitizer looks";
#endif
}

TEST(Threads, RangesCoverEverythingOnce) {
  for (const int64_t n : {0, 1, 15, 17, 1000, 100'001}) {
    std::vector<std::atomic<int>> hits(static_cast<size_t>(n));
    parallel_for(n, 10, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) ++hits[static_cast<size_t>(i)];
    });
    for (const auto& hit : hits) EXPECT_EQ(hit, 1);
  }
  EXPECT_THROW(set_num_threads(0), std::invalid_argument);
  EXPECT_THROW(set_num_threads(available_threads() + 1), std::invalid_argument);
}

TEST(Names, TheNearestIsSuggested) {
  const std::vector<std::string_view> valid = {"bernoulli", "gaussian", "laplace"};
  EXPECT_EQ(nearest_name("guassian", valid), "gaussian");
  EXPECT_EQ(nearest_name("BERNOULI", valid), "bernoulli");
  EXPECT_EQ(nearest_name("xyz", valid), "");
  try {
    unknown_name("likelihood", "laplce", valid);
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(),
                 "unknown likelihood 'laplce' (did you mean 'laplace'?); valid: bernoulli, gaussian, laplace");
  }
}

}  // namespace
}  // namespace latent
