#include <latent/space/clusters/kmeans.hpp>

#include <latent/kernels/gemm.hpp>
#include <latent/space/linear/detail/row_blocks.hpp>
#include <latent/space/linear/detail/rows.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <numeric>

namespace latent::space {

namespace {

// For each row, calls f(row, dots): its products with all centers. In fixed blocks, on all threads.
template <class F>
void for_products(const Tensor& x, const Tensor& centers, const F& f) {
  const int64_t D = x.dim(1), k = centers.dim(0);
  const RowBlocks blocks(x.dim(0), D + k);
  blocks.for_each([&](int64_t block) {
    const int64_t begin = blocks.begin(block), rows = blocks.rows_in(block);
    std::vector<float> dots(static_cast<size_t>(rows * k));
    kernels::gemm({.M = rows, .N = k, .K = D, .transpose_b = true, .on_this_thread = true}, x.data<float>() + begin * D,
                  centers.data<float>(), nullptr, dots.data());
    for (int64_t i = 0; i < rows; ++i) f(begin + i, dots.data() + i * k);
  });
}

// The nearest centre of each row, by |c|^2 - 2 x.c.
std::vector<int64_t> assign(const Tensor& x, const Tensor& centers) {
  const int64_t k = centers.dim(0);
  const std::vector<float> squares = squared_lengths(centers);
  std::vector<int64_t> clusters(static_cast<size_t>(x.dim(0)));
  for_products(x, centers, [&](int64_t row, const float* dots) {
    int64_t best = 0;
    float least = squares[0] - 2.0F * dots[0];
    for (int64_t c = 1; c < k; ++c) {
      const float score = squares[static_cast<size_t>(c)] - 2.0F * dots[c];
      if (score < least) {
        least = score;
        best = c;
      }
    }
    clusters[static_cast<size_t>(row)] = best;
  });
  return clusters;
}

std::vector<double> squared_distances(const Tensor& x, const Tensor& centers, const std::vector<int64_t>& clusters) {
  const int64_t D = x.dim(1);
  std::vector<double> squares(clusters.size());
  parallel_for(x.dim(0), 256, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t c = clusters[static_cast<size_t>(i)];
      squares[static_cast<size_t>(i)] = squared_distance(x.data<float>() + i * D, centers.data<float>() + c * D, D);
    }
  });
  return squares;
}

std::vector<int64_t> sizes_of(const std::vector<int64_t>& clusters, int64_t k) {
  std::vector<int64_t> sizes(static_cast<size_t>(k), 0);
  for (const int64_t cluster : clusters) ++sizes[static_cast<size_t>(cluster)];
  return sizes;
}

// Gives each empty cluster the row that is farthest from its centre, unless all rows lie on theirs.
void fill_empty(const Tensor& x, const Tensor& centers, std::vector<int64_t>& clusters, std::vector<int64_t>& sizes) {
  if (std::find(sizes.begin(), sizes.end(), 0) == sizes.end()) return;
  std::vector<double> squares = squared_distances(x, centers, clusters);
  for (size_t c = 0; c < sizes.size(); ++c) {
    if (sizes[c] > 0) continue;
    size_t farthest = squares.size();
    for (size_t i = 0; i < squares.size(); ++i) {
      const bool alone = sizes[static_cast<size_t>(clusters[i])] == 1;
      if (squares[i] > 0.0 && !alone && (farthest == squares.size() || squares[i] > squares[farthest])) farthest = i;
    }
    if (farthest == squares.size()) return;
    --sizes[static_cast<size_t>(clusters[farthest])];
    clusters[farthest] = static_cast<int64_t>(c);
    sizes[c] = 1;
    squares[farthest] = 0.0;
  }
}

// Sums of each cluster's rows, kept up to date by the rows that change sides: few, after the first iterations.
class ClusterSums {
 public:
  ClusterSums(const Tensor& x, int64_t k)
      : x_(x), k_(k), clusters_(static_cast<size_t>(x.dim(0)), -1), sums_(static_cast<size_t>(k * x.dim(1)), 0.0) {}

