#include <latent/space/clusters/cluster_count.hpp>

#include <latent/core/rng.hpp>
#include <latent/space/linear/detail/rows.hpp>
#include <latent/space/linear/pca.hpp>
#include <latent/space/metrics/scores.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace latent::space {

namespace {

constexpr int64_t kFewestRows = 4;  // of a component
constexpr double kInfinite = std::numeric_limits<double>::infinity();

// At most kMostRows random rows of x.
Tensor some_rows(const Tensor& x, uint64_t seed) {
  constexpr int64_t kMostRows = 5'000;
  if (x.dim(0) <= kMostRows) return x;
  constexpr uint64_t kStream = 0x636f756e74;  // "count"
  const std::vector<int64_t> order = Rng(seed).fork(kStream).permutation(x.dim(0));
  Tensor rows = Tensor::empty({kMostRows, x.dim(1)});
  for (int64_t i = 0; i < kMostRows; ++i) {
    const int64_t row = order[static_cast<size_t>(i)];
    rows.rows(i, i + 1).copy_from(x.rows(row, row + 1));
  }
  return rows;
}

// So few principal components that a cluster has rows enough for its covariance.
Tensor main_directions(const Tensor& x, uint64_t seed) {
  const int64_t N = x.dim(0);
  const int64_t dims = std::max<int64_t>(4, static_cast<int64_t>(std::sqrt(static_cast<double>(N) / 8.0)));
  if (dims >= x.dim(1) || dims >= N) return x;
  return fit_pca(x, {.dims = dims, .seed = seed}).project(x);
}

// The most probable component of each row, and twice the sum of the rows' entropies.
struct Assignment {
  std::vector<int64_t> clusters;
  double entropy = 0.0;
};

Assignment assignment_of(const Mixture& mixture, const Tensor& x) {
  const int64_t k = mixture.size();
  const Tensor shares = mixture.responsibilities(x);
  Assignment result;
  for (int64_t i = 0; i < x.dim(0); ++i) {
    const double* row = shares.data<double>() + i * k;
    result.clusters.push_back(std::max_element(row, row + k) - row);
    for (int64_t c = 0; c < k; ++c) {
      if (row[c] > 0.0) result.entropy -= 2.0 * row[c] * std::log(row[c]);
    }
  }
  return result;
}

// Whether all components have rows enough: with fewer, a density is as high as the regularisation allows, and says
// nothing of the data.
bool counts(const Mixture& mixture, const std::vector<int64_t>& clusters) {
  const int64_t k = mixture.size(), D = mixture.means.dim(1), N = static_cast<int64_t>(clusters.size());
  if (mixture.covariance == Covariance::tied && N - k < 2 * (D + 1)) return false;
  const int64_t fewest = mixture.covariance == Covariance::full ? std::max(kFewestRows, 2 * (D + 1)) : kFewestRows;
  std::vector<int64_t> sizes(static_cast<size_t>(k), 0);
  for (const int64_t cluster : clusters) ++sizes[static_cast<size_t>(cluster)];
  return *std::min_element(sizes.begin(), sizes.end()) >= fewest;
}

// Silhouette of at most kMostCompared rows, which are in random order where there are many.
double silhouette_of(const Tensor& x, std::vector<int64_t> clusters) {
  constexpr int64_t kMostCompared = 2'000;
  const int64_t N = std::min(kMostCompared, x.dim(0));
  clusters.resize(static_cast<size_t>(N));
  const auto [least, most] = std::minmax_element(clusters.begin(), clusters.end());
  return *least == *most ? std::numeric_limits<double>::quiet_NaN() : silhouette(x.rows(0, N), clusters);
}

ClusterCountTrial try_number(const Tensor& x, int64_t k, const ClusterCountOptions& options) {
  constexpr std::array kShapes = {Covariance::spherical, Covariance::diagonal, Covariance::tied, Covariance::full};
  ClusterCountTrial trial{.k = k, .icl = kInfinite, .silhouette = std::numeric_limits<double>::quiet_NaN()};
  std::vector<int64_t> clusters;
  for (const Covariance shape : kShapes) {
    const Mixture mixture =
        fit_mixture(x, {.k = k, .covariance = shape, .restarts = options.restarts, .seed = options.seed});
    Assignment assignment = assignment_of(mixture, x);
    // One cluster needs no rows: it is the answer where there are too few for any other.
    const bool simplest = k == 1 && shape == Covariance::spherical;
    if (!simplest && !counts(mixture, assignment.clusters)) continue;
    const double icl = mixture.bic(x.dim(0)) + assignment.entropy;
    if (icl >= trial.icl) continue;
    trial.icl = icl;
    trial.covariance = shape;
    clusters = std::move(assignment.clusters);
  }
  if (!clusters.empty()) trial.silhouette = silhouette_of(x, std::move(clusters));
  return trial;
}

}  // namespace

ClusterCount count_clusters(const Tensor& x, const ClusterCountOptions& options,
                            const std::function<void(const ClusterCountTrial&)>& progress) {
  check_rows("count_clusters", x);
  LATENT_CHECK(options.most >= 1 && options.patience >= 1,
               "[count_clusters] most and patience: positive numbers expected, got {} and {}", options.most,
               options.patience);
  const Tensor rows = main_directions(some_rows(x, options.seed), options.seed);
  ClusterCount found;
  double least = kInfinite;
  const int64_t most = std::clamp<int64_t>(rows.dim(0) / kFewestRows, 1, options.most);
  for (int64_t k = 1; k <= most && k - found.k <= options.patience; ++k) {
    found.trials.push_back(try_number(rows, k, options));
    const ClusterCountTrial& trial = found.trials.back();
    if (progress) progress(trial);
    if (trial.icl >= least) continue;
    least = trial.icl;
    found.k = k;
    found.covariance = trial.covariance;
  }
  return found;
}

}  // namespace latent::space
