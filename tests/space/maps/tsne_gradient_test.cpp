// What t-SNE is made of: probabilities, the tree, the gradient.

#include <latent/core/rng.hpp>
#include <latent/formats/npy.hpp>
#include <latent/space/maps/detail/tsne_gradient.hpp>

#include <gtest/gtest.h>
#include <tests/space/clusters.hpp>

#include <cmath>
#include <filesystem>
#include <map>

namespace latent::space {
namespace {

using test::Clusters;

constexpr double kTheta = 0.4;  // the default

std::vector<float> normal(int64_t n, float scale, uint64_t stream) {
  std::vector<float> values(static_cast<size_t>(n));
  Rng(9, stream).normal(std::span(values));
  for (float& v : values) v *= scale;
  return values;
}

Affinities joint(const Tensor& codes, double perplexity, Metric metric = Metric::euclidean) {
  return joint_affinities(nearest_others(codes, neighbors_for(perplexity, codes.dim(0) - 1), metric), perplexity);
}

class AffinitiesGolden : public testing::TestWithParam<std::string> {};

TEST_P(AffinitiesGolden, AreThoseOfScikitLearn) {
  std::map<std::string, Tensor> file;
  const auto path = std::filesystem::path(LATENT_TEST_DATA) / "golden/tsne" / (GetParam() + ".npz");
  for (auto& [key, array] : read_npz(MappedFile::open(path))) file.emplace(key, array);
  const Affinities p = joint(file.at("codes"), file.at("perplexity").item(),
                             GetParam() == "cosine" ? Metric::cosine : Metric::euclidean);
  const auto N = static_cast<size_t>(p.rows());
  ASSERT_EQ(N + 1, static_cast<size_t>(file.at("begin").numel()));
  // Dense, because what is no more than nothing in f32 may still be there in double.
  std::vector<double> ours(N * N), theirs(N * N);
  const auto* begin = file.at("begin").data<int64_t>();
  for (size_t i = 0; i < N; ++i) {
    for (auto at = static_cast<size_t>(p.begin[i]); at < static_cast<size_t>(p.begin[i + 1]); ++at) {
      ours[i * N + static_cast<size_t>(p.column[at])] = p.value[at];
    }
    for (int64_t at = begin[i]; at < begin[i + 1]; ++at) {
      theirs[i * N + static_cast<size_t>(file.at("column").data<int64_t>()[at])] = file.at("value").data<double>()[at];
    }
  }
  // Both searches end within 1e-5 of the entropy: a few 1e-5 of a probability, more of those in the tail.
  for (size_t e = 0; e < N * N; ++e) EXPECT_NEAR(ours[e], theirs[e], 3e-4 * theirs[e] + 1e-10);
}

INSTANTIATE_TEST_SUITE_P(Sets, AffinitiesGolden, testing::Values("clusters", "cosine", "few"));

TEST(JointAffinities, AreSymmetricAndSumToOne) {
  const Affinities p = joint(Clusters(150, 6, 4).codes, 8);
  std::map<std::pair<int64_t, int64_t>, float> entries;
  double sum = 0;
  for (int64_t i = 0; i < p.rows(); ++i) {
    for (auto at = static_cast<size_t>(p.begin[static_cast<size_t>(i)]);
         at < static_cast<size_t>(p.begin[static_cast<size_t>(i + 1)]); ++at) {
      entries[{i, p.column[at]}] = p.value[at];
      sum += p.value[at];
      EXPECT_NE(i, p.column[at]);
    }
  }
  EXPECT_EQ(entries.size(), p.value.size());
  EXPECT_NEAR(sum, 1, 1e-6);
  for (const auto& [pair, value] : entries) {
    const auto mirrored = entries.find({pair.second, pair.first});
    ASSERT_NE(mirrored, entries.end());
    EXPECT_EQ(mirrored->second, value);
  }
}

TEST(JointAffinities, DoNotChangeWhenCodesAreRotatedAndMoved) {
  const Clusters planted(120, 2, 3);
  Tensor turned = planted.codes.clone();
  for (int64_t i = 0; i < 120; ++i) {
    const float x = planted.codes.data<float>()[2 * i], y = planted.codes.data<float>()[2 * i + 1];
    turned.data<float>()[2 * i] = 0.6f * x - 0.8f * y + 3;
    turned.data<float>()[2 * i + 1] = 0.8f * x + 0.6f * y - 5;
  }
  const Affinities p = joint(planted.codes, 8), q = joint(turned, 8);
  EXPECT_EQ(p.begin, q.begin);
  EXPECT_EQ(p.column, q.column);
  for (size_t e = 0; e < p.value.size(); ++e) EXPECT_NEAR(p.value[e], q.value[e], 1e-3 * p.value[e] + 1e-9);
}

// Everything by its definition, in double.
double plain_divergence(const Affinities& p, int dims, const std::vector<double>& y) {
  const int64_t N = p.rows();
  const auto w = [&](int64_t i, int64_t j) {
    double square = 1;
    for (int k = 0; k < dims; ++k) {
      square += std::pow(y[static_cast<size_t>(i * dims + k)] - y[static_cast<size_t>(j * dims + k)], 2);
    }
    return 1 / square;
  };
  double Z = 0, kl = 0;
  for (int64_t i = 0; i < N; ++i) {
    for (int64_t j = 0; j < N; ++j) Z += i == j ? 0 : w(i, j);
  }
  for (int64_t i = 0; i < N; ++i) {
    for (auto at = static_cast<size_t>(p.begin[static_cast<size_t>(i)]);
         at < static_cast<size_t>(p.begin[static_cast<size_t>(i + 1)]); ++at) {
      const double value = p.value[at];
      if (value > 0) kl += value * std::log(value / (w(i, p.column[at]) / Z));
    }
  }
  return kl;
}

struct Computed {
  double Z = 0;
  std::vector<float> gradient;
};
Computed gradient_of(const Affinities& p, int dims, double theta, double exaggeration, const std::vector<float>& y) {
  PointTree tree(dims, p.rows());
  tree.divide(y.data());
  Computed result{.Z = 0, .gradient = std::vector<float>(y.size())};
  result.Z = TsneGradient(dims, p.rows()).joint(p, tree, theta, exaggeration, y.data(), result.gradient.data());
  return result;
}

TEST(TsneGradient, IsThatOfTheDivergence) {
  const Affinities p = joint(Clusters(90, 6, 4).codes, 8);
  for (const int dims : {2, 3}) {
    const std::vector<float> y = normal(90 * dims, 2.0f, 1);
    const Computed exact = gradient_of(p, dims, 0.0, 1.0, y);
    std::vector<double> at(y.begin(), y.end());
    EXPECT_NEAR(tsne_divergence(p, dims, exact.Z, y.data()), plain_divergence(p, dims, at), 1e-5);
    const double h = 1e-5;
    for (size_t i = 0; i < at.size(); ++i) {
      const double here = at[i];
      at[i] = here + h;
      const double plus = plain_divergence(p, dims, at);
      at[i] = here - h;
      const double minus = plain_divergence(p, dims, at);
      at[i] = here;
      // P sums to 1 within f32's rounding; gradients of single points are of order 1e-2.
      EXPECT_NEAR(exact.gradient[i], (plus - minus) / (2 * h), 1e-6);
    }
  }
}

TEST(TsneGradient, ExaggerationStrengthensAttractionAlone) {
  const Affinities p = joint(Clusters(60, 6, 4).codes, 8);
  const std::vector<float> y = normal(120, 2.0f, 1);
  const std::vector<float> once = gradient_of(p, 2, 0, 1, y).gradient, twice = gradient_of(p, 2, 0, 2, y).gradient,
                           thrice = gradient_of(p, 2, 0, 3, y).gradient;
  for (size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(thrice[i] - twice[i], twice[i] - once[i], 1e-6);
}

double relative_error(const std::vector<float>& a, const std::vector<float>& exact) {
  double error = 0, size = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    error += std::pow(static_cast<double>(a[i]) - exact[i], 2);
    size += std::pow(static_cast<double>(exact[i]), 2);
  }
  return std::sqrt(error / size);
}

// Repulsion of 3,000 points on maps as they come about: a point, a ball of clusters within the kernel's width, and
// clusters apart. In a ball the forces on its inner points cancel, and what is left of them is the less exact.
TEST(CauchyRepulsion, GroupsComeNearTheExactSums) {
  constexpr int64_t N = 3000;
  struct Stage {
    float scale;
    double sum_error, force_error;
  };
  for (const int dims : {2, 3}) {
    const Clusters clusters(N, dims, 10);
    for (const Stage& stage :
         {Stage{1e-4f, 1e-3, 3e-3}, Stage{0.05f, 1e-3, 3e-3}, Stage{1.0f, 5e-4, 5e-4}, Stage{3.0f, 5e-4, 5e-4}}) {
      std::vector<float> y(clusters.codes.span<float>().begin(), clusters.codes.span<float>().end());
      for (float& v : y) v *= stage.scale;
      PointTree tree(dims, N);
      tree.divide(y.data());
      std::vector<float> exact_sum(N), exact(y.size()), sum(N), force(y.size());
      cauchy_repulsion(tree, tree, 0.0, exact_sum.data(), exact.data());
      cauchy_repulsion(tree, tree, kTheta, sum.data(), force.data());
      EXPECT_LT(relative_error(sum, exact_sum), stage.sum_error) << dims << " dimensions, scale " << stage.scale;
      EXPECT_LT(relative_error(force, exact), stage.force_error) << dims << " dimensions, scale " << stage.scale;
    }
  }
}

TEST(CauchyRepulsion, WithoutGroupsIsTheSumOverAllPairs) {
  for (const int dims : {2, 3}) {
    for (const int64_t N : {1, 2, 15, 16, 17, 64, 65, 500}) {
      const std::vector<float> y = normal(N * dims, 3.0f, 2);
      PointTree tree(dims, N);
      tree.divide(y.data());
      std::vector<float> sum(static_cast<size_t>(N)), force(y.size());
      cauchy_repulsion(tree, tree, 0.0, sum.data(), force.data());
      for (int64_t i = 0; i < N; ++i) {
        double expected = 0, expected_force[3] = {};
        for (int64_t j = 0; j < N; ++j) {
          double r[3] = {}, square = 1;
          for (int k = 0; k < dims; ++k) {
            r[k] = double{y[static_cast<size_t>(i * dims + k)]} - y[static_cast<size_t>(j * dims + k)];
            square += r[k] * r[k];
          }
          expected += 1 / square;
          for (int k = 0; k < dims; ++k) expected_force[k] += r[k] / (square * square);
        }
        EXPECT_NEAR(sum[static_cast<size_t>(i)], expected, 1e-5 * expected);
        for (int k = 0; k < dims; ++k) {
          EXPECT_NEAR(force[static_cast<size_t>(i * dims + k)], expected_force[k], 1e-5 * expected);
        }
      }
    }
  }
}

TEST(CauchyRepulsion, ATreeStaysValidWhenItsPointsMove) {
  constexpr int64_t N = 1000;
  const std::vector<float> before = normal(2 * N, 5.0f, 3), after = normal(2 * N, 5.0f, 4);  // all over the map
  PointTree tree(2, N), fresh(2, N);
  tree.divide(before.data());
  tree.refresh(after.data());
  fresh.divide(after.data());
  std::vector<float> sum(N), force(2 * N), fresh_sum(N), fresh_force(2 * N);
  cauchy_repulsion(tree, tree, kTheta, sum.data(), force.data());
  cauchy_repulsion(fresh, fresh, 0.0, fresh_sum.data(), fresh_force.data());
  EXPECT_LT(relative_error(sum, fresh_sum), 1e-3);
  EXPECT_LT(relative_error(force, fresh_force), 1e-3);
}

TEST(CauchyRepulsion, TargetsNeedNotBeSources) {
  const std::vector<float> s = normal(2 * 700, 5.0f, 5), y = normal(2 * 37, 5.0f, 6);
  PointTree sources(2, 700), targets(2, 37);
  sources.divide(s.data());
  targets.divide(y.data());
  std::vector<float> sum(37), force(74), exact_sum(37), exact(74);
  cauchy_repulsion(sources, targets, kTheta, sum.data(), force.data());
  cauchy_repulsion(sources, targets, 0.0, exact_sum.data(), exact.data());
  double expected = 0;
  for (size_t j = 0; j < 700; ++j) {
    expected += 1 / (1 + std::pow(double{y[0]} - s[2 * j], 2) + std::pow(double{y[1]} - s[2 * j + 1], 2));
  }
  EXPECT_NEAR(exact_sum[0], expected, 1e-4);
  EXPECT_LT(relative_error(sum, exact_sum), 1e-3);
  EXPECT_LT(relative_error(force, exact), 1e-3);
}

// Points in one place, and places that are not numbers: slow at worst.
TEST(PointTree, TakesAnyPlaces) {
  std::vector<float> y(2 * 300, 1.0f), sum(300), force(600);
  PointTree tree(2, 300);
  tree.divide(y.data());
  cauchy_repulsion(tree, tree, kTheta, sum.data(), force.data());
  for (size_t i = 0; i < 300; ++i) EXPECT_NEAR(sum[i], 300, 1e-3);
  for (const float f : force) EXPECT_NEAR(f, 0, 1e-3);
  y[7] = std::nanf("");
  tree.divide(y.data());
  cauchy_repulsion(tree, tree, kTheta, sum.data(), force.data());
  EXPECT_TRUE(std::isnan(sum[0]));
}

}  // namespace
}  // namespace latent::space
