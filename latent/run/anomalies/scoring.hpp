#pragma once
// Anomaly scores of data beside what a run was trained on and what its training held out.

#include <latent/run/run_data.hpp>
#include <latent/space/anomalies/anomaly.hpp>
#include <latent/training/sample_terms.hpp>

#include <string>
#include <vector>

namespace latent {

struct ScoringOptions {
  std::string training_data = {};     ///< where the run's data is now; empty: where it was
  std::string calibration_data = {};  ///< normal samples that training did not see; empty: what the run held out
  data::ReadOverrides read = {};      ///< how the scored data is read, and so calibration_data
  int64_t importance_samples = 16;
  uint64_t seed = 0;
};

struct ScoredData {
  space::AnomalyScores scores;
  /// (N, P) f32, tables and arrays of models with a decoder: space::ColumnDeviations, NaN where the
  /// cell was missing; undefined otherwise.
  Tensor deviations;
  /// Missing cells of the scored samples, and the rows that have some. They are filled from the rest of the row
  /// (filled_rows() by what training samples say), as are those of the samples that scores are compared with.
  int64_t filled_cells = 0, filled_rows = 0;
  int64_t reference = 0, calibration = 0;  ///< samples that were compared with
  std::string calibration_part;            ///< for messages: "the validation part of leaves.csv"
  std::vector<Remark> remarks;             ///< how samples were read, and what may not have been meant
};

/// At most so many training samples are compared with, and held-out samples calibrated with: others are left out at
/// random.
constexpr int64_t kMostReference = 20'000;

/// @param scored  one part of a source; where it is the run's own, the source is not opened again
/// @throws UsageError if the training data is not found or is another, or no held-out samples are known
ScoredData score_data(const Run& run, const RunSource& source, const RunData& scored,
                      const ScoringOptions& options = {});

}  // namespace latent
