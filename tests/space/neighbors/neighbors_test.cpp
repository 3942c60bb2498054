#include <latent/space/neighbors/neighbors.hpp>

#include <tests/space/brute_force.hpp>

#include <latent/core/threads.hpp>

#include <gmock/gmock.h>

#include <limits>

namespace latent::space {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Tensor rows(const std::vector<float>& values, int64_t D) {
  return Tensor::from(values, {static_cast<int64_t>(values.size()) / D, D});
}

TEST(NeighborsTest, ByHand) {
  const Tensor base = rows({0, 0, 3, 4, 0, 1, -6, -8}, 2), queries = rows({0, 0, 3, 3}, 2);
  const Neighbors found = nearest(queries, base, 3);
  EXPECT_THAT(found.index.to_vector(), ElementsAre(0, 2, 1, 1, 2, 0));
  EXPECT_THAT(found.distance.rows(0, 1).to_vector(), ElementsAre(0, 1, 5));
  const Neighbors others = nearest_others(base, 2);
  EXPECT_THAT(others.index.to_vector(), ElementsAre(2, 1, 2, 0, 0, 1, 0, 2));
}

TEST(NeighborsTest, CosineLooksAtDirections) {
  const Tensor base = rows({10, 0, 0, 2, 1, 1, 0, 0, -5, 0}, 2), queries = rows({0.5F, 0}, 2);
  const Neighbors found = nearest(queries, base, 5, Metric::cosine);
  EXPECT_THAT(found.index.to_vector(), ElementsAre(0, 2, 1, 3, 4));  // zeros are as far as a right angle
  const std::vector<double> distance = found.distance.to_vector();
  EXPECT_EQ(distance[0], 0.0);
  EXPECT_NEAR(distance[1], 1.0 - std::sqrt(0.5), 1e-7);
  EXPECT_EQ(distance[2], 1.0);
  EXPECT_EQ(distance[3], 1.0);
  EXPECT_EQ(distance[4], 2.0);
}

TEST(NeighborsTest, ARowIsNotItsOwnNeighbourButItsDuplicateIs) {
  const Tensor x = rows({1, 2, 1, 2, 5, 5, 1, 2}, 2);
  EXPECT_THAT(nearest_others(x, 2).index.to_vector(), ElementsAre(1, 3, 0, 3, 0, 1, 0, 1));
}

TEST(NeighborsTest, ManyRowsOfEveryKind) {
  // Large enough for the filtered way, with rows left over from every block.
  for (const int64_t D : {1, 2, 3, 20, 130}) {
    SCOPED_TRACE(D);
    const Tensor x = clustered_rows(1500, D, 7), queries = clustered_rows(201, D, 11);
    for (const Metric metric : {Metric::euclidean, Metric::cosine}) {
      expect_exact(nearest_others(x, 7, metric), x, x, metric, Own::left_out);
      expect_exact(nearest(queries, x, 7, metric), queries, x, metric, Own::allowed);
    }
  }
}

TEST(NeighborsTest, TheSameAtAnyNumberOfThreads) {
  const int threads = num_threads();
  const Tensor x = clustered_rows(3000, 100, 3);
  const Neighbors many = nearest_others(x, 10);
  set_num_threads(1);
  const Neighbors one = nearest_others(x, 10);
  set_num_threads(threads);
  EXPECT_EQ(one.index.to_vector(), many.index.to_vector());
  EXPECT_EQ(one.distance.to_vector(), many.distance.to_vector());
}

TEST(NeighborsTest, MetricNames) {
  EXPECT_EQ(metric_from("euclidean"), Metric::euclidean);
  EXPECT_EQ(metric_from("cosine"), Metric::cosine);
  EXPECT_EQ(name_of(Metric::cosine), "cosine");
  try {
    metric_from("cosin");
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_THAT(e.what(), HasSubstr("did you mean 'cosine'"));
  }
}

TEST(NeighborsTest, WrongCalls) {
  const Tensor x = normal_rows(10, 3, 1);
  EXPECT_THROW(nearest(x, x, 0), std::invalid_argument);
  EXPECT_THROW(nearest(x, x, 11), std::invalid_argument);
  EXPECT_THROW(nearest_others(x, 10), std::invalid_argument);
  EXPECT_THROW(nearest(x, normal_rows(10, 4, 1), 1), std::invalid_argument);
  EXPECT_THROW(nearest(x.to(DType::f64), x, 1), std::invalid_argument);
  EXPECT_THROW(nearest(Tensor(), x, 1), std::invalid_argument);
  EXPECT_EQ(nearest(Tensor::empty({0, 3}), x, 2).index.shape(), Shape({0, 2}));
}

TEST(NeighborsTest, WhatIsNotFiniteIsRefused) {
  for (const int64_t N : {20, 2000}) {
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      Tensor x = normal_rows(N, 8, 1);
      x.data<float>()[37] = bad;
      EXPECT_THROW(nearest_others(x, 3), std::invalid_argument);
    }
  }
}

}  // namespace
}  // namespace latent::space
