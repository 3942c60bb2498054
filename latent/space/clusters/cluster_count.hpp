#pragma once
// How many clusters there are.

#include <latent/space/clusters/mixture.hpp>

#include <functional>
#include <vector>

namespace latent::space {

struct ClusterCountOptions {
  int64_t most = 20;     ///< clusters to try
  int64_t patience = 4;  ///< the search ends when so many numbers in a row are no better
  int64_t restarts = 5;  ///< runs of k-means, the best of which is the start of each mixture
  uint64_t seed = 0;
};

/// What was found for one number of clusters.
struct ClusterCountTrial {
  int64_t k = 0;
  double icl = 0.0;                               ///< ICL of the best mixture; infinite where none counts
  double silhouette = 0.0;                        ///< silhouette of its clusters; NaN for one, or where none counts
  Covariance covariance = Covariance::spherical;  ///< form of the covariances of the best mixture
};

struct ClusterCount {
  int64_t k = 1;                                  ///< with the least ICL
  Covariance covariance = Covariance::spherical;  ///< form of the covariances of the mixture that had it
  std::vector<ClusterCountTrial> trials;          ///< trials of 1, 2, ... clusters, as far as was looked
};

/// The number of groups that stand apart: that of the mixture of Gaussians with the least integrated completed
/// likelihood, ICL = BIC + 2 sum over rows of the entropy of p(component | x), among mixtures with spherical, diagonal,
/// tied and full covariances. The entropy is what sets it apart from the BIC, which takes two Gaussians for one group
/// that is no Gaussian; without gaps in the data the answer is 1. A mixture counts only if each of its components is
/// the most probable of 4 rows or more, of 2 (d + 1) where covariances are full; tied ones need 2 (d + 1) rows more
/// than components. d = max(4, sqrt(N / 8)) principal components are looked at, where there are more columns, and 5,000
/// random rows where there are more.
/// @param x (N, D) f32, finite, N >= 1   @param progress  called after each trial; may be empty
/// @throws std::invalid_argument for other shapes or values, or options that are not positive
/// Source: Biernacki, Celeux & Govaert 2000, doi:10.1109/34.865189; covariances as in Fraley & Raftery 2002 (mclust).
ClusterCount count_clusters(const Tensor& x, const ClusterCountOptions& options = {},
                            const std::function<void(const ClusterCountTrial&)>& progress = {});

}  // namespace latent::space
