#include <latent/space/neighbors/detail/neighbor_search.hpp>

#include <latent/core/stoppable.hpp>
#include <latent/core/threads.hpp>
#include <latent/kernels/distance.hpp>
#include <latent/kernels/gemm.hpp>
#include <latent/space/neighbors/detail/neighbor_filter.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

namespace latent::space::detail {

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Whether a search shall end, asked by those who share it: one that takes long is a single piece of parallel work.
class EndsEarly {
 public:
  explicit operator bool() const { return scope_ != nullptr && scope_->is_asked(); }

 private:
  const Stoppable* scope_ = Stoppable::current();
};

struct Candidate {
  float distance;
  int32_t index;
  friend bool operator<(const Candidate& a, const Candidate& b) {
    return a.distance < b.distance || (a.distance == b.distance && a.index < b.index);
  }
};

// The k nearest so far of each row, sorted. What it holds in the end does not depend on the order of offers.
class Best {
 public:
  Best(int64_t rows, int64_t k) : k_(k), counts_(static_cast<size_t>(rows), 0), best_(static_cast<size_t>(rows * k)) {}

  void offer(int64_t row, Candidate candidate) {
    Candidate* begin = best_.data() + row * k_;
    int32_t& count = counts_[static_cast<size_t>(row)];
    if (count == k_) {
      if (!(candidate < begin[k_ - 1])) return;
    } else {
      ++count;
    }
    Candidate* place = std::upper_bound(begin, begin + count - 1, candidate);
    std::move_backward(place, begin + count - 1, begin + count);
    *place = candidate;
  }
  // Distance of the k-th; infinity while there are fewer.
  float distance(int64_t row) const {
    return counts_[static_cast<size_t>(row)] == k_ ? best_[static_cast<size_t>(row * k_ + k_ - 1)].distance
                                                   : kInfinity;  // NOLINT(bugprone-narrowing-conversions)
  }
  Neighbors neighbors() const {
    const auto N = static_cast<int64_t>(counts_.size());
    Neighbors found{.index = Tensor::empty({N, k_}, DType::i64), .distance = Tensor::empty({N, k_})};
    for (size_t i = 0; i < best_.size(); ++i) {
      found.index.data<int64_t>()[i] = best_[i].index;
      found.distance.data<float>()[i] = best_[i].distance;
    }
    return found;
  }

 private:
  int64_t k_;
  std::vector<int32_t> counts_;
  std::vector<Candidate> best_;
};

Neighbors search_directly(const Tensor& queries, const Tensor& base, int64_t k, Metric metric, Self self) {
  const Comparison comparison(queries, base, metric);
  const int64_t N = queries.dim(0), M = base.dim(0);
  Best best(N, k);
  const int64_t grain = std::max<int64_t>(1, (int64_t{64} * 1024) / base.dim(1));
  std::vector<uint8_t> is_number(static_cast<size_t>(N), 1);
  const EndsEarly ends_early;
  // Many queries are divided among threads; of a single one, its distances are.
  parallel_for(N, 1, [&](int64_t begin, int64_t end) {
    std::vector<Candidate> all(static_cast<size_t>(M));
    for (int64_t i = begin; i < end && !ends_early; ++i) {
      parallel_for(M, grain, [&](int64_t from, int64_t to) {
        for (int64_t j = from; j < to; ++j) {
          all[static_cast<size_t>(j)] = {comparison.distance(i, j), static_cast<int32_t>(j)};
        }
      });
      if (std::any_of(all.begin(), all.end(), [](const Candidate& c) { return std::isnan(c.distance); })) {
        is_number[static_cast<size_t>(i)] = 0;
        continue;
      }
      if (self == Self::left_out) std::swap(all[static_cast<size_t>(i)], all.back());
      const auto last = all.end() - (self == Self::left_out ? 1 : 0);
      std::nth_element(all.begin(), all.begin() + (k - 1), last);
      std::for_each(all.begin(), all.begin() + k, [&](const Candidate& candidate) { best.offer(i, candidate); });
    }
  });
  check_stop();
  for (size_t i = 0; i < is_number.size(); ++i) {
    LATENT_CHECK(is_number[i] != 0, "[nearest] rows: expected finite values, got NaN or infinity near query {}", i);
  }
  return best.neighbors();
}

// One set during a filtered search: its points, the rows that they stand for, and what products are compared with.
struct Side {
  FilterPoints set;
  std::vector<int32_t> row;
  std::vector<float> bias;
  std::vector<float> bound, column_bound;  // bound_i, bound_i + bias_i
};
Side side_of(const FilterBounds& bounds, FilterPoints set, std::vector<int32_t> row) {
  const auto N = static_cast<size_t>(set.points.dim(0));
  Side side{std::move(set), std::move(row), std::vector<float>(N), std::vector<float>(N, -kInfinity),
            std::vector<float>(N, -kInfinity)};
  for (size_t i = 0; i < N; ++i) side.bias[i] = bounds.bias(side.set, static_cast<int64_t>(i));
  return side;
}

// Products of `block` rows of one side with as many of another, and the candidates among them.
class BlockSearch {
 public:
  BlockSearch(const FilterBounds& bounds, const Comparison& comparison, int64_t block, Best& best)
      : bounds_(bounds),
        comparison_(comparison),
        best_(best),
        products_(static_cast<size_t>(block * block)),
        positions_(static_cast<size_t>(block)) {}

