// Which way of searching takes the least work. A wrong guess costs time, never a wrong neighbour.

#include <latent/space/neighbors/detail/neighbor_search.hpp>

#include <latent/core/threads.hpp>
#include <latent/kernels/distance.hpp>
#include <latent/space/linear/pca.hpp>
#include <latent/space/neighbors/detail/neighbor_filter.hpp>
#include <latent/training/forced_precision.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace latent::space::detail {

namespace {

constexpr int64_t kQueries = 48, kRows = 8192;  // of the sample
constexpr int64_t kAxesRows = 4096;             // that principal axes are fitted to
constexpr int64_t kAxesStep = 32, kMostAxes = 192;
constexpr int64_t kFewestForAxes = 96;  // columns
constexpr double kLeastForAxes = 2e11;  // multiplications of all pairs, beside which fitting axes is cheap

// Work in units of one multiplication of a product in f32.
constexpr double kExactTerm = 8.0;     // a term of an exact distance, read from anywhere
constexpr double kBf16Product = 0.55;  // a multiplication in bf16
constexpr double kLookedAt = 6.0;      // comparing a product with a bound

// Evenly spaced rows of x, placed in the space: (count, D).
Tensor some_rows(const FilterSpace& space, const Tensor& x, int64_t count) {
  const int64_t N = x.dim(0);
  Tensor rows = Tensor::empty({count, x.dim(1)});
  parallel_for(count, 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) space.place(x, i * N / count, 1, rows.data<float>() + i * x.dim(1));
  });
  return rows;
}

double length(const float* row, int64_t D) { return std::sqrt(kernels::dot_product(D, row, row)); }

// One way of filtering, and for how many rows of the sample it needs exact distances.
struct Option {
  int64_t dims;
  DType products;
  double slack;  // of a row, in units of its length
  int64_t passed = 0;
};

std::vector<Option> options_for(int64_t D, bool with_axes) {
  constexpr double kBf16Error = 0.002, kF32Error = 0x1p-23;
  const bool has_bf16 =
      forced_precision().value_or(has_fast_bf16() ? Precision::bf16 : Precision::f32) == Precision::bf16;
  std::vector<Option> options;
  const auto add = [&](int64_t dims, double slack) {
    options.push_back({dims, DType::f32, slack + kF32Error});
    if (has_bf16 && dims >= 2 * kAxesStep) options.push_back({dims, DType::bf16, slack + kBf16Error});
  };
  for (int64_t m = kAxesStep; with_axes && m <= std::min(kMostAxes, D / 2); m += kAxesStep) {
    add(m, static_cast<double>(D) * 0x1p-24 * std::sqrt(static_cast<double>(m)));
  }
  add(D, 0.0);
  return options;
}

// Squared distances of sampled query i to all sampled rows.
std::vector<double> squares_of(const Tensor& queries, const Tensor& rows, int64_t i) {
  const int64_t D = rows.dim(1);
  std::vector<double> squares(static_cast<size_t>(rows.dim(0)));
  for (int64_t j = 0; j < rows.dim(0); ++j) {
    squares[static_cast<size_t>(j)] =
        kernels::squared_distance(D, queries.data<float>() + i * D, rows.data<float>() + j * D);
  }
  return squares;
}

// Counts the rows that each option lets pass for query i.
// @param squares       squared distances of the query
// @param queries, rows along their axes; undefined without
// @param rank          of the farthest neighbour, were the sample all rows
void count_passed(const std::vector<double>& squares, const Tensor& queries, const Tensor& rows, int64_t i,
                  int64_t rank, double size, std::vector<Option>& options) {
  std::vector<double> sorted = squares;
  std::nth_element(sorted.begin(), sorted.begin() + rank, sorted.end());
  const double radius = std::sqrt(sorted[static_cast<size_t>(rank)]);
  const int64_t axes = rows.defined() ? rows.dim(1) : 0;
  for (size_t j = 0; j < squares.size(); ++j) {
    double square = 0.0;
    int64_t done = 0;
    for (Option& option : options) {
      const double reach = radius + 2.0 * option.slack * size;
      if (option.dims <= axes) {
        const float* q = queries.data<float>() + i * axes;
        const float* row = rows.data<float>() + static_cast<int64_t>(j) * axes;
        square += kernels::squared_distance(option.dims - done, q + done, row + done);
        done = option.dims;
      }
      option.passed += (option.dims <= axes ? square : squares[j]) <= reach * reach ? 1 : 0;
    }
  }
}

