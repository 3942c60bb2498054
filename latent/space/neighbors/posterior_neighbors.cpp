#include <latent/space/neighbors/posterior_neighbors.hpp>

#include <latent/core/choice.hpp>
#include <latent/core/threads.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace latent::space {

namespace {

constexpr std::array<Choice<PosteriorMetric>, 2> kPosteriorMetrics = {
    {{"kl", PosteriorMetric::kl}, {"wasserstein", PosteriorMetric::wasserstein}}};

void check(const Posteriors& p, const char* name, PosteriorMetric metric) {
  const auto is_matrix = [](const Tensor& t) { return t.defined() && t.ndim() == 2 && t.dtype() == DType::f32; };
  LATENT_CHECK(is_matrix(p.mu) && is_matrix(p.stddev) && p.mu.shape() == p.stddev.shape() && p.mu.dim(1) >= 1,
               "[nearest] {}: expected mu and stddev (N, D) f32, got {} and {}", name,
               p.mu.defined() ? p.mu.shape().str() : "undefined",
               p.stddev.defined() ? p.stddev.shape().str() : "undefined");
  for (const float value : p.mu.span<float>()) {
    LATENT_CHECK(std::isfinite(value), "[nearest] {}.mu: expected finite values, got {}", name, value);
  }
  for (const float value : p.stddev.span<float>()) {
    LATENT_CHECK(std::isfinite(value) && value >= 0.0F, "[nearest] {}.stddev: expected values from 0, got {}", name,
                 value);
    LATENT_CHECK(metric != PosteriorMetric::kl || value > 0.0F,
                 "[nearest] {}.stddev: kl is defined for values above 0, got {}", name, value);
  }
}

// (N, D) and (N, D) -> (N, 2 D)
Tensor joined(const Posteriors& p) {
  const int64_t N = p.mu.dim(0), D = p.mu.dim(1);
  Tensor rows = Tensor::empty({N, 2 * D});
  for (int64_t i = 0; i < N; ++i) {
    float* row = rows.data<float>() + i * 2 * D;
    std::copy_n(p.mu.data<float>() + i * D, D, row);
    std::copy_n(p.stddev.data<float>() + i * D, D, row + D);
  }
  return rows;
}

// Without the difference of nearly equal numbers that v_p / v_q + v_q / v_p - 2 would be.
double symmetric_kl(int64_t D, const float* mu_p, const float* stddev_p, const float* mu_q, const float* stddev_q) {
  double sum = 0.0;
  for (int64_t d = 0; d < D; ++d) {
    const double v_p = static_cast<double>(stddev_p[d]) * stddev_p[d];
    const double v_q = static_cast<double>(stddev_q[d]) * stddev_q[d];
    const double dv = v_p - v_q, dmu = static_cast<double>(mu_p[d]) - mu_q[d];
    sum += (dv * dv + dmu * dmu * (v_p + v_q)) / (v_p * v_q);
  }
  return 0.5 * sum;
}

double wasserstein(int64_t D, const float* mu_p, const float* stddev_p, const float* mu_q, const float* stddev_q) {
  double sum = 0.0;
  for (int64_t d = 0; d < D; ++d) {
    const double dmu = static_cast<double>(mu_p[d]) - mu_q[d];
    const double dstddev = static_cast<double>(stddev_p[d]) - stddev_q[d];
    sum += dmu * dmu + dstddev * dstddev;
  }
  return std::sqrt(sum);
}

using Pair = std::pair<float, int64_t>;  // distance, row

Neighbors nearest_by_kl(const Posteriors& queries, const Posteriors& base, int64_t k) {
  const int64_t N = queries.mu.dim(0), M = base.mu.dim(0), D = base.mu.dim(1);
  Neighbors found{.index = Tensor::empty({N, k}, DType::i64), .distance = Tensor::empty({N, k})};
  parallel_for(N, 1, [&](int64_t begin, int64_t end) {
    std::vector<Pair> all(static_cast<size_t>(M));
    for (int64_t i = begin; i < end; ++i) {
      parallel_for(M, 1024, [&](int64_t from, int64_t to) {
        for (int64_t j = from; j < to; ++j) {
          const double kl = symmetric_kl(D, queries.mu.data<float>() + i * D, queries.stddev.data<float>() + i * D,
                                         base.mu.data<float>() + j * D, base.stddev.data<float>() + j * D);
          all[static_cast<size_t>(j)] = {static_cast<float>(kl), j};
        }
      });
      std::partial_sort(all.begin(), all.begin() + k, all.end());
      for (int64_t j = 0; j < k; ++j) {
        found.distance.data<float>()[i * k + j] = all[static_cast<size_t>(j)].first;
        found.index.data<int64_t>()[i * k + j] = all[static_cast<size_t>(j)].second;
      }
    }
  });
  return found;
}

}  // namespace

PosteriorMetric posterior_metric_from(std::string_view name) {
  return choose("metric of posteriors", name, kPosteriorMetrics);
}
std::string_view name_of(PosteriorMetric metric) { return kPosteriorMetrics[static_cast<size_t>(metric)].name; }

Neighbors nearest(const Posteriors& queries, const Posteriors& base, int64_t k, PosteriorMetric metric) {
  check(queries, "queries", metric);
  check(base, "base", metric);
  LATENT_CHECK(queries.mu.dim(1) == base.mu.dim(1), "[nearest] queries (N, D): expected D = {}, got {}", base.mu.dim(1),
               queries.mu.shape().str());
  LATENT_CHECK(k >= 1 && k <= base.mu.dim(0), "[nearest] k: expected 1 to {}, got {}", base.mu.dim(0), k);
  if (metric == PosteriorMetric::wasserstein) return nearest(joined(queries), joined(base), k, Metric::euclidean);
  return nearest_by_kl(queries, base, k);
}

Tensor distances(const Posteriors& a, const Posteriors& b, PosteriorMetric metric) {
  check(a, "a", metric);
  check(b, "b", metric);
  LATENT_CHECK(a.mu.shape() == b.mu.shape(), "[distances] a and b of one shape expected, got {} and {}",
               a.mu.shape().str(), b.mu.shape().str());
  const int64_t N = a.mu.dim(0), D = a.mu.dim(1);
  Tensor result = Tensor::empty({N}, DType::f64);
  for (int64_t i = 0; i < N; ++i) {
    const float* rows[] = {a.mu.data<float>() + i * D, a.stddev.data<float>() + i * D, b.mu.data<float>() + i * D,
                           b.stddev.data<float>() + i * D};
    result.data<double>()[i] = metric == PosteriorMetric::kl ? symmetric_kl(D, rows[0], rows[1], rows[2], rows[3])
                                                             : wasserstein(D, rows[0], rows[1], rows[2], rows[3]);
  }
  return result;
}

}  // namespace latent::space