  // Points [from, from + rows) of the queries and [begin, begin + cols) of the base.
  void one_sided(Side& queries, const Side& base, int64_t from, int64_t rows, int64_t begin, int64_t cols) {
    multiply(queries, base, from, rows, begin, cols);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t i = from + r;
      const float* c = products_.data() + r * cols;
      const int64_t found =
          kernels::find_candidates(cols, c, queries.bound[static_cast<size_t>(i)], 0.0F, nullptr, positions_.data());
      for (int64_t p = 0; p < found; ++p) {
        const int64_t j = begin + positions_[static_cast<size_t>(p)];
        // The bound may have risen since.
        if (!(c[j - begin] >= queries.bound[static_cast<size_t>(i)])) continue;
        const int32_t row = base.row[static_cast<size_t>(j)];
        offer(queries, i, comparison_.distance(queries.row[static_cast<size_t>(i)], row), row);
      }
    }
  }

  // The same within one set, each pair for both of its rows. With begin == from, pairs i < j alone.
  void two_sided(Side& side, int64_t from, int64_t rows, int64_t begin, int64_t cols) {
    multiply(side, side, from, rows, begin, cols);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t i = from + r, first = begin == from ? r + 1 : 0;
      const float* c = products_.data() + r * cols;
      const float bias = side.bias[static_cast<size_t>(i)];
      const int64_t found = kernels::find_candidates(cols - first, c + first, side.bound[static_cast<size_t>(i)], bias,
                                                     side.column_bound.data() + begin + first, positions_.data());
      for (int64_t p = 0; p < found; ++p) {
        const int64_t j = begin + first + positions_[static_cast<size_t>(p)];
        const float product = c[j - begin];
        const bool for_i = product >= side.bound[static_cast<size_t>(i)];
        const bool for_j = product + bias >= side.column_bound[static_cast<size_t>(j)];
        if (!for_i && !for_j) continue;
        const int32_t row_i = side.row[static_cast<size_t>(i)], row_j = side.row[static_cast<size_t>(j)];
        const float distance = comparison_.distance(row_i, row_j);
        if (for_i) offer(side, i, distance, row_j);
        if (for_j) offer(side, j, distance, row_i);
      }
    }
  }

 private:
  void multiply(const Side& a, const Side& b, int64_t from, int64_t rows, int64_t begin, int64_t cols) {
    const Tensor& left = a.set.points;
    const Tensor& right = b.set.points;
    const DType type = left.dtype();
    kernels::gemm(
        {.M = rows, .N = cols, .K = left.dim(1), .transpose_b = true, .a = type, .b = type, .on_this_thread = true},
        left.rows(from, from + rows).raw(), right.rows(begin, begin + cols).raw(), b.bias.data() + begin,
        products_.data());
  }

  // Row `other` as a neighbour of point i.
  void offer(Side& side, int64_t i, float distance, int32_t other) {
    const auto at = static_cast<size_t>(i);
    const int32_t row = side.row[at];
    const float before = best_.distance(row);
    best_.offer(row, {distance, other});
    const float now = best_.distance(row);
    if (now == before) return;
    side.bound[at] = bounds_.bound(side.set, i, now);
    // Rounded down, as every bound is.
    side.column_bound[at] = std::nextafter(side.bound[at] + side.bias[at], -kInfinity);
  }

  const FilterBounds& bounds_;
  const Comparison& comparison_;
  Best& best_;
  std::vector<float> products_;
  std::vector<int32_t> positions_;
};

// All pairs of `count` things in rounds in which nothing occurs twice: the circle method of tournaments.
std::vector<std::vector<std::pair<int64_t, int64_t>>> tournament(int64_t count) {
  const int64_t n = count + count % 2;  // with an odd count, whoever meets the one that does not exist sits out
  std::vector<std::vector<std::pair<int64_t, int64_t>>> rounds;
  for (int64_t round = 0; round + 1 < n; ++round) {
    std::vector<std::pair<int64_t, int64_t>> pairs;
    for (int64_t i = 0; i < n / 2; ++i) {
      const int64_t a = i == 0 ? n - 1 : (round + i) % (n - 1);
      const int64_t b = (round - i + n - 1) % (n - 1);
      if (std::max(a, b) < count) pairs.emplace_back(std::min(a, b), std::max(a, b));
    }
    rounds.push_back(std::move(pairs));
  }
  return rounds;
}

