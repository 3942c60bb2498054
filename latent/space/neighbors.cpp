#include <latent/core/names.hpp>
#include <latent/core/threads.hpp>
#include <latent/kernels/gemm.hpp>
#include <latent/space/neighbors.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace latent::space {

namespace {

constexpr std::array<std::string_view, 2> kMetrics = {"euclidean", "cosine"};
constexpr int64_t kBlock = 1024;  // queries and rows of one product

void check(const Tensor& x, const char* name) {
  LATENT_CHECK(x.defined() && x.ndim() == 2 && x.dtype() == DType::f32, "[nearest] {} (N, D): expected f32, got {} {}",
               name, x.defined() ? name_of(x.dtype()) : "undefined", x.defined() ? x.shape().str() : "");
}

// Rows as a product compares them: of unit length for cosine.
Tensor prepared(const Tensor& x, Metric metric) {
  if (metric == Metric::euclidean) return x;
  Tensor unit = x.clone();
  const int64_t D = x.dim(1);
  parallel_for(x.dim(0), 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      float* row = unit.data<float>() + i * D;
      double square = 0.0;
      for (int64_t d = 0; d < D; ++d) square += static_cast<double>(row[d]) * row[d];
      const auto scale = static_cast<float>(square > 0.0 ? 1.0 / std::sqrt(square) : 0.0);
      for (int64_t d = 0; d < D; ++d) row[d] *= scale;
    }
  });
  return unit;
}

std::vector<float> squares_of(const Tensor& x) {
  std::vector<float> squares(static_cast<size_t>(x.dim(0)));
  for (int64_t i = 0; i < x.dim(0); ++i) {
    double sum = 0.0;
    for (int64_t d = 0; d < x.dim(1); ++d) {
      const double value = x.data<float>()[i * x.dim(1) + d];
      sum += value * value;
    }
    squares[static_cast<size_t>(i)] = static_cast<float>(sum);
  }
  return squares;
}

float exact_distance(const float* a, const float* b, int64_t D, Metric metric) {
  double sum = 0.0;
  if (metric == Metric::cosine) {
    for (int64_t d = 0; d < D; ++d) sum += static_cast<double>(a[d]) * b[d];
    return static_cast<float>(1.0 - sum);
  }
  for (int64_t d = 0; d < D; ++d) {
    const double difference = static_cast<double>(a[d]) - b[d];
    sum += difference * difference;
  }
  return static_cast<float>(std::sqrt(sum));
}

using Candidate = std::pair<float, int64_t>;  // what a product says of the distance, row

void offer(std::vector<Candidate>& best, size_t k, const Candidate& candidate) {
  if (best.size() == k && candidate >= best.back()) return;
  best.insert(std::upper_bound(best.begin(), best.end(), candidate), candidate);
  if (best.size() > k) best.pop_back();
}

Neighbors search(const Tensor& queries, const Tensor& base, int64_t k, Metric metric, bool leave_out_self) {
  const Tensor q = prepared(queries, metric), b = prepared(base, metric);
  const int64_t N = q.dim(0), M = b.dim(0), D = q.dim(1);
  const std::vector<float> squares = squares_of(b);
  Neighbors found{.index = Tensor::empty({N, k}, DType::i64), .distance = Tensor::empty({N, k})};
  Tensor dots = Tensor::empty({std::min(kBlock, N), std::min(kBlock, M)});
  for (int64_t first = 0; first < N; first += kBlock) {
    const int64_t rows = std::min(kBlock, N - first);
    std::vector<std::vector<Candidate>> best(static_cast<size_t>(rows));
    for (int64_t from = 0; from < M; from += kBlock) {
      const int64_t cols = std::min(kBlock, M - from);
      kernels::gemm({.M = rows, .N = cols, .K = D, .transpose_b = true}, q.data<float>() + first * D,
                    b.data<float>() + from * D, nullptr, dots.data<float>());
      parallel_for(rows, 16, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          for (int64_t j = 0; j < cols; ++j) {
            if (leave_out_self && first + i == from + j) continue;
            const float dot = dots.data<float>()[i * cols + j];
            offer(best[static_cast<size_t>(i)], static_cast<size_t>(k),
                  {squares[static_cast<size_t>(from + j)] - 2.0F * dot, from + j});
          }
        }
      });
    }
    parallel_for(rows, 16, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        std::vector<Candidate>& row = best[static_cast<size_t>(i)];
        for (Candidate& c : row) {
          c.first = exact_distance(q.data<float>() + (first + i) * D, b.data<float>() + c.second * D, D, metric);
        }
        std::sort(row.begin(), row.end());
        for (int64_t j = 0; j < k; ++j) {
          found.distance.data<float>()[(first + i) * k + j] = row[static_cast<size_t>(j)].first;
          found.index.data<int64_t>()[(first + i) * k + j] = row[static_cast<size_t>(j)].second;
        }
      }
    });
  }
  return found;
}

}  // namespace

Metric metric_from(std::string_view name) {
  if (name == "euclidean") return Metric::euclidean;
  if (name == "cosine") return Metric::cosine;
  unknown_name("metric", name, kMetrics);
}

std::string_view name_of(Metric metric) { return kMetrics[static_cast<size_t>(metric)]; }

Neighbors nearest(const Tensor& queries, const Tensor& base, int64_t k, Metric metric) {
  check(queries, "queries");
  check(base, "base");
  LATENT_CHECK(queries.dim(1) == base.dim(1), "[nearest] queries (N, D): expected D = {}, got {}", base.dim(1),
               queries.shape().str());
  LATENT_CHECK(k >= 1 && k <= base.dim(0), "[nearest] k: expected 1 to {}, got {}", base.dim(0), k);
  return search(queries, base, k, metric, false);
}

Neighbors nearest_others(const Tensor& x, int64_t k, Metric metric) {
  check(x, "x");
  LATENT_CHECK(k >= 1 && k < x.dim(0), "[nearest_others] k: expected 1 to {}, got {}", x.dim(0) - 1, k);
  return search(x, x, k, metric, true);
}

}  // namespace latent::space
