#pragma once
// Neighbours as one would find them with pen and paper: every distance in double, sorted.

#include <latent/core/rng.hpp>
#include <latent/space/neighbors/neighbors.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace latent::space {

inline double distance_by_hand(const float* a, const float* b, int64_t D, Metric metric) {
  double squares = 0.0, dot = 0.0, a_square = 0.0, b_square = 0.0;
  for (int64_t d = 0; d < D; ++d) {
    const double x = a[d], y = b[d];
    squares += (x - y) * (x - y);
    dot += x * y;
    a_square += x * x;
    b_square += y * y;
  }
  if (metric == Metric::euclidean) return std::sqrt(squares);
  return a_square == 0.0 || b_square == 0.0 ? 1.0 : 1.0 - dot / (std::sqrt(a_square) * std::sqrt(b_square));
}

enum class Own : uint8_t { allowed, left_out };

/// The k smallest distances of each query, ascending; with Own::left_out row i is not compared with query i.
inline std::vector<std::vector<double>> distances_by_hand(const Tensor& queries, const Tensor& base, int64_t k,
                                                          Metric metric, Own own) {
  const int64_t D = base.dim(1);
  std::vector<std::vector<double>> all;
  for (int64_t i = 0; i < queries.dim(0); ++i) {
    std::vector<double> row;
    for (int64_t j = 0; j < base.dim(0); ++j) {
      if (own == Own::left_out && i == j) continue;
      row.push_back(distance_by_hand(queries.data<float>() + i * D, base.data<float>() + j * D, D, metric));
    }
    std::partial_sort(row.begin(), row.begin() + k, row.end());
    row.resize(static_cast<size_t>(k));
    all.push_back(std::move(row));
  }
  return all;
}

/// Whether `found` are exact neighbours: the distances by hand, up to the rounding of f32; each distance is that of its
/// row; no row twice; equal distances in the order of their indices.
inline void expect_exact(const Neighbors& found, const Tensor& queries, const Tensor& base, Metric metric, Own own) {
  const int64_t k = found.index.dim(1), D = base.dim(1);
  const auto expected = distances_by_hand(queries, base, k, metric, own);
  ASSERT_EQ(found.index.shape(), Shape({queries.dim(0), k}));
  ASSERT_EQ(found.distance.shape(), Shape({queries.dim(0), k}));
  // One rounding to f32; for cosine, 1 - cos loses digits of f64.
  const auto tolerance = [&](double value) { return 1e-7 * value + (metric == Metric::cosine ? 1e-12 : 0.0) + 1e-44; };
  for (int64_t i = 0; i < queries.dim(0); ++i) {
    std::vector<int64_t> rows;
    for (int64_t j = 0; j < k; ++j) {
      const int64_t row = found.index.data<int64_t>()[i * k + j];
      const float distance = found.distance.data<float>()[i * k + j];
      ASSERT_TRUE(row >= 0 && row < base.dim(0));
      if (own == Own::left_out) {
        ASSERT_NE(row, i);
      }
      const double right = expected[static_cast<size_t>(i)][static_cast<size_t>(j)];
      ASSERT_NEAR(distance, right, tolerance(right)) << "query " << i << ", neighbour " << j;
      const double its = distance_by_hand(queries.data<float>() + i * D, base.data<float>() + row * D, D, metric);
      ASSERT_NEAR(distance, its, tolerance(its)) << "query " << i << ", neighbour " << j;
      if (j > 0 && distance == found.distance.data<float>()[i * k + j - 1]) {
        ASSERT_LT(rows.back(), row);
      }
      rows.push_back(row);
    }
    std::sort(rows.begin(), rows.end());
    ASSERT_EQ(std::adjacent_find(rows.begin(), rows.end()), rows.end()) << "query " << i;
  }
}

inline Tensor normal_rows(int64_t N, int64_t D, uint64_t seed) {
  Tensor x = Tensor::empty({N, D});
  Rng(seed).normal(x.span<float>());
  return x;
}

/// A mixture of clusters on a few axes, rotated by chance and with a little noise on all: like codes or pixels.
inline Tensor clustered_rows(int64_t N, int64_t D, uint64_t seed) {
  constexpr int64_t kClusters = 7, kAxes = 6;
  const Tensor centers = normal_rows(kClusters, D, seed), axes = normal_rows(kAxes, D, seed + 1);
  const Tensor weights = normal_rows(N, kAxes, seed + 2);
  Tensor x = normal_rows(N, D, seed + 3);
  for (int64_t i = 0; i < N; ++i) {
    for (int64_t d = 0; d < D; ++d) {
      float value = 3.0F + 2.0F * centers.data<float>()[i % kClusters * D + d] + 0.05F * x.data<float>()[i * D + d];
      for (int64_t a = 0; a < kAxes; ++a) {
        value += 0.3F * weights.data<float>()[i * kAxes + a] * axes.data<float>()[a * D + d];
      }
      x.data<float>()[i * D + d] = value;
    }
  }
  return x;
}

}  // namespace latent::space
