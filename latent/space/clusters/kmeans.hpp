#pragma once
// k-means clustering.

#include <latent/core/rng.hpp>
#include <latent/core/tensor.hpp>

#include <cstdint>
#include <vector>

namespace latent::space {

struct KmeansOptions {
  int64_t k = 10;
  int64_t restarts = 5;          ///< runs from different starts; the best one counts
  int64_t max_iterations = 300;  ///< iterations of each run
  double tolerance = 1e-4;       ///< a run is done when centres move by less, squared, in units of the mean variance
  uint64_t seed = 0;
};

struct Kmeans {
  Tensor centers;                 ///< (k, D) f32
  std::vector<int64_t> clusters;  ///< N, the nearest centre of each row; of equals the first
  std::vector<double> distances;  ///< N, Euclidean, to that centre
  std::vector<int64_t> sizes;     ///< k; 0 where there are fewer different rows than clusters
  double inertia = 0.0;           ///< sum of squared distances
  int64_t iterations = 0;         ///< iterations of the best run
  bool converged = false;

  /// The nearest centre of each row. @param x (N, D) f32 @throws std::invalid_argument for other shapes
  std::vector<int64_t> predict(const Tensor& x) const;
};

/// Lloyd's iterations from starts by greedy k-means++ (Arthur & Vassilvitskii 2007, with 2 + log k candidates for each
/// centre, as scikit-learn). A cluster that loses all rows takes the row farthest from its centre. Distances in a run
/// by products of centred rows in f32; those returned are exact. The same bits with any number of threads.
/// @param x (N, D) f32, finite, N >= k
/// @throws std::invalid_argument for other shapes or types, k < 1 or more than N, or options that are not positive
Kmeans fit_kmeans(const Tensor& x, const KmeansOptions& options = {});

/// Centres by greedy k-means++. (k, D) @throws as fit_kmeans
Tensor kmeans_start(const Tensor& x, int64_t k, Rng& rng);

/// The Bayesian information criterion of a clustering taken as a mixture of k round Gaussians of one variance, smaller
/// is better: -2 log likelihood + (k D + k) log N. Source: Pelleg & Moore 2000 (X-means).
/// @param dims  D   @throws std::invalid_argument for a clustering without rows
double kmeans_bic(const Kmeans& kmeans, int64_t dims);

}  // namespace latent::space
