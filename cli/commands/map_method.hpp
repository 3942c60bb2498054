#pragma once
// --method of `latent map`, the options of each method, and the work with its progress.

#include <cli/command.hpp>

#include <latent/core/tensor.hpp>
#include <latent/space/neighbors/neighbors.hpp>

#include <atomic>
#include <optional>
#include <string>

namespace latent::cli {

/// A map that is made, or as far as it came.
struct MadeMap {
  Tensor positions;      ///< (N, dims)
  int64_t steps = 0;     ///< done; 0 for a method without steps
  int64_t of_steps = 0;  ///< wanted
  double seconds = 0.0;
  std::string init;                     ///< where points started; empty for a method without steps
  int64_t neighbors = 0;                ///< umap: that were kept together
  double perplexity = 0.0;              ///< tsne: that was taken
  std::optional<double> explained;      ///< pca: the share of the variance
  std::optional<double> kl_divergence;  ///< tsne: KL(P || Q)
  bool interrupted() const { return steps < of_steps; }
};

class MapMethod {
 public:
  void declare(Arguments& arguments);
  /// @throws UsageError for an option that the method does not have; std::invalid_argument for unknown names
  void check() const;
  /// Makes the map, with a bar or lines on standard error, until it is done or `stop` is set.
  /// @throws UsageError for too few samples; std::invalid_argument for data that the method cannot map, and options
  /// that do
  ///         not fit the data
  MadeMap make(const Tensor& codes, uint64_t seed, const std::atomic<bool>& stop) const;

  const std::string& name() const { return name_; }
  int64_t dims() const { return dims_; }
  /// By which the method looks for neighbours; Euclidean for a method that does not.
  space::Metric metric() const { return space::metric_from(metric_); }
  /// As given; empty if it was not.
  const std::string& init() const { return init_; }
  /// What was given, or holds without: {"metric": "euclidean", ...} with the options of this method alone.
  Json settings(const MadeMap& made) const;

 private:
  const Arguments* arguments_ = nullptr;
  std::string name_ = "umap", metric_ = "euclidean", init_;
  int64_t dims_ = 2, negative_samples_ = 5;
  double min_dist_ = 0.1, spread_ = 1.0, exaggeration_ = 12.0;
  std::optional<int64_t> epochs_, neighbors_;
  std::optional<double> learning_rate_, perplexity_;
};

}  // namespace latent::cli
