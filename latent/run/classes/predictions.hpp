#pragma once
// What a classifier takes samples for, and how far it can be believed.

#include <latent/models/classifier.hpp>
#include <latent/run/pictures/pictures.hpp>
#include <latent/run/results/result_file.hpp>
#include <latent/run/run.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace latent {

bool is_classifier(const Run& run);
/// The run's model. @throws UsageError if it is no classifier
const Classifier& classifier_of(const Run& run);
/// Names of the model's classes: those of its training data, or "0", "1", ...
std::vector<std::string> class_names_of(const Run& run);

struct Predictions {
  Tensor probabilities;          ///< (N, classes) f32
  std::vector<int64_t> classes;  ///< N, the most probable one of each sample
  float probability(int64_t sample) const {
    return probabilities.data<float>()[sample * probabilities.dim(1) + classes[static_cast<size_t>(sample)]];
  }
};
/// What codes are taken for. @param codes (N, D)   @throws std::invalid_argument for other shapes
Predictions predictions_of(const Classifier& classifier, const Tensor& codes);
/// @throws UsageError as classifier_of(); std::invalid_argument for samples of another shape
Predictions predict(const Run& run, const data::Dataset& samples);

struct ClassFigures {
  int64_t samples = 0;                   ///< that have the class
  double recall = 0.0, precision = 0.0;  ///< NaN where nothing has the class, or nothing was taken for it
};
/// Over the samples whose class is known and is one of the model's.
struct ClassificationFigures {
  int64_t samples = 0;
  double accuracy = 0.0;
  double cross_entropy = 0.0;  ///< nats per sample
  /// Expected calibration error: the mean distance between how sure the model is and how often it is right, over 15
  /// equal ranges of the largest probability, weighed by their samples (Guo et al. 2017, arXiv:1706.04599).
  double calibration_error = 0.0;
  Tensor confusion;  ///< (C, C) i64: a row for each true class
  std::vector<ClassFigures> classes;
};
/// @param labels  N class numbers, -1 where unknown   @throws std::invalid_argument for another number of labels
ClassificationFigures judge_predictions(const Predictions& predictions, std::span<const int64_t> labels);

/// Samples taken for another class than theirs, those the model was surest about first.
std::vector<int64_t> surest_errors(const Predictions& predictions, std::span<const int64_t> labels);
/// The most frequent errors, a row for each class and what it was taken for, with their number: "Shirt for Coat: 66";
/// in a row the samples that the model was surest about. There must be an error.
Picture picture_of_errors(const Run& run, const data::Dataset& samples, const Predictions& predictions);

/// Writes what samples were taken for:
///   .csv  predicted, probability, p_CLASS of each class, data_index, file, label
///   .npz  predicted (N), probabilities (N, C), class_names, labels, label_names, data_index, files
/// @throws IoError
void write_predictions(const ResultFile& file, const Run& run, const Predictions& predictions,
                       const data::Dataset& samples);

}  // namespace latent
