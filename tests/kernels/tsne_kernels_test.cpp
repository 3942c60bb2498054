// The kernels of t-SNE against their plain versions and against what they stand for.

#include <latent/core/rng.hpp>
#include <latent/kernels/cauchy.hpp>
#include <latent/kernels/tsne.hpp>

#include <gtest/gtest.h>
#include <tests/support/vector_targets.hpp>

#include <array>
#include <cmath>
#include <numeric>
#include <vector>

namespace latent {
namespace {

using kernels::CauchySources;
using kernels::Multipole;
using kernels::PointArrays;
using kernels::SourceRange;

// Sums of a few hundred terms of order 1 in f32.
constexpr double kTsneF32 = 2e-5;
constexpr int64_t kPointCounts[] = {1, 7, 17, 129};

template <class T>
std::vector<T> normal(size_t n, uint64_t stream) {
  std::vector<T> values(n);
  Rng(3, stream).normal(std::span(values));
  return values;
}

// Points as coordinate arrays; the same numbers in float and double.
struct Points {
  std::array<std::vector<float>, 3> f;
  std::array<std::vector<double>, 3> d;

  Points(size_t n, double scale, uint64_t stream) {
    for (size_t k = 0; k < 3; ++k) {
      f[k] = normal<float>(n, stream + k);
      for (float& v : f[k]) v *= static_cast<float>(scale);
      d[k].assign(f[k].begin(), f[k].end());
    }
  }
  PointArrays<float> floats() const { return {{f[0].data(), f[1].data(), f[2].data()}}; }
  PointArrays<double> doubles() const { return {{d[0].data(), d[1].data(), d[2].data()}}; }
};

template <class T>
struct Sums {
  std::vector<T> sum;
  std::array<std::vector<T>, 3> force;

