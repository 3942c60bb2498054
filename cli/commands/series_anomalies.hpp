#pragma once
// latent anomalies of a run on rows in time: scores of all rows, or of lines as they arrive.

#include <cli/report.hpp>
#include <cli/run.hpp>

#include <latent/run/anomalies/scoring.hpp>

#include <string>

namespace latent::cli {

struct SeriesAnomaliesOptions {
  std::string data, output, intervals, plot;
  std::string training_data;
  double threshold = 0.001;  ///< p-value from which on rows are odd
  bool follow = false;
};

/// Whether the run's samples are windows of a table, whose rows are scored.
bool scores_rows(const latent::Run& run);

/// @throws UsageError for options that do not fit, and as SeriesScorer
Result series_anomalies(const Run& run, const SeriesAnomaliesOptions& options, const DataOptions& data);

}  // namespace latent::cli
