#include <latent/space/neighbors/retrieval.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace latent::space {
namespace {

constexpr double kExact = 1e-12;

Tensor places(const std::vector<float>& values) {
  return Tensor::from(values, {static_cast<int64_t>(values.size()), 1});
}

TEST(Retrieval, IsTheMeanOfAveragePrecisions) {
  const Tensor base = places({0, 1, 2, 3});
  const std::vector<int64_t> classes = {0, 1, 0, 1};
  // Row 0 ranks 1 (no), 2 (yes), 3 (no): 1/2. Row 3 ranks 2 (no), 1 (yes), 0: 1/2.
  const std::vector<int64_t> ends = {0, 3}, of_ends = {0, 1};
  EXPECT_NEAR(mean_average_precision(places({0, 3}), of_ends, base, classes, ends), 0.5, kExact);
  // Others: from -1 the rows of class 0 are first and third: (1/1 + 2/3) / 2; those of class 1 second and fourth.
  const std::vector<int64_t> of_others = {0, 1};
  EXPECT_NEAR(mean_average_precision(places({-1, -1}), of_others, base, classes),
              0.5 * ((1.0 + 2.0 / 3) / 2 + (1.0 / 2 + 2.0 / 4) / 2), kExact);
}

TEST(Retrieval, WhatHasNoClassDoesNotCount) {
  const Tensor base = places({0, 1, 5});
  const std::vector<int64_t> classes = {0, -1, 0};
  const std::vector<int64_t> some = {0, -1, 4};
  EXPECT_NEAR(mean_average_precision(places({0, 0, 0}), some, base, classes), (1.0 + 2.0 / 3) / 2, kExact);
  const std::vector<int64_t> unknown = {-1};
  EXPECT_TRUE(std::isnan(mean_average_precision(places({0}), unknown, base, classes)));
  const std::vector<int64_t> same = {0, 0, 0}, first = {0};
  EXPECT_EQ(mean_average_precision(places({0}), first, base, same), 1.0);
}

TEST(Retrieval, EqualDistancesShareARankAndCosineLooksAtDirections) {
  const std::vector<int64_t> query = {1}, classes = {1, 0};
  EXPECT_NEAR(mean_average_precision(places({0}), query, places({1, -1}), classes), 0.5, kExact);
  EXPECT_NEAR(mean_average_precision(places({2}), query, places({9, -1}), classes, {}, Metric::cosine), 1.0, kExact);
}

TEST(Retrieval, RefusesOtherLengths) {
  const std::vector<int64_t> one = {0}, two = {0, 1};
  EXPECT_THROW(mean_average_precision(places({0}), two, places({0, 1}), two), std::invalid_argument);
  EXPECT_THROW(mean_average_precision(places({0}), one, places({0, 1}), one), std::invalid_argument);
  EXPECT_THROW(mean_average_precision(places({0}), one, places({0, 1}), two, two), std::invalid_argument);
  EXPECT_THROW(mean_average_precision(Tensor::zeros({1, 2}), one, places({0, 1}), two), std::invalid_argument);
}

}  // namespace
}  // namespace latent::space
