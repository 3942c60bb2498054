#include <latent/core/threads.hpp>
#include <latent/kernels/gemm.hpp>
#include <latent/space/linear/detail/rows.hpp>
#include <latent/space/maps/map_quality.hpp>
#include <latent/space/neighbors/neighbors.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace latent::space {

namespace {

void check_rows(const char* function, const char* name, const Tensor& x) {
  LATENT_CHECK(x.defined() && x.ndim() == 2 && x.dtype() == DType::f32 && x.dim(1) > 0,
               "[{}] {} (N, D): expected f32, got {} {}", function, name,
               x.defined() ? name_of(x.dtype()) : "undefined", x.defined() ? x.shape().str() : "");
  const std::span<const float> values = x.span<float>();
  const auto bad = std::find_if_not(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
  LATENT_CHECK(bad == values.end(), "[{}] {}: expected finite values, got {} in row {}", function, name, *bad,
               (bad - values.begin()) / x.dim(1));
}

void check_pair(const char* function, const Tensor& before, const Tensor& map, int64_t k) {
  check_rows(function, "before", before);
  check_rows(function, "map", map);
  LATENT_CHECK(map.dim(0) == before.dim(0), "[{}] map (N, d): expected N = {}, got {}", function, before.dim(0),
               map.shape().str());
  LATENT_CHECK(k >= 1 && 2 * k < before.dim(0), "[{}] k: expected at least 1 and less than half of {} rows, got {}",
               function, before.dim(0), k);
}

// Ranks of given rows among all rows as seen from one of them, without sorting: a rank is one more than the number of
// nearer rows. Distances come from matrix products; where rounding leaves open which row is nearer, the pair is
// computed again in double. Of rows equally far the one of lower index is nearer.
class RankCounter {
 public:
  explicit RankCounter(const Tensor& x)
      : x_(x.data<float>()), N_(x.dim(0)), D_(x.dim(1)), centered_(Tensor::empty(x.shape())) {
    center();
    squares_.resize(static_cast<size_t>(N_));
    parallel_for(N_, 64, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        double sum = 0.0;
        for (const float v : row(i)) sum += static_cast<double>(v) * v;
        squares_[static_cast<size_t>(i)] = static_cast<float>(sum);
      }
    });
  }

  /// For the rows [begin, end), at most kRows: nearer[(i - begin) * k + a] = how many rows are nearer to i than row
  /// others[i * k + a] is. Runs on the calling thread.
  void count(int64_t begin, int64_t end, int64_t k, const int64_t* others, int64_t* nearer) const {
    std::vector<double> limit(static_cast<size_t>((end - begin) * k));
    for (int64_t i = begin; i < end; ++i) {
      for (int64_t a = 0; a < k; ++a) {
        limit[static_cast<size_t>((i - begin) * k + a)] = distance(i, others[i * k + a]);
      }
    }
    std::fill_n(nearer, (end - begin) * k, 0);
    std::vector<float> tile(static_cast<size_t>(kRows * kCols));
    for (int64_t from = 0; from < N_; from += kCols) {
      const int64_t cols = std::min(kCols, N_ - from);
      kernels::gemm({.M = end - begin, .N = cols, .K = D_, .transpose_b = true, .on_this_thread = true},
                    row(begin).data(), row(from).data(), nullptr, tile.data());
      const float largest = *std::max_element(squares_.begin() + from, squares_.begin() + from + cols);
      for (int64_t i = begin; i < end; ++i) {
        float* line = tile.data() + (i - begin) * cols;
        for (int64_t l = 0; l < cols; ++l) line[l] = squares_[static_cast<size_t>(from + l)] - 2.0f * line[l];
        if (i >= from && i < from + cols) line[i - from] = std::numeric_limits<float>::infinity();
        const Line seen{i, from, cols, line, rounding() * (square(i) + largest)};
        for (int64_t a = 0; a < k; ++a) {
          const auto at = static_cast<size_t>((i - begin) * k + a);
          nearer[at] += count_in(seen, others[i * k + a], limit[at]);
        }
      }
    }
  }

