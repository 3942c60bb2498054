#pragma once
// The samples of a set that are nearest to given ones, by their codes or by their values.

#include <latent/run/codes.hpp>
#include <latent/run/results/result_file.hpp>
#include <latent/run/run_data.hpp>
#include <latent/space/neighbors/neighbor_index.hpp>

#include <optional>
#include <string>
#include <vector>

namespace latent {

enum class NeighborMetric : uint8_t { euclidean, cosine, kl, wasserstein };
/// "euclidean", "cosine", or between posteriors "kl", "wasserstein". @throws std::invalid_argument for others, with the
/// nearest
NeighborMetric neighbor_metric_from(std::string_view name);
std::string_view name_of(NeighborMetric metric);

struct NeighborOptions {
  int64_t k = 10;
  NeighborMetric metric = NeighborMetric::euclidean;
  space::IndexMethod method = space::IndexMethod::exact;
  SampleSpace space = SampleSpace::latent;
  uint64_t seed = 0;       ///< seed of the graph of an approximate index
  bool retrieval = false;  ///< whether all samples are ranked, for mean_average_precision

  bool is_between_posteriors() const { return metric == NeighborMetric::kl || metric == NeighborMetric::wasserstein; }
  /// @throws UsageError for a metric that the space or the method does not have
  void check() const;
};

/// The samples that are asked about: some of the data itself, or others.
struct NeighborQueries {
  std::shared_ptr<const data::Dataset> samples = {};
  std::vector<int64_t> numbers = {};  ///< numbers in the data; empty for others
  std::string source = {};            ///< where others come from
  /// What a query is called: its number in the data, or its place among others.
  int64_t number(int64_t q) const { return numbers.empty() ? q : numbers[static_cast<size_t>(q)]; }
};
/// @throws UsageError for a sample that does not exist
NeighborQueries queries_among(const RunData& data, const std::vector<int64_t>& numbers);

/// @throws UsageError if the data has less than `k` samples besides a query
void check_neighbor_count(const RunData& data, const NeighborQueries& queries, int64_t k);

struct FoundNeighbors {
  space::Neighbors rows = {};  ///< (Q, k), among the samples of the data; a query among them is not its own neighbour
  double seconds = 0.0;        ///< seconds of the search
  std::optional<double> recall = {};  ///< recall of an approximate index, on these queries
  /// How many neighbours have the label of their query; nothing where one has no labels.
  std::optional<int64_t> same_label = {};
  /// space::mean_average_precision() by labels; nothing unless it is asked for.
  std::optional<double> mean_average_precision = {};
};

/// Every sample goes through the encoder once.
/// @throws UsageError for more neighbours than there are, a model without encoder, `kl` where codes are points, or
///         retrieval without labels
FoundNeighbors find_neighbors(const Run& run, const RunData& data, const NeighborQueries& queries,
                              const NeighborOptions& options);

/// Writes neighbours in the form of `file`:
///   .png  each query before its neighbours      .npy  their numbers (Q, k), i64
///   .csv  query, rank, index, distance, those of SampleColumns for both, label
///   .npz  index, distance, query (numbers), data_index, files
/// @return what a picture shows where it is not all: Picture::shown   @throws IoError
std::string write_neighbors(const Run& run, const RunData& data, const NeighborQueries& queries,
                            const space::Neighbors& found, const ResultFile& file);

}  // namespace latent
