#pragma once
// A sparse matrix, row after row: what is known of each point's neighbours.

#include <latent/core/threads.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace latent::space {

/// A sparse matrix by rows; columns ascend within a row.
struct SparseMatrix {
  std::vector<int64_t> begin;   ///< (rows + 1): row i has the entries [begin[i], begin[i + 1])
  std::vector<int32_t> column;  ///< column of each entry
  std::vector<float> value;     ///< value of each entry

  int64_t rows() const { return static_cast<int64_t>(begin.size()) - 1; }

  /// With room for the entries that `begin` counts.
  static SparseMatrix with_rows(std::vector<int64_t> begin);
};

/// For a square matrix.
SparseMatrix transposed(const SparseMatrix& p);

/// The matrix of combine(a_ij, b_ij), where 0 stands for an entry that is not there; keeps what is above 0. Both have
/// the same number of rows. The same for any number of threads.
template <class Combine>
SparseMatrix combined(const SparseMatrix& a, const SparseMatrix& b, const Combine& combine) {
  constexpr int64_t kGrain = 256;  // rows that are worth a thread
  // visit(column, value) for each entry of row i
  const auto merge = [&](size_t i, const auto& visit) {
    auto at = static_cast<size_t>(a.begin[i]), bt = static_cast<size_t>(b.begin[i]);
    const auto a_end = static_cast<size_t>(a.begin[i + 1]), b_end = static_cast<size_t>(b.begin[i + 1]);
    while (at < a_end || bt < b_end) {
      const bool from_a = bt == b_end || (at < a_end && a.column[at] <= b.column[bt]);
      const bool from_b = at == a_end || (bt < b_end && b.column[bt] <= a.column[at]);
      const int32_t column = from_a ? a.column[at] : b.column[bt];
      const float value = combine(from_a ? a.value[at] : 0.0f, from_b ? b.value[bt] : 0.0f);
      at += from_a ? 1 : 0;
      bt += from_b ? 1 : 0;
      if (value > 0.0f) visit(column, value);
    }
  };
  const int64_t N = a.rows();
  std::vector<int64_t> begin(static_cast<size_t>(N) + 1, 0);
  parallel_for(N, kGrain, [&](int64_t first, int64_t last) {
    for (auto i = static_cast<size_t>(first); i < static_cast<size_t>(last); ++i) {
      merge(i, [&](int32_t, float) { ++begin[i + 1]; });
    }
  });
  for (size_t i = 0; i < static_cast<size_t>(N); ++i) begin[i + 1] += begin[i];
  SparseMatrix result = SparseMatrix::with_rows(std::move(begin));
  parallel_for(N, kGrain, [&](int64_t first, int64_t last) {
    for (auto i = static_cast<size_t>(first); i < static_cast<size_t>(last); ++i) {
      auto at = static_cast<size_t>(result.begin[i]);
      merge(i, [&](int32_t column, float value) {
        result.column[at] = column;
        result.value[at++] = value;
      });
    }
  });
  return result;
}

}  // namespace latent::space
