#pragma once
// Probing a run: how much of the labels, or of a number, its codes carry, beside raw data and principal components.

#include <latent/run/probes/probe_data.hpp>
#include <latent/run/results/result_file.hpp>
#include <latent/space/editing/augment.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace latent {

struct ProbeOptions {
  ProbeDataOptions data = {};
  std::optional<space::ProbeKind> kind = {};  ///< empty for all
  bool codes_only = false;                    ///< whether raw data and principal components are left out
  int64_t folds = 0;      ///< folds of a cross-validation on all samples; 0: 5, where there is no part to test on
  int64_t per_class = 0;  ///< labelled samples of each class to train on; 0 for all
  int64_t repeats = 10;   ///< draws of these samples
  /// Also trains with new samples near the training ones, drawn in this way.
  std::optional<space::AugmentMethod> augment = {};
  int64_t new_samples = 10;  ///< for each training one

  /// @throws UsageError for options that exclude each other
  void check() const;
};

/// One probe on one form of the samples.
struct ProbeRow {
  std::string on = {};  ///< "codes", "pca" or "raw"
  int64_t dims = 0;
  std::string probe = {};  ///< "logistic", "ridge" or "k-NN"
  bool augmented = false;  ///< trained with new samples beside the given ones
  space::ProbeScore score = {};
};

struct ProbeResults {
  std::vector<ProbeRow> rows = {};
  std::string protocol = {};  ///< what was trained and measured on
  /// Figures of the first round.
  int64_t train_samples = 0, test_samples = 0, new_samples = 0;
  /// The samples that were measured on, round after round.
  std::shared_ptr<const data::Dataset> tested = {};

  /// The row with the best score of those on codes without new samples.
  const ProbeRow& best() const;
  /// The row of a probe on a form of the samples; null where there is none.
  const ProbeRow* find(const std::string& on, const std::string& probe, bool augmented) const;
  /// How much better an augmented probe does than the same without new samples, round by round.
  space::MeanError gain_of(const ProbeRow& augmented) const;
};

/// @param progress  called after each probe; may be empty
/// @throws UsageError for models without encoder, more folds than samples, more new samples than memory should hold;
///         std::invalid_argument as space::probe() and space::augment()
ProbeResults probe_run(const Run& run, const ProbeData& data, const ProbeOptions& options,
                       const std::function<void(const ProbeRow&)>& progress = {});

/// The names of all classes of a probe: by their numbers where they have no names.
std::vector<std::string> class_names_of(const ProbeRow& row, const ProbeData& data);

/// Classes: the confusion matrix as a picture (.png), or as a table of counts (.csv). Numbers: truth and prediction of
/// each sample. @throws IoError
void write_probe_file(const ResultFile& file, const ProbeRow& row, const ProbeData& data, const ProbeResults& results);

}  // namespace latent