  explicit Sums(size_t n) : sum(n) {
    for (auto& f : force) f.resize(n);
  }
  void compute(const CauchySources<T>& sources, const PointArrays<T>& targets) {
    T* const to[3] = {force[0].data(), force[1].data(), force[2].data()};
    kernels::cauchy_sums(sources, static_cast<int64_t>(sum.size()), targets, sum.data(), to);
  }
};

template <class T>
Multipole<T> multipole_of(const Points& points, int dims) {
  Multipole<T> m;
  const size_t n = points.d[0].size();
  m.count = static_cast<T>(n);
  double center[3] = {}, products[3][3] = {};
  for (int k = 0; k < dims; ++k) {
    const auto& line = points.d[static_cast<size_t>(k)];
    center[k] = std::accumulate(line.begin(), line.end(), 0.0) / static_cast<double>(n);
    m.center[k] = static_cast<T>(center[k]);
  }
  for (size_t i = 0; i < n; ++i) {
    for (int k = 0; k < dims; ++k) {
      for (int l = 0; l < dims; ++l) {
        products[k][l] +=
            (points.d[static_cast<size_t>(k)][i] - center[k]) * (points.d[static_cast<size_t>(l)][i] - center[l]);
      }
    }
  }
  m.xx = static_cast<T>(products[0][0]), m.xy = static_cast<T>(products[0][1]), m.yy = static_cast<T>(products[1][1]);
  m.xz = static_cast<T>(products[0][2]), m.yz = static_cast<T>(products[1][2]), m.zz = static_cast<T>(products[2][2]);
  m.trace = m.xx + m.yy + m.zz;
  return m;
}

TEST(CauchySums, MatchThePlainVersionEverywhere) {
  const Points sources(200, 3.0, 10);
  const std::vector<SourceRange> near = {{0, 7}, {20, 20}, {50, 199}};
  on_every_target([&] {
    for (const int dims : {2, 3}) {
      const std::vector<Multipole<float>> far(3, multipole_of<float>(sources, dims));
      const std::vector<Multipole<double>> far64(3, multipole_of<double>(sources, dims));
      for (const int64_t n : kPointCounts) {
        const Points targets(static_cast<size_t>(n), 5.0, 20);
        Sums<float> fast(static_cast<size_t>(n));
        Sums<double> plain(static_cast<size_t>(n));
        fast.compute({.dims = dims, .points = sources.floats(), .near = near, .far = far}, targets.floats());
        plain.compute({.dims = dims, .points = sources.doubles(), .near = near, .far = far64}, targets.doubles());
        for (size_t i = 0; i < static_cast<size_t>(n); ++i) {
          EXPECT_NEAR(fast.sum[i], plain.sum[i], kTsneF32 * std::max(1.0, std::abs(plain.sum[i])));
          for (size_t k = 0; k < static_cast<size_t>(dims); ++k) {
            // Terms of both signs cancel: rounding is that of their sizes, at most those of the sum.
            EXPECT_NEAR(fast.force[k][i], plain.force[k][i], kTsneF32 * std::max(1.0, std::abs(plain.sum[i])));
          }
        }
      }
    }
  });
}

TEST(CauchySums, ByHand) {
  const std::vector<double> x = {1.0}, y = {2.0}, z = {-2.0}, zero = {0.0};
  const std::vector<SourceRange> near = {{0, 1}};
  Sums<double> sums(1);
  sums.compute({.dims = 3, .points = {{zero.data(), zero.data(), zero.data()}}, .near = near, .far = {}},
               {{x.data(), y.data(), z.data()}});
  EXPECT_DOUBLE_EQ(sums.sum[0], 0.1);  // 1 / (1 + 9)
  EXPECT_DOUBLE_EQ(sums.force[0][0], 0.01);
  EXPECT_DOUBLE_EQ(sums.force[1][0], 0.02);
  EXPECT_DOUBLE_EQ(sums.force[2][0], -0.02);
}

// Half the size of a group must make what is left out, terms of third order, at least 6 times smaller.
TEST(CauchySums, AGroupStandsForItsPointsToSecondOrder) {
  constexpr size_t kTargets = 20;
  for (const int dims : {2, 3}) {
    double before = 0, before_force = 0;
    for (const double scale : {0.2, 0.1}) {
      const Points sources(50, scale, 30);
      const Points targets(kTargets, 2.0, 40);
      const std::vector<SourceRange> near = {{0, 50}};
      const std::vector<Multipole<double>> far = {multipole_of<double>(sources, dims)};
      Sums<double> exact(kTargets), grouped(kTargets);
      exact.compute({.dims = dims, .points = sources.doubles(), .near = near, .far = {}}, targets.doubles());
      grouped.compute({.dims = dims, .points = {}, .near = {}, .far = far}, targets.doubles());
      double error = 0, error_force = 0;
      for (size_t i = 0; i < kTargets; ++i) {
        error += std::abs(grouped.sum[i] - exact.sum[i]);
        for (size_t k = 0; k < static_cast<size_t>(dims); ++k) {
          error_force += std::abs(grouped.force[k][i] - exact.force[k][i]);
        }
      }
      if (scale < 0.15) {
        EXPECT_LT(error, before / 6) << dims;
        EXPECT_LT(error_force, before_force / 6) << dims;
      }
      before = error, before_force = error_force;
    }
  }
}

TEST(CauchySums, TheForceIsHalfTheNegativeGradientOfTheSum) {
  const Points sources(20, 1.0, 50);
  const std::vector<SourceRange> near = {{0, 20}};
  const double h = 1e-5;
  for (const int dims : {2, 3}) {
    const std::vector<Multipole<double>> far = {multipole_of<double>(sources, dims)};
    const CauchySources<double> all = {.dims = dims, .points = sources.doubles(), .near = near, .far = far};
    Points target(1, 2.0, 60);
    Sums<double> here(1), plus(1), minus(1);
    here.compute(all, target.doubles());
    for (size_t k = 0; k < static_cast<size_t>(dims); ++k) {
      const double at = target.d[k][0];
      target.d[k][0] = at + h;
      plus.compute(all, target.doubles());
      target.d[k][0] = at - h;
      minus.compute(all, target.doubles());
      target.d[k][0] = at;
      EXPECT_NEAR(here.force[k][0], -0.5 * (plus.sum[0] - minus.sum[0]) / (2 * h), 1e-8);
    }
  }
}

std::vector<float> ascending(int64_t rows, int64_t k, uint64_t stream) {
  std::vector<float> distances = normal<float>(static_cast<size_t>(rows * k), stream);
  for (float& v : distances) v = std::abs(v) + 0.5f;
  for (int64_t i = 0; i < rows; ++i) std::sort(distances.begin() + i * k, distances.begin() + (i + 1) * k);
  return distances;
}

TEST(PerplexityRows, MatchThePlainVersionAndReachThePerplexity) {
  on_every_target([] {
    for (const int64_t k : {2, 7, 16, 17, 91}) {
      const int64_t rows = 5;
      const double perplexity = static_cast<double>(k) / 3 + 1;
      std::vector<float> distances = ascending(rows, k, 1);
      for (int64_t j = 0; j < k; ++j) distances[static_cast<size_t>(j)] *= 1e20f;  // the first row: huge
      const std::vector<double> distances64(distances.begin(), distances.end());
      std::vector<float> p(distances.size());
      std::vector<double> p64(distances.size());
      kernels::perplexity_rows(rows, k, distances.data(), perplexity, p.data());
      kernels::perplexity_rows(rows, k, distances64.data(), perplexity, p64.data());
      for (int64_t i = 0; i < rows; ++i) {
        double sum = 0, entropy = 0;
        for (auto j = static_cast<size_t>(i * k); j < static_cast<size_t>((i + 1) * k); ++j) {
          EXPECT_NEAR(p[j], p64[j], 1e-4 * p64[j] + 1e-9);  // twice the tolerance of the entropy, and rounding
          sum += p64[j];
          entropy -= p64[j] > 0 ? p64[j] * std::log(p64[j]) : 0;
        }
        EXPECT_NEAR(sum, 1, 1e-12);
        EXPECT_NEAR(entropy, std::log(perplexity), 1.1e-5);
      }
    }
  });
}

TEST(PerplexityRows, WhatNoWidthReaches) {
  on_every_target([] {
    // Four duplicates of a code, and one other: they share the probability. All equal; all duplicates.
    const std::vector<float> distances = {0, 0, 0, 0, 2, /**/ 3, 3, 3, 3, 3, /**/ 0, 0, 0, 0, 0};
    std::vector<float> p(distances.size());
    kernels::perplexity_rows(3, 5, distances.data(), 2.0, p.data());
    for (size_t j = 0; j < 4; ++j) EXPECT_FLOAT_EQ(p[j], 0.25f);
    EXPECT_EQ(p[4], 0.0f);
    for (size_t j = 5; j < 15; ++j) EXPECT_FLOAT_EQ(p[j], 0.2f);
  });
}

TEST(TsneAttraction, MatchesThePlainVersionEverywhere) {
  on_every_target([] {
    for (const int dims : {2, 3}) {
      // Rows of 0, 1, 7, 16, 17 and 129 neighbours.
      const std::vector<int64_t> begin = {0, 0, 1, 8, 24, 41, 170};
      const int64_t rows = 6, columns = 50, entries = 170;
      std::vector<int32_t> column;
      for (int64_t e = 0; e < entries; ++e) column.push_back(static_cast<int32_t>(e * 7 % columns));
      const std::vector<float> value = ascending(1, entries, 2);
      const std::vector<float> y = normal<float>(static_cast<size_t>(rows * dims), 3),
                               s = normal<float>(static_cast<size_t>(columns * dims), 4);
      const std::vector<double> value64(value.begin(), value.end()), y64(y.begin(), y.end()), s64(s.begin(), s.end());
      std::vector<float> force(y.size(), -1.0f);
      std::vector<double> force64(y.size());
      kernels::tsne_attraction(dims, {begin.data(), column.data(), value.data()}, 0, rows, y.data(), s.data(),
                               force.data());
      kernels::tsne_attraction(dims, {begin.data(), column.data(), value64.data()}, 0, rows, y64.data(), s64.data(),
                               force64.data());
      for (size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(force[i], force64[i], 1e-4);
    }
  });
}

}  // namespace
}  // namespace latent