  // @return whether any row has changed
  bool move_to(const std::vector<int64_t>& clusters) {
    std::vector<int64_t> moved;
    for (size_t i = 0; i < clusters.size(); ++i) {
      if (clusters[i] != clusters_[i]) moved.push_back(static_cast<int64_t>(i));
    }
    // Each cluster takes its rows in their order, whatever the number of threads.
    parallel_for(k_, 1, [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; ++c) {
        for (const int64_t row : moved) {
          if (clusters_[static_cast<size_t>(row)] == c) add(c, row, -1.0);
          if (clusters[static_cast<size_t>(row)] == c) add(c, row, 1.0);
        }
      }
    });
    clusters_ = clusters;
    return !moved.empty();
  }

  // The mean of each cluster's rows; an empty one keeps its centre.
  Tensor means(const std::vector<int64_t>& sizes, const Tensor& before) const {
    Tensor centers = before.clone();
    const int64_t D = x_.dim(1);
    for (int64_t i = 0; i < k_ * D; ++i) {
      const int64_t size = sizes[static_cast<size_t>(i / D)];
      if (size == 0) continue;
      centers.data<float>()[i] = static_cast<float>(sums_[static_cast<size_t>(i)] / static_cast<double>(size));
    }
    return centers;
  }

 private:
  void add(int64_t cluster, int64_t row, double sign) {
    const int64_t D = x_.dim(1);
    const float* values = x_.data<float>() + row * D;
    double* sum = sums_.data() + cluster * D;
    for (int64_t d = 0; d < D; ++d) sum[d] += sign * values[d];
  }

  const Tensor& x_;
  int64_t k_;
  std::vector<int64_t> clusters_;  // of each row; -1 for none yet
  std::vector<double> sums_;       // (k, D)
};

// One run of Lloyd's iterations on centred rows.
Kmeans lloyd(const Tensor& x, Tensor centers, const KmeansOptions& options, double variance) {
  Kmeans run;
  ClusterSums sums(x, options.k);
  while (run.iterations < options.max_iterations && !run.converged) {
    ++run.iterations;
    run.clusters = assign(x, centers);
    run.sizes = sizes_of(run.clusters, options.k);
    fill_empty(x, centers, run.clusters, run.sizes);
    const bool any_moved = sums.move_to(run.clusters);
    const Tensor moved = sums.means(run.sizes, centers);
    const double shift = squared_distance(moved.data<float>(), centers.data<float>(), moved.numel());
    run.converged = !any_moved || shift <= options.tolerance * variance;
    centers = moved;
  }
  run.clusters = assign(x, centers);
  run.sizes = sizes_of(run.clusters, options.k);
  run.centers = centers;
  run.distances = squared_distances(x, centers, run.clusters);
  run.inertia = std::accumulate(run.distances.begin(), run.distances.end(), 0.0);
  return run;
}

// An index drawn with probability in proportion to its weight.
size_t draw(std::span<const double> cumulative, Rng& rng) {
  const double point = rng.uniform() * cumulative.back();
  const auto found = std::upper_bound(cumulative.begin(), cumulative.end(), point);
  return std::min(static_cast<size_t>(found - cumulative.begin()), cumulative.size() - 1);
}

void check(const char* caller, const Tensor& x, int64_t k) {
  check_rows(caller, x);
  LATENT_CHECK(k >= 1 && k <= x.dim(0), "[{}] k: from 1 to the {} rows, got {}", caller, x.dim(0), k);
}

}  // namespace

