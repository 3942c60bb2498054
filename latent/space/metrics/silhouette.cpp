#include <latent/space/metrics/scores.hpp>

#include <latent/core/threads.hpp>
#include <latent/space/linear/detail/rows.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace latent::space {

namespace {

double distance(const float* a, const float* b, int64_t D) { return std::sqrt(squared_distance(a, b, D)); }

// (b - a) / max(a, b) of one row. @param totals  sum of its distances to the rows of each cluster
double silhouette_of(std::span<const double> totals, std::span<const int64_t> sizes, int64_t own) {
  const auto size = static_cast<double>(sizes[static_cast<size_t>(own)]);
  if (size <= 1.0) return 0.0;
  const double a = totals[static_cast<size_t>(own)] / (size - 1.0);
  double b = std::numeric_limits<double>::infinity();
  for (size_t c = 0; c < totals.size(); ++c) {
    if (static_cast<int64_t>(c) == own) continue;
    b = std::min(b, totals[c] / static_cast<double>(sizes[c]));
  }
  const double larger = std::max(a, b);
  return larger > 0.0 ? (b - a) / larger : 0.0;
}

}  // namespace

double silhouette(const Tensor& x, std::span<const int64_t> clusters) {
  check_rows("silhouette", x);
  const int64_t N = x.dim(0), D = x.dim(1);
  LATENT_CHECK(static_cast<int64_t>(clusters.size()) == N, "[silhouette] clusters: expected {}, got {}", N,
               clusters.size());
  for (const int64_t cluster : clusters) {
    LATENT_CHECK(cluster >= 0, "[silhouette] clusters: not negative, got {}", cluster);
  }
  // Numbers without gaps: a large one must not cost memory.
  std::vector<int64_t> numbers(clusters.begin(), clusters.end());
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  std::vector<int64_t> sizes(numbers.size()), cluster_of(static_cast<size_t>(N));
  for (size_t i = 0; i < cluster_of.size(); ++i) {
    cluster_of[i] = std::lower_bound(numbers.begin(), numbers.end(), clusters[i]) - numbers.begin();
    ++sizes[static_cast<size_t>(cluster_of[i])];
  }
  const auto count = static_cast<int64_t>(sizes.size());
  LATENT_CHECK(2 <= count && count < N, "[silhouette] of {} rows: 2 to {} clusters expected, got {}", N, N - 1, count);

  std::vector<double> scores(static_cast<size_t>(N));
  parallel_for(N, 8, [&](int64_t begin, int64_t end) {
    std::vector<double> totals(sizes.size());
    for (int64_t i = begin; i < end; ++i) {
      std::fill(totals.begin(), totals.end(), 0.0);
      for (int64_t j = 0; j < N; ++j) {
        totals[static_cast<size_t>(cluster_of[static_cast<size_t>(j)])] +=
            distance(x.data<float>() + i * D, x.data<float>() + j * D, D);
      }
      scores[static_cast<size_t>(i)] = silhouette_of(totals, sizes, cluster_of[static_cast<size_t>(i)]);
    }
  });
  double sum = 0.0;
  for (const double score : scores) sum += score;
  return sum / static_cast<double>(N);
}

}  // namespace latent::space