std::vector<Option> measured(const FilterSpace& space, const Tensor& queries, const Tensor& base, int64_t k,
                             const Pca* pca) {
  const Tensor q = some_rows(space, queries, std::min(kQueries, queries.dim(0)));
  const Tensor rows = some_rows(space, base, std::min(kRows, base.dim(0)));
  const int64_t rank = std::min(rows.dim(0) - 1, k * rows.dim(0) / base.dim(0) + 1);
  const int64_t D = base.dim(1);
  std::vector<Option> options = options_for(D, pca != nullptr);
  const Tensor q_axes = pca != nullptr ? pca->project(q) : Tensor();
  const Tensor rows_axes = pca != nullptr ? pca->project(rows) : Tensor();
  std::vector<std::vector<Option>> counted(static_cast<size_t>(q.dim(0)), options);
  parallel_for(q.dim(0), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const double size = length(q.data<float>() + i * D, D);
      count_passed(squares_of(q, rows, i), q_axes, rows_axes, i, rank, size, counted[static_cast<size_t>(i)]);
    }
  });
  for (const std::vector<Option>& one : counted) {
    for (size_t o = 0; o < options.size(); ++o) options[o].passed += one[o].passed;
  }
  return options;
}

// Expected work for one query among all rows.
double work_of(const Option& option, const Tensor& queries, const Tensor& base, Self self) {
  const auto M = static_cast<double>(base.dim(0)), D = static_cast<double>(base.dim(1));
  const auto looked = static_cast<double>(std::min(kQueries, queries.dim(0)) * std::min(kRows, base.dim(0)));
  const double candidates = static_cast<double>(option.passed) / looked * M;
  // While the radius still shrinks, more rows pass than in the end.
  const double passing = candidates * (1.0 + std::log(std::max(1.0, M / 512.0)));
  const double product = static_cast<double>(option.dims) * (option.products == DType::bf16 ? kBf16Product : 1.0);
  const double share = self == Self::left_out ? 0.5 : 1.0;
  return share * M * (product + kLookedAt) + std::min(passing, M) * D * kExactTerm;
}

}  // namespace

SearchPlan plan_search(const Tensor& queries, const Tensor& base, int64_t k, Metric metric, Self self) {
  constexpr int64_t kFewQueries = 64, kFewRows = 1024;
  const int64_t N = queries.dim(0), M = base.dim(0), D = base.dim(1);
  if (N < kFewQueries || M < kFewRows || 4 * k > M) return {};
  const FilterSpace space = filter_space(queries, base, metric);
  Pca pca;
  const double all = static_cast<double>(N) * static_cast<double>(M) * static_cast<double>(D);
  const bool with_axes = D >= kFewestForAxes && all >= kLeastForAxes;
  if (with_axes) {
    const Tensor rows = some_rows(space, base, std::min(kAxesRows, M));
    pca = fit_pca(rows, {.dims = std::min({kMostAxes, D / 2, rows.dim(0) - 1}), .method = PcaMethod::randomized});
  }
  const std::vector<Option> options = measured(space, queries, base, k, with_axes ? &pca : nullptr);
  const auto best = std::min_element(options.begin(), options.end(), [&](const Option& a, const Option& b) {
    return work_of(a, queries, base, self) < work_of(b, queries, base, self);
  });
  const double direct = static_cast<double>(M) * static_cast<double>(D) * kExactTerm;
  if (work_of(*best, queries, base, self) >= direct) return {};
  SearchPlan plan{.way = SearchPlan::Way::filtered, .products = best->products};
  // Large blocks for speed, but enough of them to keep all threads busy.
  plan.block = std::clamp<int64_t>(M / (int64_t{8} * num_threads()), 128, 1024);
  if (best->dims < D) plan.axes = pca.components.rows(0, best->dims).clone();
  return plan;
}

}  // namespace latent::space::detail