  static constexpr int64_t kRows = 128;

 private:
  static constexpr int64_t kCols = 1024;  // a tile of products stays in a core's own cache

  // The distances from row i to `cols` rows, squared, less square(i), each within `margin`.
  struct Line {
    int64_t i, from, cols;
    const float* values;
    double margin;
  };

  int64_t count_in(const Line& line, int64_t other, double limit) const {
    const double least = limit - square(line.i);
    const auto low = static_cast<float>(least - line.margin), high = static_cast<float>(least + line.margin);
    int32_t surely = 0, maybe = 0;
    for (int64_t l = 0; l < line.cols; ++l) {
      surely += line.values[l] < low ? 1 : 0;
      maybe += line.values[l] <= high ? 1 : 0;
    }
    if (surely == maybe) return surely;
    int64_t nearer = surely;
    for (int64_t l = 0; l < line.cols; ++l) {
      if (line.values[l] < low || line.values[l] > high) continue;
      const double exact = distance(line.i, line.from + l);
      nearer += exact < limit || (exact == limit && line.from + l < other) ? 1 : 0;
    }
    return nearer;
  }

  // The share of |a|^2 + |b|^2 by which their distance from a product may be wrong: rounding errors of a sum grow
  // like the square root of its length (Higham & Mary 2019).
  double rounding() const { return (8.0 + 8.0 * std::sqrt(static_cast<double>(D_))) * 0x1p-24; }

  // Distances do not change, but products of centred rows are smaller, and with them what is rounded off. The scale, a
  // power of two, keeps squares in the range of f32.
  void center() {
    std::vector<double> mean(static_cast<size_t>(D_));
    for (int64_t i = 0; i < N_; ++i) {
      for (int64_t d = 0; d < D_; ++d) mean[static_cast<size_t>(d)] += x_[i * D_ + d];
    }
    for (double& m : mean) m /= static_cast<double>(N_);
    double largest = 0.0;
    for (int64_t at = 0; at < N_ * D_; ++at) {
      largest = std::max(largest, std::abs(x_[at] - mean[static_cast<size_t>(at % D_)]));
    }
    if (largest > 0.0) scale_ = std::ldexp(1.0, -std::ilogb(largest));
    auto* y = centered_.data<float>();
    parallel_for(N_, 64, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        for (int64_t d = 0; d < D_; ++d) {
          y[i * D_ + d] = static_cast<float>((x_[i * D_ + d] - mean[static_cast<size_t>(d)]) * scale_);
        }
      }
    });
  }

  double square(int64_t i) const { return squares_[static_cast<size_t>(i)]; }
  double distance(int64_t i, int64_t j) const {
    return squared_distance(x_ + i * D_, x_ + j * D_, D_) * scale_ * scale_;
  }
  std::span<const float> row(int64_t i) const {
    return centered_.span<float>().subspan(static_cast<size_t>(i * D_), static_cast<size_t>(D_));
  }

  const float* x_;
  int64_t N_, D_;
  Tensor centered_;
  double scale_ = 1.0;
  std::vector<float> squares_;  // of the centred and scaled rows
};

// The label with most votes; of several the one that comes first.
int64_t majority(std::span<const int64_t> votes) {
  int64_t best = votes.front(), most = 0;
  for (const int64_t label : votes) {
    const int64_t count = std::count(votes.begin(), votes.end(), label);
    if (count > most) most = count, best = label;
  }
  return best;
}

