// UMAP as its users see it: same bits, planted clusters, new points, bad inputs.
#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>
#include <latent/space/maps/map_quality.hpp>
#include <latent/space/maps/umap.hpp>

#include <tests/support/message_of.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace latent::space {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Truly;

constexpr int64_t kClusters = 4;

std::vector<int64_t> cluster_labels(int64_t N) {
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < N; ++i) labels.push_back(i % kClusters);
  return labels;
}

// Clouds of unit variance whose centres are 20 apart or more, or sqrt(2) times another distance.
Tensor clusters(int64_t N, int64_t D, uint64_t seed = 1, float apart = 20.0f) {
  Tensor x = Tensor::empty({N, D});
  Rng(seed).normal(x.span<float>());
  for (int64_t i = 0; i < N; ++i) x.data<float>()[i * D + i % kClusters] += apart;
  return x;
}

Tensor fitted(const Tensor& codes, const UmapOptions& options) {
  const auto layout = make_umap(codes, options);
  layout->step(layout->total_steps());
  EXPECT_TRUE(layout->done());
  return layout->positions();
}

TEST(Umap, PlantedClustersStaySeparate) {
  for (const UmapInit init : {UmapInit::spectral, UmapInit::pca, UmapInit::random}) {
    for (const int64_t dims : {2, 3}) {
      const Tensor x = clusters(400, 6);
      const Tensor map = fitted(x, {.dims = dims, .epochs = 200, .init = init});
      EXPECT_EQ(map.shape(), Shape({400, dims}));
      EXPECT_GE(neighbor_label_accuracy(map, cluster_labels(400), 10), 0.99) << name_of(init);
      // Places within a cluster are not all the same: the cloud keeps an order of its own.
      EXPECT_GE(trustworthiness(x, map, 15), 0.85) << name_of(init);
    }
  }
}

TEST(Umap, SpectralPlacesNeedAConnectedGraph) {
  // So near to each other that some have neighbours in another cluster.
  const Tensor near = clusters(400, 6, 1, 4.0f);
  for (const int64_t dims : {2, 3}) {
    const auto layout = make_umap(near, {.dims = dims, .epochs = 200, .init = UmapInit::spectral});
    EXPECT_EQ(layout->init(), UmapInit::spectral);
    layout->step(200);
    EXPECT_GE(neighbor_label_accuracy(layout->positions(), cluster_labels(400), 10), 0.95);
    EXPECT_GE(trustworthiness(near, layout->positions(), 15), 0.85);
  }
  EXPECT_EQ(make_umap(clusters(400, 6), {.init = UmapInit::spectral})->init(), UmapInit::pca);  // four pieces
  EXPECT_EQ(make_umap(near.rows(0, 63), {.init = UmapInit::spectral})->init(), UmapInit::pca);  // few points
  EXPECT_EQ(make_umap(near, {.init = UmapInit::random})->init(), UmapInit::random);
}

TEST(Umap, ACurvedSheetIsUnrolled) {
  // A roll of one turn and a half: what is near on the sheet is near on the map.
  constexpr int64_t N = 800;
  Tensor x = Tensor::empty({N, 3});
  Rng rng(3);
  for (int64_t i = 0; i < N; ++i) {
    const double t = 4.7 + 9.4 * rng.uniform();
    x.data<float>()[3 * i] = static_cast<float>(t * std::cos(t));
    x.data<float>()[3 * i + 1] = static_cast<float>(21.0 * rng.uniform());
    x.data<float>()[3 * i + 2] = static_cast<float>(t * std::sin(t));
  }
  EXPECT_GE(trustworthiness(x, fitted(x, {}), 15), 0.98);
}

