#include <latent/space/neighbors/precision_recall.hpp>

#include <latent/core/rng.hpp>
#include <latent/space/neighbors/neighbors.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace latent::space {
namespace {

Tensor column(const std::vector<float>& values) {
  return Tensor::from(values, {static_cast<int64_t>(values.size()), 1});
}

Tensor gaussian(int64_t rows, int64_t dims, double mean, double stddev, uint64_t seed) {
  Tensor x = Tensor::empty({rows, dims});
  Rng rng(seed);
  rng.normal(x.span<float>());
  for (float& value : x.span<float>()) value = static_cast<float>(mean + stddev * value);
  return x;
}

// What the paper says, row by row, in double.
double plain_share(const Tensor& queries, const Tensor& centers, int64_t k) {
  const Tensor reach = nearest_others(centers, k).distance;
  int64_t inside = 0;
  for (int64_t i = 0; i < queries.dim(0); ++i) {
    bool found = false;
    for (int64_t j = 0; j < centers.dim(0); ++j) {
      double square = 0.0;
      for (int64_t d = 0; d < queries.dim(1); ++d) {
        square += std::pow(
            double{queries.data<float>()[i * queries.dim(1) + d]} - centers.data<float>()[j * queries.dim(1) + d], 2);
      }
      found = found || static_cast<float>(std::sqrt(square)) <= reach.data<float>()[j * k + k - 1];
    }
    inside += found ? 1 : 0;
  }
  return static_cast<double>(inside) / static_cast<double>(queries.dim(0));
}

TEST(PrecisionRecall, OfSetsMadeByHand) {
  // Spheres about the real rows 0, 1, 10, 12 with k = 1: [-1, 1], [0, 2], [8, 12], [10, 14].
  const Tensor real = column({0, 1, 10, 12});
  // 2 and 14 are just on a sphere; 5 and -2 are outside.
  const Tensor generated = column({2, 14, 5, -2});
  const PrecisionRecall found = precision_recall(real, generated, 1);
  EXPECT_EQ(found.precision, 0.5);
  // Nearest others: 2 -> 5 (3), 14 -> 5 (9), 5 -> 2 (3), -2 -> 2 (4): [-1, 5], [5, 23], [2, 8], [-6, 2] hold all.
  EXPECT_EQ(found.recall, 1.0);
  EXPECT_EQ(precision_recall(real, real, 1).precision, 1.0);
  const PrecisionRecall apart = precision_recall(real, column({100, 101, 103, 107}), 2);
  EXPECT_EQ(apart.precision, 0.0);
  EXPECT_EQ(apart.recall, 0.0);
}

TEST(PrecisionRecall, RepeatedRowsHaveSpheresOfNothingThatHoldThemselves) {
  const Tensor real = column({1, 1, 5, 5}), generated = column({1, 1, 1, 6});
  const PrecisionRecall found = precision_recall(real, generated, 1);
  EXPECT_EQ(found.precision, 0.75);
  EXPECT_EQ(found.recall, 1.0);  // 6's nearest is 1: its sphere holds 5
}

TEST(PrecisionRecall, IsWhatThePlainLoopFindsOnOddSizes) {
  for (const auto& [N, M, D] : {std::array<int64_t, 3>{17, 129, 7}, {129, 65, 33}, {1030, 70, 3}}) {
    const Tensor real = gaussian(N, D, 5.0, 1.0, 1), generated = gaussian(M, D, 5.3, 0.8, 2);
    for (const int64_t k : {1, 3}) {
      const PrecisionRecall found = precision_recall(real, generated, k);
      EXPECT_DOUBLE_EQ(found.precision, plain_share(generated, real, k));
      EXPECT_DOUBLE_EQ(found.recall, plain_share(real, generated, k));
    }
  }
}

TEST(PrecisionRecall, ANarrowSetIsPreciseAndAWideOneRecalls) {
  const Tensor real = gaussian(600, 4, 0.0, 1.0, 1);
  const PrecisionRecall narrow = precision_recall(real, gaussian(600, 4, 0.0, 0.2, 2));
  const PrecisionRecall wide = precision_recall(real, gaussian(600, 4, 0.0, 3.0, 3));
  EXPECT_GT(narrow.precision, 0.95);
  EXPECT_LT(narrow.recall, 0.3);
  EXPECT_LT(wide.precision, 0.4);
  EXPECT_GT(wide.recall, 0.9);
}

TEST(PrecisionRecall, RefusesWhatHasNoNeighbours) {
  EXPECT_THROW(precision_recall(column({1, 2, 3}), column({1, 2, 3, 4}), 3), std::invalid_argument);
  EXPECT_THROW(precision_recall(column({1, 2, 3}), column({1, 2, 3}), 0), std::invalid_argument);
  EXPECT_THROW(precision_recall(column({1, 2, 3}), Tensor::zeros({3, 2}), 1), std::invalid_argument);
  EXPECT_THROW(precision_recall(column({1, 2, std::numeric_limits<float>::infinity()}), column({1, 2, 3}), 1),
               std::invalid_argument);
}

}  // namespace
}  // namespace latent::space