double trustworthiness_of(const Tensor& before, const Neighbors& on_map, int64_t k) {
  const int64_t N = before.dim(0);
  const auto* neighbors = on_map.index.data<int64_t>();
  const RankCounter ranks(before);
  const int64_t blocks = (N + RankCounter::kRows - 1) / RankCounter::kRows;
  std::vector<int64_t> surplus(static_cast<size_t>(blocks));
  parallel_for(blocks, 1, [&](int64_t first, int64_t last) {
    std::vector<int64_t> nearer(static_cast<size_t>(RankCounter::kRows * k));
    for (int64_t block = first; block < last; ++block) {
      const int64_t begin = block * RankCounter::kRows, end = std::min(begin + RankCounter::kRows, N);
      ranks.count(begin, end, k, neighbors, nearer.data());
      for (int64_t at = 0; at < (end - begin) * k; ++at) {
        surplus[static_cast<size_t>(block)] += std::max<int64_t>(0, nearer[static_cast<size_t>(at)] + 1 - k);
      }
    }
  });
  const auto total = static_cast<double>(std::accumulate(surplus.begin(), surplus.end(), int64_t{0}));
  const auto n = static_cast<double>(N), kk = static_cast<double>(k);
  return 1.0 - total * (2.0 / (n * kk * (2.0 * n - 3.0 * kk - 1.0)));
}

double agreement_of(const Neighbors& near_before, const Neighbors& near_on_map, int64_t k) {
  const int64_t N = near_before.index.dim(0);
  std::vector<int64_t> a(static_cast<size_t>(k)), b(static_cast<size_t>(k));
  std::vector<int64_t> common;
  int64_t shared = 0;
  for (int64_t i = 0; i < N; ++i) {
    std::copy_n(near_before.index.data<int64_t>() + i * k, k, a.begin());
    std::copy_n(near_on_map.index.data<int64_t>() + i * k, k, b.begin());
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    common.clear();
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(common));
    shared += static_cast<int64_t>(common.size());
  }
  return static_cast<double>(shared) / static_cast<double>(N * k);
}

}  // namespace

double trustworthiness(const Tensor& before, const Tensor& map, int64_t k) {
  check_pair("trustworthiness", before, map, k);
  return trustworthiness_of(before, nearest_others(map, k), k);
}

double neighbor_agreement(const Tensor& before, const Tensor& map, int64_t k) {
  check_pair("neighbor_agreement", before, map, k);
  return agreement_of(nearest_others(before, k), nearest_others(map, k), k);
}

MapQuality map_quality(const Tensor& before, const Tensor& map, int64_t k) {
  check_pair("map_quality", before, map, k);
  const Neighbors on_map = nearest_others(map, k);
  return {trustworthiness_of(before, on_map, k), agreement_of(nearest_others(before, k), on_map, k)};
}

double neighbor_label_accuracy(const Tensor& map, std::span<const int64_t> labels, int64_t k) {
  check_rows("neighbor_label_accuracy", "map", map);
  LATENT_CHECK(static_cast<int64_t>(labels.size()) == map.dim(0),
               "[neighbor_label_accuracy] labels: expected one for each of {} rows, got {}", map.dim(0), labels.size());
  const int64_t d = map.dim(1);
  std::vector<float> places;  // (rows, d)
  std::vector<int64_t> known;
  for (int64_t i = 0; i < map.dim(0); ++i) {
    if (labels[static_cast<size_t>(i)] < 0) continue;
    known.push_back(labels[static_cast<size_t>(i)]);
    places.insert(places.end(), map.data<float>() + i * d, map.data<float>() + (i + 1) * d);
  }
  const auto rows = static_cast<int64_t>(known.size());
  LATENT_CHECK(k >= 1 && k < rows,
               "[neighbor_label_accuracy] k: expected at least 1 and less than the {} rows with a label, got {}", rows,
               k);
  const Neighbors near = nearest_others(Tensor::from(places, {rows, d}), k);
  std::vector<int64_t> votes(static_cast<size_t>(k));
  int64_t right = 0;
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t a = 0; a < k; ++a) {
      votes[static_cast<size_t>(a)] = known[static_cast<size_t>(near.index.data<int64_t>()[i * k + a])];
    }
    right += majority(votes) == known[static_cast<size_t>(i)] ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(rows);
}

}  // namespace latent::space
