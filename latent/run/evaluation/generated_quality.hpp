#pragma once
// How far new samples of a run can pass for data, by the features of a classifier.

#include <latent/core/json.hpp>
#include <latent/data/read_options.hpp>
#include <latent/run/run_data.hpp>
#include <latent/space/neighbors/precision_recall.hpp>

#include <optional>
#include <string>
#include <vector>

namespace latent {

struct GeneratedQualityOptions {
  int64_t samples = 10'000;
  int64_t neighbors = 3;          ///< k of precision and recall
  uint64_t seed = 0;              ///< seed of the samples: those of Run::sample()
  data::ReadOverrides read = {};  ///< how the run's data was opened, where that was said
};

/// Distances are between features: the last hidden layer of the classifier. Smaller is better; `floor` is what real
/// samples reach.
struct GeneratedQuality {
  int64_t samples = 0;   ///< drawn
  int64_t compared = 0;  ///< of the part that they are compared with
  int64_t dims = 0;      ///< of a feature
  double frechet_distance = 0.0;
  std::optional<double> frechet_floor = {};  ///< of training samples, as many as are drawn (or as there are)
  int64_t floor_samples = 0;
  space::PrecisionRecall manifold = {};                              ///< precision and recall, of sets of one size
  std::vector<std::string> class_names = {};                         ///< of the classifier
  std::vector<double> class_shares = {}, class_shares_of_data = {};  ///< by the classifier: share of each class
  std::optional<double> accuracy = {};  ///< of the classifier on the part compared, where it has labels
  Json recipe = {};                     ///< what the classifier was trained by: docs/files.md
  std::string protocol = {};
};

/// What measure_generated() would refuse, before anything is computed.
/// @throws UsageError for a model without decoder; features of another kind of model, or of other data than the run's,
///         or of data read in another way; too few samples for a covariance of the features
void check_generated_quality(const Run& run, const RunData& data, const Run& features,
                             const GeneratedQualityOptions& options);

/// Draws samples as Run::sample() does and compares their features with those of the part of the data.
/// @param features  a run of a classifier that was trained on the same data
/// @throws as check_generated_quality(); std::runtime_error if a value is not finite
GeneratedQuality measure_generated(const Run& run, const RunData& data, const Run& features,
                                   const GeneratedQualityOptions& options = {});

}  // namespace latent