Tensor kmeans_start(const Tensor& x, int64_t k, Rng& rng) {
  check("kmeans_start", x, k);
  const int64_t N = x.dim(0), D = x.dim(1);
  const auto trials = 2 + static_cast<int64_t>(std::log(static_cast<double>(k)));
  const std::vector<float> squares = squared_lengths(x);
  std::vector<int64_t> chosen = {static_cast<int64_t>(rng.below(static_cast<uint64_t>(N)))};
  std::vector<float> nearest(static_cast<size_t>(N), std::numeric_limits<float>::infinity());  // squared distances
  std::vector<double> cumulative(static_cast<size_t>(N));
  const auto lower = [&](std::span<const int64_t> candidates) {
    // What nearest would become with each of the candidates: (N, candidates).
    const auto count = static_cast<int64_t>(candidates.size());
    std::vector<float> with(static_cast<size_t>(N * count));
    for_products(x, rows_at(x, candidates), [&](int64_t i, const float* dots) {
      for (int64_t j = 0; j < count; ++j) {
        const int64_t row = candidates[static_cast<size_t>(j)];
        const float square = squares[static_cast<size_t>(i)] + squares[static_cast<size_t>(row)] - 2.0F * dots[j];
        with[static_cast<size_t>(i * count + j)] =
            row == i ? 0.0F : std::min(nearest[static_cast<size_t>(i)], std::max(square, 0.0F));
      }
    });
    return with;
  };
  nearest = lower(chosen);
  while (static_cast<int64_t>(chosen.size()) < k) {
    std::partial_sum(nearest.begin(), nearest.end(), cumulative.begin(), [](double a, float b) { return a + b; });
    std::vector<int64_t> candidates;
    for (int64_t t = 0; t < trials; ++t) candidates.push_back(static_cast<int64_t>(draw(cumulative, rng)));
    const std::vector<float> with = lower(candidates);
    std::vector<double> potential(candidates.size(), 0.0);
    for (size_t i = 0; i < with.size(); ++i) potential[i % candidates.size()] += with[i];
    const size_t best = static_cast<size_t>(std::min_element(potential.begin(), potential.end()) - potential.begin());
    chosen.push_back(candidates[best]);
    for (size_t i = 0; i < nearest.size(); ++i) nearest[i] = with[i * candidates.size() + best];
  }
  Tensor centers = Tensor::empty({k, D});
  centers.copy_from(rows_at(x, chosen));
  return centers;
}

Kmeans fit_kmeans(const Tensor& x, const KmeansOptions& options) {
  check("kmeans", x, options.k);
  LATENT_CHECK(options.restarts >= 1 && options.max_iterations >= 1 && options.tolerance >= 0.0,
               "[kmeans] restarts, max_iterations and tolerance: positive numbers expected, got {}, {} and {}",
               options.restarts, options.max_iterations, options.tolerance);
  constexpr uint64_t kStream = 0x6b6d65616e73;  // "kmeans"
  const std::vector<double> mean = column_means(x);
  const std::vector<double> variances = column_variances(x, mean);
  const double variance =
      std::accumulate(variances.begin(), variances.end(), 0.0) / static_cast<double>(variances.size());
  const Tensor centred = subtract_mean(x, mean);
  Kmeans best;
  for (int64_t restart = 0; restart < options.restarts; ++restart) {
    Rng rng = Rng(options.seed).fork(kStream).fork(static_cast<uint64_t>(restart));
    Kmeans run = lloyd(centred, kmeans_start(centred, options.k, rng), options, variance);
    if (restart == 0 || run.inertia < best.inertia) best = std::move(run);
  }
  const int64_t D = x.dim(1);
  for (int64_t i = 0; i < best.centers.numel(); ++i) {
    float& value = best.centers.data<float>()[i];
    value = static_cast<float>(value + mean[static_cast<size_t>(i % D)]);
  }
  for (double& distance : best.distances) distance = std::sqrt(distance);
  return best;
}

std::vector<int64_t> Kmeans::predict(const Tensor& x) const {
  LATENT_CHECK(x.ndim() == 2 && x.dim(1) == centers.dim(1), "[kmeans] x (N, {}): got {}", centers.dim(1),
               x.shape().str());
  const std::vector<double> mean = column_means(centers);
  return assign(subtract_mean(x, mean), subtract_mean(centers, mean));
}

double kmeans_bic(const Kmeans& kmeans, int64_t dims) {
  LATENT_CHECK(!kmeans.clusters.empty() && dims >= 1, "[kmeans_bic] of {} rows with {} columns", kmeans.clusters.size(),
               dims);
  const auto n = static_cast<double>(kmeans.clusters.size()), D = static_cast<double>(dims);
  const auto k = static_cast<double>(kmeans.sizes.size());
  // The likeliest variance; rows that all lie on their centres have none, and no density either.
  const double variance = std::max(kmeans.inertia / (n * D), std::numeric_limits<double>::min());
  double log_likelihood = -n * D / 2.0 * (std::log(2.0 * std::numbers::pi * variance) + 1.0);
  for (const int64_t size : kmeans.sizes) {
    if (size > 0) log_likelihood += static_cast<double>(size) * std::log(static_cast<double>(size) / n);
  }
  return -2.0 * log_likelihood + (k * D + k) * std::log(n);
}

}  // namespace latent::space
