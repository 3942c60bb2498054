#pragma once
// Scores of anomalies as results: the oddest samples, how well scores find known anomalies, and files.

#include <latent/run/anomalies/labels.hpp>
#include <latent/run/anomalies/scoring.hpp>
#include <latent/run/results/result_file.hpp>

#include <optional>
#include <string>
#include <vector>

namespace latent {

/// Numbers of all samples, the one with the highest score first; of equals the first stays first.
std::vector<int64_t> oddest_first(const ScoredData& scored);

struct OddColumn {
  std::string name = {};
  float deviation = 0.0F;  ///< space::ColumnDeviations
};
/// A sample, and what is odd about it.
struct OddSample {
  int64_t index = 0, data_index = 0;  ///< in the part, and in the whole data
  double score = 0.0, p_value = 0.0;
  std::optional<std::string> class_name = {}, name = {};  ///< where samples have them
  std::string_view name_says = {};                        ///< data::Kind::sample_name
  std::vector<OddColumn> columns = {};                    ///< the three that deviate most; of tables, arrays
};
/// The first samples of `order`, at most `count`.
std::vector<OddSample> odd_samples(const Run& run, const data::Dataset& samples, const ScoredData& scored,
                                   const std::vector<int64_t>& order, int64_t count);

/// How well scores find the samples that are known to be anomalies.
struct Detection {
  double auroc = 0.0, average_precision = 0.0;
};
Detection detection_of(const std::vector<double>& scores, const AnomalyLabels& labels);

/// A table (.csv): index, score, p_value, each component, those of SampleColumns, label. @throws IoError
void write_anomaly_scores(const ResultFile& file, const ScoredData& scored, const data::Dataset& samples);

/// A table (.csv): index, the deviation of each column (an empty cell where it was missing), those of SampleColumns.
/// @throws IoError
void write_contributions(const ResultFile& file, const Run& run, const ScoredData& scored,
                         const data::Dataset& samples);

/// Writes the first samples of `order`, at most `count`, as they are, as the model has them and where they differ
/// (heat_pictures(); series in one plot each): .png for a grid, or a folder of pictures.
/// @param stop  as write_image_folder()
/// @return what a picture shows where it is not all: Picture::shown   @throws IoError, Interrupted
std::string write_heatmaps(const ResultFile& file, const Run& run, const std::shared_ptr<const data::Dataset>& samples,
                           const std::vector<int64_t>& order, int64_t count, const std::atomic<bool>* stop = nullptr);

}  // namespace latent
