#include <latent/core/threads.hpp>
#include <latent/space/tsne_affinities.hpp>

#include <algorithm>
#include <utility>

namespace latent::space {

namespace {

constexpr int64_t kGrain = 256;  // rows that are worth a thread

Affinities room_for(std::vector<int64_t> begin) {
  Affinities p{.begin = std::move(begin), .column = {}, .value = {}};
  p.column.resize(static_cast<size_t>(p.begin.back()));
  p.value.resize(p.column.size());
  return p;
}

// (columns of p, rows of p): the rows of the result ascend because those of p are visited in their order.
Affinities transposed(const Affinities& p) {
  const int64_t N = p.rows();
  std::vector<int64_t> begin(static_cast<size_t>(N + 1), 0);
  for (const int32_t j : p.column) ++begin[static_cast<size_t>(j) + 1];
  for (size_t i = 0; i < static_cast<size_t>(N); ++i) begin[i + 1] += begin[i];
  std::vector<int64_t> next(begin.begin(), begin.end() - 1);
  Affinities turned = room_for(std::move(begin));
  for (int64_t i = 0; i < N; ++i) {
    for (auto at = static_cast<size_t>(p.begin[static_cast<size_t>(i)]);
         at < static_cast<size_t>(p.begin[static_cast<size_t>(i + 1)]); ++at) {
      const auto to = static_cast<size_t>(next[static_cast<size_t>(p.column[at])]++);
      turned.column[to] = static_cast<int32_t>(i);
      turned.value[to] = p.value[at];
    }
  }
  return turned;
}

// Visits the entries of row i of a + b that are not zero, in the order of their columns: visit(column, value).
template <class Visit>
void add_rows(const Affinities& a, const Affinities& b, size_t i, const Visit& visit) {
  auto at = static_cast<size_t>(a.begin[i]), bt = static_cast<size_t>(b.begin[i]);
  const auto a_end = static_cast<size_t>(a.begin[i + 1]), b_end = static_cast<size_t>(b.begin[i + 1]);
  while (at < a_end || bt < b_end) {
    const bool from_a = bt == b_end || (at < a_end && a.column[at] <= b.column[bt]);
    const bool from_b = at == a_end || (bt < b_end && b.column[bt] <= a.column[at]);
    const int32_t column = from_a ? a.column[at] : b.column[bt];
    const float value = (from_a ? a.value[at] : 0.0f) + (from_b ? b.value[bt] : 0.0f);
    at += from_a ? 1 : 0;
    bt += from_b ? 1 : 0;
    if (value > 0.0f) visit(column, value);
  }
}

}  // namespace

Affinities conditional_affinities(const Neighbors& neighbors, double perplexity) {
  const int64_t rows = neighbors.index.dim(0), k = neighbors.index.dim(1);
  std::vector<float> p(static_cast<size_t>(rows * k));
  kernels::perplexity_rows(rows, k, neighbors.distance.data<float>(), perplexity, p.data());

  std::vector<int64_t> begin(static_cast<size_t>(rows + 1));
  for (int64_t i = 0; i <= rows; ++i) begin[static_cast<size_t>(i)] = i * k;
  Affinities result = room_for(std::move(begin));
  parallel_for(rows, kGrain, [&](int64_t first, int64_t last) {
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
  const Affinities p = conditional_affinities(neighbors, perplexity), turned = transposed(p);
  const int64_t N = p.rows();
  std::vector<int64_t> begin(static_cast<size_t>(N + 1), 0);
  parallel_for(N, kGrain, [&](int64_t first, int64_t last) {
    for (auto i = static_cast<size_t>(first); i < static_cast<size_t>(last); ++i) {
      add_rows(p, turned, i, [&](int32_t, float) { ++begin[i + 1]; });
    }
  });
  for (size_t i = 0; i < static_cast<size_t>(N); ++i) begin[i + 1] += begin[i];

  Affinities joint = room_for(std::move(begin));
  const auto scale = static_cast<float>(1.0 / (2.0 * static_cast<double>(N)));
  parallel_for(N, kGrain, [&](int64_t first, int64_t last) {
    for (auto i = static_cast<size_t>(first); i < static_cast<size_t>(last); ++i) {
      auto at = static_cast<size_t>(joint.begin[i]);
      add_rows(p, turned, i, [&](int32_t column, float value) {
        joint.column[at] = column;
        joint.value[at++] = value * scale;
      });
    }
  });
  return joint;
}

int64_t neighbors_for(double perplexity, int64_t available) {
  return std::min(available, static_cast<int64_t>(3.0 * perplexity + 1.0));
}

}  // namespace latent::space
