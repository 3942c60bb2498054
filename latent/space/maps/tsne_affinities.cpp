#include <latent/space/maps/tsne_affinities.hpp>

#include <latent/core/threads.hpp>
#include <latent/kernels/tsne.hpp>

#include <algorithm>
#include <utility>

namespace latent::space {

namespace {

constexpr int64_t kAffinityGrain = 256;  // rows that are worth a thread

}  // namespace

Affinities conditional_affinities(const Neighbors& neighbors, double perplexity) {
  const int64_t rows = neighbors.index.dim(0), k = neighbors.index.dim(1);
  std::vector<float> p(static_cast<size_t>(rows * k));
  kernels::perplexity_rows(rows, k, neighbors.distance.data<float>(), perplexity, p.data());

  std::vector<int64_t> begin(static_cast<size_t>(rows + 1));
  for (int64_t i = 0; i <= rows; ++i) begin[static_cast<size_t>(i)] = i * k;
  Affinities result = Affinities::with_rows(std::move(begin));
  parallel_for(rows, kAffinityGrain, [&](int64_t first, int64_t last) {
    std::vector<std::pair<int32_t, float>> row(static_cast<size_t>(k));
    for (int64_t i = first; i < last; ++i) {
      for (int64_t j = 0; j < k; ++j) {
        row[static_cast<size_t>(j)] = {static_cast<int32_t>(neighbors.index.data<int64_t>()[i * k + j]),
                                       p[static_cast<size_t>(i * k + j)]};
      }
      std::sort(row.begin(), row.end());
      auto at = static_cast<size_t>(i * k);
      for (const auto& [column, value] : row) result.column[at] = column, result.value[at++] = value;
    }
  });
  return result;
}

Affinities joint_affinities(const Neighbors& neighbors, double perplexity) {
  const Affinities p = conditional_affinities(neighbors, perplexity);
  const auto scale = static_cast<float>(1.0 / (2.0 * static_cast<double>(p.rows())));
  return combined(p, transposed(p), [scale](float one, float other) { return (one + other) * scale; });
}

int64_t neighbors_for(double perplexity, int64_t available) {
  return std::min(available, static_cast<int64_t>(3.0 * perplexity + 1.0));
}

}  // namespace latent::space
