#pragma once
// Clusters of codes: how many there are, which sample is in which, and what they look like.

#include <latent/run/results/result_file.hpp>
#include <latent/run/run_data.hpp>
#include <latent/space/clusters/cluster_count.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace latent {

enum class ClusterMethod : uint8_t { kmeans, gmm };
/// "kmeans" or "gmm" (a mixture of Gaussians). @throws std::invalid_argument for others, with the nearest
ClusterMethod cluster_method_from(std::string_view name);

struct ClusterOptions {
  int64_t k = 0;       ///< 0: as many groups as stand apart (space::count_clusters())
  int64_t k_max = 20;  ///< most clusters to try where k is 0
  ClusterMethod method = ClusterMethod::kmeans;
  std::optional<space::Covariance> covariance = {};  ///< gmm; empty: full, or with k of 0 the best of all
  int64_t restarts = 5;                              ///< runs of k-means from different starts
  uint64_t seed = 0;
  /// Called after each number of clusters that is tried; may be empty.
  std::function<void(const space::ClusterCountTrial&)> progress = {};
};

/// Samples divided into clusters, numbered from the largest on; of equals the first stays first.
struct Clustering {
  Tensor centers = {};                    ///< (k, D) f32: means of the codes
  std::vector<int64_t> clusters = {};     ///< cluster of each sample
  std::vector<int64_t> sizes = {};        ///< k
  std::vector<double> values = {};        ///< for each sample: distance to its centre, or probability of its cluster
  std::string value_name = {};            ///< "distance" or "probability"
  std::vector<double> rank = {};          ///< for each sample: the smaller, the more typical of its cluster
  Tensor weights = {}, covariances = {};  ///< parameters of a mixture: (k), and (k, D) or (k, D, D); f64

  double bic = 0.0;                                         ///< the smaller, the better
  std::optional<double> inertia = {}, log_likelihood = {};  ///< inertia of k-means; of a mixture, nats per sample
  std::optional<space::Covariance> covariance = {};         ///< form of a mixture's covariances
  std::optional<space::ClusterCount> count = {};            ///< where k was looked for
  int64_t iterations = 0;
  std::vector<Remark> remarks = {};  ///< clusters without samples, a search that did not end

  int64_t size() const { return static_cast<int64_t>(sizes.size()); }
};

/// @param z  (N, D) f32, codes   @throws std::invalid_argument as space::fit_kmeans() and space::fit_mixture()
Clustering cluster_codes(const Tensor& z, const ClusterOptions& options);

/// How well clusters are separated, and how far they are the classes.
struct ClusterScores {
  std::optional<double> silhouette =
      {};  ///< silhouette of at most 5,000 random samples; nothing unless they lie in several clusters
  std::optional<double> adjusted_rand_index = {}, normalized_mutual_information = {};  ///< agreement with the labels
};
ClusterScores score_clusters(const Tensor& z, const Clustering& clustering, std::span<const int64_t> labels,
                             uint64_t seed);

/// The most typical samples of a cluster, at most `shown`, the most typical one first.
std::vector<int64_t> typical_samples(const Clustering& clustering, int64_t cluster, int64_t shown);

/// For each cluster, the class that most of its samples have, and how many have it; -1 of none.
struct CommonClass {
  int64_t label = -1, count = 0;
};
std::vector<CommonClass> common_classes(const Clustering& clustering, const data::Dataset& samples);

/// Writes the clustering in the form of `file`:
///   .csv  index, cluster, distance or probability, those of SampleColumns, label      .npy  clusters, i64
///   .npz  clusters, distance or probability, centers, labels, label_names, data_index, files, weights and covariances
///   of a mixture .png  a row for each cluster: its centre decoded (if the model can), and its `shown` most typical
///   samples
/// @return what a picture shows where it is not all: Picture::shown   @throws IoError
std::string write_clusters(const ResultFile& file, const Run& run, const data::Dataset& samples,
                           const Clustering& clustering, int64_t shown);

}  // namespace latent
