#include <latent/space/neighbors/precision_recall.hpp>

#include <latent/core/threads.hpp>
#include <latent/kernels/gemm.hpp>
#include <latent/space/linear/detail/rows.hpp>
#include <latent/space/neighbors/detail/neighbor_filter.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace latent::space {

namespace {

constexpr int64_t kQueries = 64, kCenters = 1024;  // rows of one block of products

// The share of queries that lie in a sphere about a row of `centers`. Products of rows, rounded, decide about pairs
// that are clearly inside or outside; the others' distances are computed as those of neighbours are.
double share_inside(const Tensor& queries, const Tensor& centers, const Tensor& neighbor_distance) {
  const int64_t N = queries.dim(0), M = centers.dim(0), D = queries.dim(1), k = neighbor_distance.dim(1);
  const detail::Comparison comparison(queries, centers, Metric::euclidean);
  const std::vector<float> query_squares = squared_lengths(queries), center_squares = squared_lengths(centers);
  // Of a sum of D products in f32 (Higham 2002, section 3.1), and of the lengths.
  const double rounding = static_cast<double>(D + 8) * 0x1p-23;
  std::vector<uint8_t> inside(static_cast<size_t>(N), 0);
  parallel_for(N, kQueries, [&](int64_t begin, int64_t end) {
    std::vector<float> products(static_cast<size_t>(kQueries * kCenters));
    for (int64_t q = begin; q < end; q += kQueries) {
      const int64_t rows = std::min(kQueries, end - q);
      for (int64_t c = 0; c < M; c += kCenters) {
        const int64_t cols = std::min(kCenters, M - c);
        kernels::gemm({.M = rows, .N = cols, .K = D, .transpose_b = true, .on_this_thread = true},
                      queries.data<float>() + q * D, centers.data<float>() + c * D, nullptr, products.data());
        for (int64_t i = 0; i < rows; ++i) {
          uint8_t& found = inside[static_cast<size_t>(q + i)];
          for (int64_t j = 0; j < cols && found == 0; ++j) {
            const float radius = neighbor_distance.data<float>()[(c + j) * k + k - 1];
            const double lengths =
                double{query_squares[static_cast<size_t>(q + i)]} + center_squares[static_cast<size_t>(c + j)];
            const double square = double{radius} * double{radius}, slack = rounding * (lengths + square);
            const double excess = lengths - 2.0 * double{products[static_cast<size_t>(i * cols + j)]} - square;
            if (excess > slack) continue;
            if (excess < -slack || comparison.distance(q + i, c + j) <= radius) found = 1;
          }
        }
      }
    }
  });
  return static_cast<double>(std::accumulate(inside.begin(), inside.end(), int64_t{0})) / static_cast<double>(N);
}

}  // namespace

PrecisionRecall precision_recall(const Tensor& real, const Tensor& generated, int64_t k) {
  check_rows("precision_recall", real);
  check_rows("precision_recall", generated);
  LATENT_CHECK(real.dim(1) == generated.dim(1), "[precision_recall] rows of {} and of {} dimensions", real.dim(1),
               generated.dim(1));
  const int64_t fewest = std::min(real.dim(0), generated.dim(0));
  LATENT_CHECK(k >= 1 && k < fewest, "[precision_recall] k: expected 1 to {}, got {}", fewest - 1, k);
  return {.precision = share_inside(generated, real, nearest_others(real, k).distance),
          .recall = share_inside(real, generated, nearest_others(generated, k).distance)};
}

}  // namespace latent::space