// Distances of the k-th neighbours of some rows among some rows: about as large as those among all.
std::vector<double> some_distances(const Comparison& comparison, int64_t N, int64_t M, int64_t k) {
  constexpr int64_t kQueries = 16, kRows = 1024;
  const int64_t queries = std::min(N, kQueries), rows = std::min(M, kRows);
  const int64_t rank = std::min(rows - 1, k * rows / M + 1);
  std::vector<double> distances, row(static_cast<size_t>(rows));
  for (int64_t i = 0; i < queries; ++i) {
    for (int64_t j = 0; j < rows; ++j) {
      row[static_cast<size_t>(j)] = comparison.distance(i * N / queries, j * M / rows);
    }
    std::nth_element(row.begin(), row.begin() + rank, row.end());
    distances.push_back(row[static_cast<size_t>(rank)]);
  }
  return distances;
}

std::vector<int32_t> in_order(int64_t count) {
  std::vector<int32_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  return order;
}

void search_one_sided(const FilterBounds& bounds, const Comparison& comparison, int64_t block, Side& queries,
                      const Side& base, Best& best) {
  const int64_t N = queries.set.points.dim(0), M = base.set.points.dim(0);
  const int64_t rows = std::clamp<int64_t>((N + num_threads() - 1) / num_threads(), 1, block);
  const EndsEarly ends_early;
  parallel_for((N + rows - 1) / rows, 1, [&](int64_t first, int64_t last) {
    BlockSearch search(bounds, comparison, block, best);
    for (int64_t b = first; b < last; ++b) {
      for (int64_t begin = 0; begin < M && !ends_early; begin += block) {
        search.one_sided(queries, base, b * rows, std::min(rows, N - b * rows), begin, std::min(block, M - begin));
      }
    }
  });
  check_stop();
}

void search_two_sided(const FilterBounds& bounds, const Comparison& comparison, int64_t block, Side& side, Best& best) {
  const int64_t N = side.set.points.dim(0), blocks = (N + block - 1) / block;
  std::vector<std::vector<std::pair<int64_t, int64_t>>> rounds = tournament(blocks);
  std::vector<std::pair<int64_t, int64_t>> within;
  for (int64_t b = 0; b < blocks; ++b) within.emplace_back(b, b);
  rounds.insert(rounds.begin(), within);
  const EndsEarly ends_early;
  // No block of rows occurs twice in a round, so that no row is touched by two threads.
  for (const auto& pairs : rounds) {
    parallel_for(static_cast<int64_t>(pairs.size()), 1, [&](int64_t begin, int64_t end) {
      BlockSearch search(bounds, comparison, block, best);
      for (int64_t p = begin; p < end && !ends_early; ++p) {
        const auto [a, b] = pairs[static_cast<size_t>(p)];
        search.two_sided(side, a * block, std::min(block, N - a * block), b * block, std::min(block, N - b * block));
      }
    });
  }
  check_stop();
}

Neighbors search_filtered(const Tensor& queries, const Tensor& base, int64_t k, Metric metric, Self self,
                          const SearchPlan& plan) {
  FilterSpace space = filter_space(queries, base, metric);
  space.products = plan.products;
  if (plan.axes.defined()) use_axes(space, plan.axes);
  const Comparison comparison(queries, base, metric);
  FilterPoints base_points = filter_points(space, base);
  const double rho = typical_rho(space, base_points, some_distances(comparison, queries.dim(0), base.dim(0), k));
  const FilterBounds bounds(space, rho);
  Best best(queries.dim(0), k);
  if (self == Self::left_out) {
    // Where near points stand together, the first products already find most neighbours, and later ones rule out more.
    std::vector<int32_t> order = grouped_order(base_points, (base.dim(0) + plan.block - 1) / plan.block);
    FilterPoints grouped = reordered(base_points, order);
    base_points = {};
    Side side = side_of(bounds, std::move(grouped), std::move(order));
    search_two_sided(bounds, comparison, plan.block, side, best);
  } else {
    Side query_side = side_of(bounds, filter_points(space, queries), in_order(queries.dim(0)));
    const Side base_side = side_of(bounds, std::move(base_points), in_order(base.dim(0)));
    search_one_sided(bounds, comparison, plan.block, query_side, base_side, best);
  }
  return best.neighbors();
}

}  // namespace

Neighbors search(const Tensor& queries, const Tensor& base, int64_t k, Metric metric, Self self,
                 const SearchPlan& plan) {
  if (plan.way == SearchPlan::Way::direct) return search_directly(queries, base, k, metric, self);
  return search_filtered(queries, base, k, metric, self, plan);
}

}  // namespace latent::space::detail
