// The graph that UMAP lays out, its curve and its eigenvectors: against umap-learn, by hand, by properties.
#include <latent/core/rng.hpp>
#include <latent/formats/npy.hpp>
#include <latent/space/maps/spectral.hpp>
#include <latent/space/maps/umap.hpp>
#include <latent/space/maps/umap_graph.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numbers>

namespace latent::space {
namespace {

std::map<std::string, Tensor> golden() {
  std::map<std::string, Tensor> arrays;
  for (auto& [name, tensor] : read_npz(MappedFile::open(LATENT_TEST_DATA "/golden/umap_graph/graph.npz")))
    arrays[name] = tensor;
  return arrays;
}

std::vector<double> dense(const Graph& graph) {
  const auto N = static_cast<size_t>(graph.rows());
  std::vector<double> matrix(N * N);
  for (size_t i = 0; i < N; ++i) {
    for (auto e = static_cast<size_t>(graph.begin[i]); e < static_cast<size_t>(graph.begin[i + 1]); ++e) {
      matrix[i * N + static_cast<size_t>(graph.column[e])] = graph.value[e];
    }
  }
  return matrix;
}

TEST(UmapGraph, ScalesAndWeightsAreThoseOfUmapLearn) {
  // umap-learn computes in f32 and stops its search within 1e-5 of the sum.
  constexpr double kSearch = 2e-4;
  // 1 - cos of rows that are nearly parallel keeps few digits in f32, in scikit-learn as here.
  constexpr double kCosine = 3e-3;
  const auto arrays = golden();
  for (const auto& [name, metric] :
       {std::pair<std::string, Metric>{"euclidean", Metric::euclidean}, {"cosine", Metric::cosine}}) {
    const Neighbors given{arrays.at(name + "_index"), arrays.at(name + "_distance")};
    const SmoothScales scales = smooth_scales(given.distance);
    const auto sigma = arrays.at(name + "_sigma").to_vector(), rho = arrays.at(name + "_rho").to_vector();
    for (size_t i = 0; i < sigma.size(); ++i) {
      EXPECT_NEAR(scales.rho[i], rho[i], 1e-7);
      EXPECT_NEAR(scales.sigma[i], sigma[i], kSearch * sigma[i]);
    }
    const double tolerance = metric == Metric::cosine ? kCosine : kSearch;
    const auto expected = arrays.at(name + "_graph").to_vector();
    // From given neighbours, and from those that we find.
    for (const Graph& graph :
         {fuzzy_union(given), fuzzy_union(nearest_others(arrays.at("x"), given.index.dim(1), metric))}) {
      const auto weights = dense(graph);
      ASSERT_EQ(weights.size(), expected.size());
      for (size_t i = 0; i < weights.size(); ++i) EXPECT_NEAR(weights[i], expected[i], tolerance) << name << " " << i;
    }
  }
}

TEST(UmapGraph, ScalesGrowWithTheDistances) {
  Tensor x = Tensor::empty({60, 3});
  Rng(5).normal(x.span<float>());
  const Tensor distance = nearest_others(x, 9).distance;
  const std::vector<double> one = smooth_scales(distance).sigma, one_new = transform_scales(distance);
  for (const float factor : {1e-30f, 1e-10f, 1e10f, 1e30f}) {
    Tensor scaled = distance.clone();
    for (float& d : scaled.span<float>()) d *= factor;
    const std::vector<double> many = smooth_scales(scaled).sigma, many_new = transform_scales(scaled);
    for (size_t i = 0; i < one.size(); ++i) {
      constexpr double kSearch = 1e-4;
      EXPECT_NEAR(many[i] / factor / one[i], 1.0, kSearch);
      EXPECT_NEAR(many_new[i] / factor / one_new[i], 1.0, kSearch);
    }
  }
}

TEST(UmapGraph, CurveIsThatOfUmapLearn) {
  const Tensor curves = golden().at("curves");
  const auto values = curves.to_vector();
  for (size_t i = 0; i < values.size(); i += 4) {
    const UmapCurve curve = fit_umap_curve(values[i], values[i + 1]);
    constexpr double kStops = 1e-5;  // where two least-squares searches end
    EXPECT_NEAR(curve.a, values[i + 2], kStops * values[i + 2]) << "min_dist " << values[i + 1];
    EXPECT_NEAR(curve.b, values[i + 3], kStops * values[i + 3]) << "min_dist " << values[i + 1];
  }
  EXPECT_THROW(fit_umap_curve(0.0, 0.1), std::invalid_argument);
  EXPECT_THROW(fit_umap_curve(1.0, -0.1), std::invalid_argument);
  EXPECT_THROW(fit_umap_curve(1.0, 3.1), std::invalid_argument);
  EXPECT_THROW(fit_umap_curve(std::nan(""), 0.1), std::invalid_argument);
}

TEST(UmapGraph, IsSymmetricAndSurvivesRotation) {
  Tensor x = Tensor::empty({150, 3}), turned = Tensor::empty({150, 3});
  Rng(2).normal(x.span<float>());
  const auto c = static_cast<float>(std::cos(1.0)), s = static_cast<float>(std::sin(1.0));
  for (int64_t i = 0; i < 150; ++i) {
    const float* from = x.data<float>() + 3 * i;
    float* to = turned.data<float>() + 3 * i;
    to[0] = c * from[0] - s * from[2];
    to[1] = from[1];
    to[2] = s * from[0] + c * from[2];
  }
  const auto before = dense(fuzzy_union(nearest_others(x, 9))), after = dense(fuzzy_union(nearest_others(turned, 9)));
  constexpr double kRounding = 1e-4;  // of distances in f32, magnified by 1 / sigma
  for (size_t i = 0; i < 150; ++i) {
    EXPECT_EQ(before[i * 150 + i], 0.0);
    for (size_t j = 0; j < 150; ++j) {
      EXPECT_EQ(before[i * 150 + j], before[j * 150 + i]);
      EXPECT_NEAR(before[i * 150 + j], after[i * 150 + j], kRounding);
    }
  }
}

TEST(UmapGraph, DuplicatesAreBoundByWeightOne) {
  const Graph graph = fuzzy_union(nearest_others(Tensor::full({6, 2}, 4.0), 3));
  for (const float weight : graph.value) EXPECT_EQ(weight, 1.0f);
}

TEST(UmapGraph, ComponentsAreCounted) {
  Tensor x = Tensor::empty({40, 2});
  Rng(1).normal(x.span<float>());
  for (int64_t i = 20; i < 40; ++i) x.data<float>()[2 * i] += 1000.0f;
  std::vector<int32_t> component;
  EXPECT_EQ(connected_components(fuzzy_union(nearest_others(x, 8)), component), 2);
  for (size_t i = 0; i < 40; ++i) EXPECT_EQ(component[i], i < 20 ? 0 : 1);
  EXPECT_EQ(connected_components(fuzzy_union(nearest_others(x.rows(0, 20), 19)), component), 1);
}

// A ring of N vertices: its eigenvectors are sines and cosines.
Graph ring(int32_t N) {
  Graph graph;
  graph.begin.push_back(0);
  for (int32_t i = 0; i < N; ++i) {
    const int32_t before = (i + N - 1) % N, after = (i + 1) % N;
    graph.column.insert(graph.column.end(), {std::min(before, after), std::max(before, after)});
    graph.value.insert(graph.value.end(), {0.5f, 0.5f});
    graph.begin.push_back(static_cast<int64_t>(graph.column.size()));
  }
  return graph;
}

TEST(Spectral, ARingBecomesACircle) {
  constexpr int32_t kVertices = 200;
  const Tensor layout = spectral_layout(ring(kVertices), {.dims = 2, .tolerance = 1e-5, .most_products = 4000});
  const auto places = layout.to_vector();
  const double radius = std::sqrt(2.0 / kVertices);  // cos and sin of unit length
  for (size_t i = 0; i < kVertices; ++i) {
    EXPECT_NEAR(std::hypot(places[2 * i], places[2 * i + 1]), radius, 0.01 * radius);
    const size_t next = (i + 1) % kVertices;
    const double step = std::hypot(places[2 * i] - places[2 * next], places[2 * i + 1] - places[2 * next + 1]);
    EXPECT_NEAR(step, radius * 2.0 * std::sin(std::numbers::pi / kVertices), 0.01 * radius);
  }
}

TEST(Spectral, StopsAtItsLimitAndRefusesTooManyDimensions) {
  const Tensor layout = spectral_layout(ring(3000), {.dims = 3, .tolerance = 1e-12, .most_products = 32});
  for (const double value : layout.to_vector()) EXPECT_TRUE(std::isfinite(value));
  EXPECT_THROW(spectral_layout(ring(3), {.dims = 2}), std::invalid_argument);
  EXPECT_THROW(spectral_layout(ring(30), {.dims = 8}), std::invalid_argument);
}

}  // namespace
}  // namespace latent::space
