#include <latent/space/linear/sparse_matrix.hpp>

namespace latent::space {

SparseMatrix SparseMatrix::with_rows(std::vector<int64_t> begin) {
  SparseMatrix p{.begin = std::move(begin), .column = {}, .value = {}};
  p.column.resize(static_cast<size_t>(p.begin.back()));
  p.value.resize(p.column.size());
  return p;
}

// The rows of the result ascend because those of p are visited in their order.
SparseMatrix transposed(const SparseMatrix& p) {
  const auto N = static_cast<size_t>(p.rows());
  std::vector<int64_t> begin(N + 1, 0);
  for (const int32_t j : p.column) ++begin[static_cast<size_t>(j) + 1];
  for (size_t i = 0; i < N; ++i) begin[i + 1] += begin[i];
  std::vector<int64_t> next(begin.begin(), begin.end() - 1);
  SparseMatrix turned = SparseMatrix::with_rows(std::move(begin));
  for (size_t i = 0; i < N; ++i) {
    for (auto e = static_cast<size_t>(p.begin[i]); e < static_cast<size_t>(p.begin[i + 1]); ++e) {
      const auto to = static_cast<size_t>(next[static_cast<size_t>(p.column[e])]++);
      turned.column[to] = static_cast<int32_t>(i);
      turned.value[to] = p.value[e];
    }
  }
  return turned;
}

}  // namespace latent::space