TEST(Umap, PullsAloneMoveNobodyAsAWhole) {
  // What one end of an edge moves, the other moves back: without pushes the mean of each separate piece of the graph
  // stays.
  const Tensor x = clusters(200, 6);  // four pieces
  const auto layout = make_umap(x, {.epochs = 200, .negative_samples = 0});
  const auto means = [&] {
    const std::vector<double> places = layout->positions().to_vector();
    std::vector<double> sums(2 * kClusters, 0.0);
    for (size_t i = 0; i < places.size(); ++i) sums[2 * ((i / 2) % kClusters) + i % 2] += places[i] / 50.0;
    return sums;
  };
  const std::vector<double> before = means();
  layout->step(200);
  const std::vector<double> after = means();
  // Rounding of f32 at places up to 10, in some ten thousand steps.
  for (size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(after[i], before[i], 1e-3) << i;
}

TEST(Umap, SameBitsAtAnyNumberOfThreadsAndHoweverStepsAreDivided) {
  const Tensor x = clusters(1500, 8);
  const UmapOptions options{.epochs = 12, .seed = 7};
  const int threads = num_threads();
  set_num_threads(1);
  const auto one = make_umap(x, options);
  for (int i = 0; i < 12; ++i) one->step(1);
  const Tensor placed = one->transform(clusters(40, 8, 2));
  set_num_threads(available_threads());
  const auto many = make_umap(x, options);
  many->step(5);
  many->step(100);
  EXPECT_EQ(many->steps_done(), 12);
  EXPECT_EQ(one->positions().to_vector(), many->positions().to_vector());
  EXPECT_EQ(placed.to_vector(), many->transform(clusters(40, 8, 2)).to_vector());
  set_num_threads(threads);
  EXPECT_NE(one->positions().to_vector(), fitted(x, {.epochs = 12, .seed = 8}).to_vector());
}

TEST(Umap, TransformPutsKnownPointsNearTheirOwnPlace) {
  const Tensor x = clusters(600, 6);
  const auto layout = make_umap(x, {.epochs = 200});
  layout->step(200);
  const auto old = layout->positions().to_vector();
  const auto placed = layout->transform(x).to_vector();
  double low = old[0], high = old[0];
  for (const double value : old) low = std::min(low, value), high = std::max(high, value);
  int64_t near = 0;
  for (size_t i = 0; i < old.size(); i += 2) {
    // A point is pulled towards its neighbours' places too, which lie within a few hundredths of the map.
    if (std::hypot(old[i] - placed[i], old[i + 1] - placed[i + 1]) < 0.03 * (high - low)) ++near;
  }
  EXPECT_GE(near, 540);
  EXPECT_EQ(layout->positions().to_vector(), old) << "old points stay";
}

TEST(Umap, TransformPutsNewPointsIntoTheirCluster) {
  const Tensor x = clusters(600, 6), more = clusters(80, 6, 9);
  const auto layout = make_umap(x, {.epochs = 200});
  layout->step(200);
  const Tensor placed = layout->transform(more);
  // Each new point has the label of its nearest old points on the map.
  const Neighbors near = nearest(placed, layout->positions(), 5);
  for (int64_t i = 0; i < 80; ++i) {
    for (int64_t j = 0; j < 5; ++j) EXPECT_EQ(near.index.data<int64_t>()[i * 5 + j] % kClusters, i % kClusters) << i;
  }
  // Nobody's place depends on who else is asked for.
  const Tensor alone = layout->transform(more.rows(17, 18));
  EXPECT_EQ(alone.to_vector(), placed.rows(17, 18).to_vector());
  EXPECT_EQ(layout->transform(more.rows(0, 0)).shape(), Shape({0, 2}));
  EXPECT_THROW(layout->transform(clusters(5, 7)), std::invalid_argument);
}

TEST(Umap, StartsFromDataThatGivesNoDirection) {
  for (const UmapInit init : {UmapInit::spectral, UmapInit::pca, UmapInit::random}) {
    for (const Tensor& x : {Tensor::full({100, 3}, 2.0), Tensor::zeros({20, 1})}) {
      const Tensor map = fitted(x, {.epochs = 20, .init = init});
      for (const double value : map.to_vector()) EXPECT_TRUE(std::isfinite(value)) << name_of(init);
    }
  }
  // Most points in one place.
  Tensor x = Tensor::zeros({200, 2});
  Rng(1).normal(x.rows(0, 50).span<float>());
  const auto layout = make_umap(x, {.metric = Metric::cosine, .epochs = 50});
  layout->step(50);
  for (const double value : layout->positions().to_vector()) EXPECT_TRUE(std::isfinite(value));
  for (const double value : layout->transform(x).to_vector()) EXPECT_TRUE(std::isfinite(value));
}

TEST(Umap, CodesOfAnySizeAreMappedAndThoseWithoutDistancesRefused) {
  const Tensor x = clusters(200, 6);
  const auto scaled = [&](float factor) {
    Tensor y = x.clone();
    for (float& value : y.span<float>()) value *= factor;
    return y;
  };
  for (const float factor : {1e-35f, 1e-20f, 1e20f, 1e34f}) {
    const auto layout = make_umap(scaled(factor), {.epochs = 100});
    layout->step(100);
    EXPECT_GE(trustworthiness(x, layout->positions(), 15), 0.85) << factor;
    EXPECT_THAT(layout->transform(scaled(factor)).to_vector(), Each(Truly([](double v) { return std::isfinite(v); })));
  }
  for (const UmapInit init : {UmapInit::spectral, UmapInit::pca, UmapInit::random}) {
    EXPECT_THAT(message_of([&] { make_umap(scaled(1e37f), {.init = init}); }), HasSubstr("divide all by one number"));
  }
  EXPECT_THAT(message_of([&] { make_umap(x)->transform(scaled(1e37f)); }), HasSubstr("divide all by one number"));
  Neighbors near = nearest_others(x, 14);
  near.distance.data<float>()[13] = std::numeric_limits<float>::infinity();
  EXPECT_THAT(message_of([&] { make_umap(x, near); }), HasSubstr("finite distances"));
}

TEST(Umap, SmallestSets) {
  const Tensor x = clusters(3, 4);
  EXPECT_EQ(fitted(x, {.neighbors = 2}).shape(), Shape({3, 2}));
  EXPECT_EQ(fitted(clusters(16, 4), {.neighbors = 15, .negative_samples = 0}).shape(), Shape({16, 2}));
}

TEST(Umap, BadInputsAreRefused) {
  const Tensor x = clusters(20, 4);
  EXPECT_THROW(make_umap(clusters(15, 4)), std::invalid_argument);
  EXPECT_THROW(make_umap(Tensor{}), std::invalid_argument);
  EXPECT_THROW(make_umap(Tensor::zeros({20, 4}, DType::f64)), std::invalid_argument);
  EXPECT_THROW(make_umap(Tensor::zeros({20})), std::invalid_argument);
  EXPECT_THROW(make_umap(x, {.dims = 4}), std::invalid_argument);
  EXPECT_THROW(make_umap(x, {.neighbors = 1}), std::invalid_argument);
  EXPECT_THROW(make_umap(x, {.neighbors = 20}), std::invalid_argument);
  EXPECT_THROW(make_umap(x, {.min_dist = -1.0}), std::invalid_argument);
  EXPECT_THROW(make_umap(x, {.spread = 0.0}), std::invalid_argument);
  EXPECT_THROW(make_umap(x, {.epochs = -1}), std::invalid_argument);
  EXPECT_THROW(make_umap(x, {.negative_samples = -1}), std::invalid_argument);
  EXPECT_THROW(make_umap(x)->step(0), std::invalid_argument);
  EXPECT_THROW(umap_init_from("spectrum"), std::invalid_argument);
  Tensor broken = x.clone();
  broken.data<float>()[9] = std::nanf("");
  try {
    make_umap(broken);
    ADD_FAILURE() << "NaN was taken";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "[umap] finite codes expected, got nan in row 2");
  }
}

}  // namespace
}  // namespace latent::space
