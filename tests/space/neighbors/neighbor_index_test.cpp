#include <latent/space/neighbors/neighbor_index.hpp>
#include <latent/space/neighbors/posterior_neighbors.hpp>

#include <tests/space/brute_force.hpp>

#include <latent/core/threads.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

namespace latent::space {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(NeighborIndexTest, ExactIsNearest) {
  const Tensor x = normal_rows(300, 9, 1), queries = normal_rows(20, 9, 2);
  const auto index = make_index(x, {.metric = Metric::cosine});
  EXPECT_EQ(index->size(), 300);
  const Neighbors found = index->search(queries, 4), right = nearest(queries, x, 4, Metric::cosine);
  EXPECT_EQ(found.index.to_vector(), right.index.to_vector());
  EXPECT_EQ(recall(found, right), 1.0);
  EXPECT_EQ(measured_recall(*index, x, 4), 1.0);
}

TEST(NeighborIndexTest, HnswFindsNearlyAllWithExactDistances) {
  const Tensor x = clustered_rows(2000, 20, 3), queries = clustered_rows(50, 20, 3);
  for (const Metric metric : {Metric::euclidean, Metric::cosine}) {
    const auto index = make_index(x, {.method = IndexMethod::hnsw, .metric = metric});
    const Neighbors found = index->search(queries, 10), right = nearest(queries, x, 10, metric);
    EXPECT_GT(recall(found, right), 0.95);
    EXPECT_GT(measured_recall(*index, x, 10, 100), 0.95);
    for (int64_t i = 0; i < found.index.numel(); ++i) {
      const int64_t q = i / 10, row = found.index.data<int64_t>()[i];
      const double distance = distance_by_hand(queries.data<float>() + q * 20, x.data<float>() + row * 20, 20, metric);
      EXPECT_NEAR(found.distance.data<float>()[i], distance, 1e-6 * (1.0 + distance));
      if (i % 10 > 0) {
        EXPECT_LE(found.distance.data<float>()[i - 1], found.distance.data<float>()[i]);
      }
    }
  }
}

TEST(NeighborIndexTest, HnswRepeatsWithItsSeedAtAnyNumberOfThreads) {
  const int threads = num_threads();
  const Tensor x = clustered_rows(1000, 10, 4);
  const IndexOptions options{
      .method = IndexMethod::hnsw, .links = 4, .build_effort = 10, .search_effort = 10, .seed = 5};
  const Neighbors many = make_index(x, options)->search(x, 5);
  set_num_threads(1);
  const Neighbors one = make_index(x, options)->search(x, 5);
  set_num_threads(threads);
  EXPECT_EQ(many.index.to_vector(), one.index.to_vector());
  EXPECT_LT(recall(many, nearest(x, x, 5)), 1.0);  // with so little effort the graph is not exact: there is a choice
}

TEST(NeighborIndexTest, HnswChoosesTheLeastEffortThatFindsEnough) {
  const Tensor easy = clustered_rows(2000, 3, 6), hard = normal_rows(3000, 60, 7);
  for (const Metric metric : {Metric::euclidean, Metric::cosine}) {
    const auto little = make_index(easy, {.method = IndexMethod::hnsw, .metric = metric});
    const auto much = make_index(hard, {.method = IndexMethod::hnsw, .metric = metric, .links = 5});
    EXPECT_EQ(little->options().search_effort, 32);
    EXPECT_GT(much->options().search_effort, 64);
    EXPECT_GE(measured_recall(*much, hard, 10), kWantedRecall);
    EXPECT_GT(measured_recall(*much, hard, 40), 0.9);
    const auto half = make_index(hard, {.method = IndexMethod::hnsw,
                                        .metric = metric,
                                        .links = 5,
                                        .search_effort = much->options().search_effort / 2});
    EXPECT_LT(measured_recall(*half, hard, 10), kWantedRecall);
  }
  EXPECT_EQ(make_index(normal_rows(1, 4, 1), {.method = IndexMethod::hnsw})->size(), 1);
}

TEST(NeighborIndexTest, HnswAlwaysAnswersInFull) {
  const Tensor same = Tensor::full({200, 3}, 1.0), one = normal_rows(1, 3, 1);
  for (const Tensor& x : {same, one, normal_rows(30, 3, 1)}) {
    const auto index = make_index(x, {.method = IndexMethod::hnsw, .links = 2, .build_effort = 1, .search_effort = 1});
    const Neighbors all = index->search(x, x.dim(0));
    std::vector<double> first = all.index.rows(0, 1).to_vector();
    std::sort(first.begin(), first.end());
    for (size_t i = 0; i < first.size(); ++i) EXPECT_EQ(first[i], static_cast<double>(i));
  }
}

TEST(NeighborIndexTest, HnswIsNotTrappedAmongEqualRows) {
  Tensor x = normal_rows(2000, 20, 3);
  for (int64_t i = 0; i < 2000; i += 10) std::fill_n(x.data<float>() + i * 20, 20, i % 20 == 0 ? 0.0F : -0.0F);
  // For cosine, rows of one direction are one point, too.
  for (int64_t i = 5; i < 2000; i += 10) {
    for (int64_t d = 0; d < 20; ++d)
      x.data<float>()[i * 20 + d] = std::ldexp(x.data<float>()[20 + d], static_cast<int>(i % 7));
  }
  const Tensor queries = normal_rows(100, 20, 4);
  for (const Metric metric : {Metric::euclidean, Metric::cosine}) {
    const auto index = make_index(x, {.method = IndexMethod::hnsw, .metric = metric});
    EXPECT_GT(recall(index->search(queries, 10), nearest(queries, x, 10, metric)), 0.95);
    EXPECT_GT(measured_recall(*index, x, 10, 199), 0.95);
    // Among equal rows, those with smaller indices come first, as in an exact search.
    for (const int64_t one : {1, 10}) {
      if (one == 10 && metric == Metric::cosine) continue;  // to a row of zeros all are equally far
      const Tensor query = x.rows(one, one + 1);
      EXPECT_EQ(index->search(query, 10).index.to_vector(), nearest(query, x, 10, metric).index.to_vector());
    }
  }
}

TEST(NeighborIndexTest, RecallByHand) {
  const auto neighbors = [](const std::vector<int64_t>& index, const std::vector<float>& distance) {
    return Neighbors{.index = Tensor::from(index, {2, 2}), .distance = Tensor::from(distance, {2, 2})};
  };
  const Neighbors exact = neighbors({1, 2, 5, 6}, {1, 2, 3, 3});
  EXPECT_EQ(recall(neighbors({1, 3, 5, 7}, {1, 4, 3, 3}), exact), 0.75);  // 7 is as near as 6
  EXPECT_THROW(recall(exact, {.index = Tensor::zeros({1, 2}, DType::i64), .distance = {}}), std::invalid_argument);
}

TEST(NeighborIndexTest, WrongCalls) {
  const Tensor x = normal_rows(10, 3, 1);
  EXPECT_THROW(make_index(Tensor::empty({0, 3})), std::invalid_argument);
  EXPECT_THROW(make_index(x.to(DType::f64)), std::invalid_argument);
  EXPECT_THROW(make_index(x, {.links = 1}), std::invalid_argument);
  Tensor bad = x.clone();
  bad.data<float>()[3] = std::numeric_limits<float>::infinity();
  EXPECT_THROW(make_index(bad, {.method = IndexMethod::hnsw}), std::invalid_argument);
  const auto index = make_index(x, {.method = IndexMethod::hnsw});
  EXPECT_THROW(index->search(bad, 2), std::invalid_argument);
  EXPECT_THROW(index->search(x, 11), std::invalid_argument);
  EXPECT_THROW(index->search(normal_rows(2, 4, 1), 1), std::invalid_argument);
  EXPECT_THROW(measured_recall(*index, x, 10), std::invalid_argument);
  EXPECT_EQ(name_of(index_method_from("hnsw")), "hnsw");
  EXPECT_THROW(index_method_from("hnws"), std::invalid_argument);
}

// --- posteriors ---

Tensor row(const std::vector<float>& values) { return Tensor::from(values, {1, static_cast<int64_t>(values.size())}); }

Posteriors random_posteriors(int64_t N, int64_t D, uint64_t seed) {
  Posteriors p{normal_rows(N, D, seed), normal_rows(N, D, seed + 100)};
  for (float& value : p.stddev.span<float>()) value = std::exp(value);
  return p;
}

// KL(p || q) of Gaussians as every textbook has it.
double kl(const Posteriors& p, int64_t i, const Posteriors& q, int64_t j) {
  const int64_t D = p.mu.dim(1);
  double sum = 0.0;
  for (int64_t d = 0; d < D; ++d) {
    const double m = p.mu.data<float>()[i * D + d], n = q.mu.data<float>()[j * D + d];
    const double s = p.stddev.data<float>()[i * D + d], t = q.stddev.data<float>()[j * D + d];
    sum += std::log(t / s) + (s * s + (m - n) * (m - n)) / (2.0 * t * t) - 0.5;
  }
  return sum;
}

TEST(PosteriorNeighborsTest, DistancesByHand) {
  const Posteriors p{row({0, 1}), row({1, 2})}, q{row({3, 1}), row({1, 6})};
  // Dimension 0: 3^2 (1 + 1) / 2 = 9; dimension 1: (4 - 36)^2 / (4 * 36) / 2 = 32 / 9.
  EXPECT_NEAR(distances(p, q, PosteriorMetric::kl).item(), 9.0 + 32.0 / 9.0, 1e-12);
  EXPECT_NEAR(distances(p, q, PosteriorMetric::wasserstein).item(), 5.0, 1e-12);
  EXPECT_EQ(distances(p, p, PosteriorMetric::kl).item(), 0.0);
}

TEST(PosteriorNeighborsTest, KlIsTheSumOfBothDirections) {
  const Posteriors p = random_posteriors(20, 5, 1), q = random_posteriors(20, 5, 2);
  const Tensor found = distances(p, q, PosteriorMetric::kl);
  for (int64_t i = 0; i < 20; ++i) {
    const double right = kl(p, i, q, i) + kl(q, i, p, i);
    EXPECT_NEAR(found.to_vector()[static_cast<size_t>(i)] / right, 1.0, 1e-10);
  }
}

TEST(PosteriorNeighborsTest, NearestAreTheSmallestDistances) {
  const Posteriors queries = random_posteriors(70, 6, 3), base = random_posteriors(1100, 6, 4);
  for (const PosteriorMetric metric : {PosteriorMetric::kl, PosteriorMetric::wasserstein}) {
    const Neighbors found = nearest(queries, base, 4, metric);
    for (int64_t i = 0; i < 70; ++i) {
      Posteriors repeated{Tensor::empty({1100, 6}), Tensor::empty({1100, 6})};
      for (int64_t j = 0; j < 1100; ++j) {
        repeated.mu.rows(j, j + 1).copy_from(queries.mu.rows(i, i + 1));
        repeated.stddev.rows(j, j + 1).copy_from(queries.stddev.rows(i, i + 1));
      }
      std::vector<double> all = distances(repeated, base, metric).to_vector();
      for (int64_t j = 0; j < 4; ++j) {
        const auto index = static_cast<size_t>(found.index.data<int64_t>()[i * 4 + j]);
        EXPECT_NEAR(found.distance.data<float>()[i * 4 + j] / all[index], 1.0, 1e-6);
      }
      std::sort(all.begin(), all.end());
      for (size_t j = 0; j < 4; ++j) {
        EXPECT_NEAR(found.distance.to_vector()[static_cast<size_t>(i) * 4 + j] / all[j], 1.0, 1e-6);
      }
    }
  }
}

TEST(PosteriorNeighborsTest, PointsHaveAWassersteinDistanceAndNoKl) {
  const Posteriors points{row({3, 4}), row({0, 0})}, origin{row({0, 0}), row({0, 0})};
  EXPECT_EQ(distances(points, origin, PosteriorMetric::wasserstein).item(), 5.0);
  EXPECT_THROW(nearest(points, origin, 1, PosteriorMetric::kl), std::invalid_argument);
}

TEST(PosteriorNeighborsTest, WrongCalls) {
  const Posteriors p = random_posteriors(3, 2, 1);
  EXPECT_THROW(nearest(p, p, 4, PosteriorMetric::kl), std::invalid_argument);
  EXPECT_THROW(nearest(p, random_posteriors(3, 4, 1), 1, PosteriorMetric::kl), std::invalid_argument);
  EXPECT_THROW(nearest({p.mu, Tensor()}, p, 1, PosteriorMetric::wasserstein), std::invalid_argument);
  Posteriors negative{p.mu, p.stddev.clone()};
  negative.stddev.data<float>()[0] = -1.0F;
  EXPECT_THROW(nearest(negative, p, 1, PosteriorMetric::wasserstein), std::invalid_argument);
  EXPECT_EQ(name_of(posterior_metric_from("wasserstein")), "wasserstein");
  try {
    posterior_metric_from("waserstein");
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_THAT(e.what(), HasSubstr("did you mean 'wasserstein'"));
  }
}

}  // namespace
}  // namespace latent::space
