#include <latent/space/neighbors/retrieval.hpp>

#include <latent/core/threads.hpp>
#include <latent/space/linear/detail/rows.hpp>
#include <latent/space/metrics/ranking.hpp>
#include <latent/space/neighbors/detail/neighbor_filter.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace latent::space {

double mean_average_precision(const Tensor& queries, std::span<const int64_t> query_classes, const Tensor& base,
                              std::span<const int64_t> base_classes, std::span<const int64_t> self, Metric metric) {
  check_rows("mean_average_precision", queries);
  check_rows("mean_average_precision", base);
  const int64_t Q = queries.dim(0), M = base.dim(0);
  LATENT_CHECK(
      queries.dim(1) == base.dim(1) && static_cast<int64_t>(query_classes.size()) == Q &&
          static_cast<int64_t>(base_classes.size()) == M && (self.empty() || static_cast<int64_t>(self.size()) == Q),
      "[mean_average_precision] {} queries of {} with {} classes and {} own rows, {} rows of {} with {} classes", Q,
      queries.dim(1), query_classes.size(), self.size(), M, base.dim(1), base_classes.size());
  const detail::Comparison comparison(queries, base, metric);
  std::vector<double> precision(static_cast<size_t>(Q), std::numeric_limits<double>::quiet_NaN());
  parallel_for(Q, 1, [&](int64_t begin, int64_t end) {
    std::vector<double> scores;
    std::vector<uint8_t> is_same;
    for (int64_t q = begin; q < end; ++q) {
      const int64_t of_query = query_classes[static_cast<size_t>(q)];
      if (of_query < 0) continue;
      scores.clear();
      is_same.clear();
      for (int64_t j = 0; j < M; ++j) {
        if (!self.empty() && self[static_cast<size_t>(q)] == j) continue;
        scores.push_back(-double{comparison.distance(q, j)});
        is_same.push_back(base_classes[static_cast<size_t>(j)] == of_query ? 1 : 0);
      }
      const auto same = static_cast<size_t>(std::count(is_same.begin(), is_same.end(), uint8_t{1}));
      if (same == 0) continue;
      precision[static_cast<size_t>(q)] = same == is_same.size() ? 1.0 : average_precision(scores, is_same);
    }
  });
  double sum = 0.0;
  int64_t count = 0;
  for (const double value : precision) {
    if (std::isnan(value)) continue;
    sum += value;
    ++count;
  }
  return count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace latent::space
