#include <latent/core/shuffle.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace latent {
namespace {

std::vector<int64_t> all_of(const Shuffle& shuffle) {
  std::vector<int64_t> order(static_cast<size_t>(shuffle.size()));
  shuffle.read(0, order);
  return order;
}

TEST(Shuffle, IsThePermutationOfTheTapeForFewThings) {
  for (const int64_t n : {0, 1, 2, 17, 1000}) EXPECT_EQ(all_of(Shuffle(n, Rng(3))), Rng(3).permutation(n));
}

TEST(Shuffle, HoldsEveryNumberOnceAlsoWhenItIsComputed) {
  // Just above the limit, a power of two, just above and below one, and in between.
  const int64_t limit = Shuffle::kListed;
  for (const int64_t n : {limit + 1, 2 * limit - 1, 2 * limit, 2 * limit + 1, 3 * limit + 12345}) {
    std::vector<int64_t> order = all_of(Shuffle(n, Rng(5)));
    std::sort(order.begin(), order.end());
    std::vector<int64_t> numbers(static_cast<size_t>(n));
    std::iota(numbers.begin(), numbers.end(), int64_t{0});
    EXPECT_TRUE(order == numbers) << n;
  }
}

TEST(Shuffle, TapesGiveOrdersThatHaveNothingToDoWithEachOtherOrWithTheNumbers) {
  const int64_t n = 2 * Shuffle::kListed + 1;
  const std::vector<int64_t> a = all_of(Shuffle(n, Rng(1))), b = all_of(Shuffle(n, Rng(2)));
  // Correlations of independent orders have a standard deviation of n^-1/2: five of them are allowed.
  const double allowed = 5.0 / std::sqrt(static_cast<double>(n));
  const auto correlation = [&](const auto& x, const auto& y) {
    const double mean = (static_cast<double>(n) - 1.0) / 2.0, variance = (static_cast<double>(n) * n - 1.0) / 12.0;
    double sum = 0.0;
    for (int64_t i = 0; i < n; ++i) sum += (static_cast<double>(x(i)) - mean) * (static_cast<double>(y(i)) - mean);
    return sum / static_cast<double>(n) / variance;
  };
  const auto place = [](int64_t i) { return i; };
  const auto in = [](const std::vector<int64_t>& order, int64_t ahead) {
    return [&order, ahead](int64_t i) { return order[static_cast<size_t>((i + ahead) % n)]; };
  };
  EXPECT_LT(std::abs(correlation(place, in(a, 0))), allowed);
  EXPECT_LT(std::abs(correlation(in(a, 0), in(a, 1))), allowed);
  EXPECT_LT(std::abs(correlation(in(a, 0), in(b, 0))), allowed);
  // A random order keeps one number in its place on average.
  int64_t kept = 0;
  for (int64_t i = 0; i < n; ++i) kept += a[static_cast<size_t>(i)] == i ? 1 : 0;
  EXPECT_LE(kept, 8);
}

}  // namespace
}  // namespace latent
