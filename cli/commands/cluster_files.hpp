#pragma once
// What `latent cluster` writes.

#include <cli/decoded.hpp>
#include <cli/result_file.hpp>
#include <cli/run.hpp>

#include <string>
#include <vector>

namespace latent::cli {

/// Samples divided into clusters, numbered from the largest on.
struct Clustering {
  Tensor centers;                 ///< (k, D) f32: means of the codes
  std::vector<int64_t> clusters;  ///< of each sample
  std::vector<int64_t> sizes;     ///< k
  std::vector<double> values;     ///< of each sample: distance to its centre, or probability of its cluster
  std::string value_name;         ///< "distance" or "probability"
  std::vector<double> rank;       ///< of each sample: the smaller, the more typical of its cluster
  Tensor weights, covariances;    ///< of a mixture: (k), and (k, D) or (k, D, D); f64
};

/// Renumbers the clusters so that the largest is 0; of equals the first stays first.
void sort_by_size(Clustering& clustering);

/// The labels of samples, or none.
struct SampleLabels {
  std::vector<int64_t> numbers;
  std::vector<std::string> names;
};

/// Writes the clustering in the form of `file`:
///   .csv  index, cluster, distance or probability, those of SampleColumns, label      .npy  clusters, i64
///   .npz  clusters, distance or probability, centers, labels, label_names, data_index, files, weights and covariances
///   of a mixture .png  a row for each cluster: its centre decoded (if the model can), and its `shown` most typical
///   samples
/// @return what a picture shows where it is not all: Picture::shown   @throws IoError
std::string write_clusters(const ResultFile& file, const Run& run, const data::Dataset& samples,
                           const Clustering& clustering, const SampleLabels& labels, int64_t shown);

}  // namespace latent::cli
