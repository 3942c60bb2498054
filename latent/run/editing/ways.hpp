#pragma once
// Ways through the codes: from one sample to another, and along dimensions.

#include <latent/run/results/strips.hpp>
#include <latent/run/run_data.hpp>
#include <latent/space/editing/interpolate.hpp>
#include <latent/space/editing/traverse.hpp>

#include <vector>

namespace latent {

/// A strip from each sample of `from` to that of `to`, both included.
/// @param steps  of each strip, at least 2
/// @throws UsageError for samples that do not exist, and models without both halves
Strips interpolate_samples(const Run& run, const RunData& data, const std::vector<int64_t>& from,
                           const std::vector<int64_t>& to, int64_t steps, space::Path path);

struct TraversalOptions {
  int64_t item = -1;               ///< the sample whose code is begun at; -1: the mean of the prior
  std::vector<int64_t> dims = {};  ///< empty: the active ones, the most active first
  int64_t most = 0;                ///< dimensions at most; 0 for all
  double low = -3.0, high = 3.0;   ///< in standard deviations of the prior, or in percent
  bool are_quantiles = false;      ///< whether they are percent: quantiles of the codes of the data
  int64_t steps = 9;               ///< from low to high, at least 2

  /// Whether samples are looked at: to see which dimensions are active, for an item, or for quantiles.
  bool looks_at_data(const Run& run) const;
};

/// Dimensions, and the values that each of them takes in turn.
struct Traversal {
  std::vector<space::Dimension> dimensions = {};  ///< kl is NaN where no data was looked at
  bool is_measured = false;                       ///< whether it was
  Tensor from = {};                               ///< (D): the code that is changed
  Tensor values = {};                             ///< (K, steps)
  std::vector<std::string> step_names = {};
  std::vector<Remark> remarks = {};  ///< whether no dimension is active
};
/// @param data  null unless options.looks_at_data()
/// @throws UsageError for items and dimensions that do not exist, and a model without what they need
Traversal plan_traversal(const Run& run, const RunData* data, const TraversalOptions& options);
/// A strip for each dimension. @throws as decode_all()
Strips decode_traversal(const Run& run, const Traversal& traversal);

}  // namespace latent
