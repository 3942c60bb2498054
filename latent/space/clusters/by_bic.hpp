#pragma once
// How many clusters: the number with the least Bayesian information criterion (Schwarz 1978).

#include <latent/space/clusters/kmeans.hpp>
#include <latent/space/clusters/mixture.hpp>

#include <functional>
#include <vector>

namespace latent::space {

/// The best of the fits with 1, 2, ... clusters.
template <class Fit>
struct BestFit {
  Fit fit;
  int64_t k = 0;
  std::vector<double> bic;  ///< of 1, 2, ... clusters, as far as was looked; infinite for fits that do not count
};

/// Fits 1 to `most` clusters (at most as many as rows) and stops early when `patience` numbers in a row are no better.
/// `options.k` is not used. A mixture does not count if one of its components stands on fewer rows than its covariance
/// needs (D + 1 where it is full, else 2). @param progress  called with (k, bic) after each fit; may be empty
/// @throws std::invalid_argument as fit_kmeans, or for most < 1 or patience < 1
using BicProgress = std::function<void(int64_t k, double bic)>;
BestFit<Kmeans> kmeans_by_bic(const Tensor& x, KmeansOptions options, int64_t most, int64_t patience = 4,
                              const BicProgress& progress = {});
BestFit<Mixture> mixture_by_bic(const Tensor& x, MixtureOptions options, int64_t most, int64_t patience = 4,
                                const BicProgress& progress = {});

}  // namespace latent::space
