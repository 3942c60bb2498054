#pragma once
// What `latent probe` says of its probes.

#include <cli/command.hpp>
#include <cli/result_file.hpp>

#include <latent/space/probes/probe.hpp>

#include <string>
#include <vector>

namespace latent::cli {

/// One probe on one form of the samples.
struct ProbeRow {
  std::string on;  ///< "codes", "pca" or "raw"
  int64_t dims = 0;
  std::string probe;       ///< "logistic", "ridge" or "k-NN"
  bool augmented = false;  ///< trained with new samples beside the given ones
  space::ProbeScore score;
};

/// What the rows are about.
struct ProbeSummary {
  std::string run, data, target;
  bool is_left_out = false;  ///< whether the target is a column, which the samples are then probed without
  std::vector<std::string> class_names;
  std::string protocol, output;
  uint64_t seed = 0;
  int64_t train_samples = 0, test_samples = 0, new_samples = 0;
  std::string augment_method;
};

/// The row with the best score of those on `on` without new samples.
const ProbeRow& best_of(const std::vector<ProbeRow>& rows, const std::string& on);

/// "k-NN on codes: 97.32%".
std::string progress_text(const ProbeRow& row);

/// A table of probes against forms of the samples, the accuracy of each class, what new samples changed.
Result probe_result(const ProbeSummary& summary, const std::vector<ProbeRow>& rows);

/// Classes: the confusion matrix as a picture, or as a table of counts. Numbers: truth and prediction of each sample.
/// @param tested  the samples that truth and prediction are of, in their order
/// @throws IoError
void write_probe_file(const ResultFile& file, const ProbeRow& row, const std::vector<std::string>& class_names,
                      const data::Dataset& tested);

}  // namespace latent::cli
