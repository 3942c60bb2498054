#pragma once
// Figures of a run that can be compared, with their protocol.

#include <latent/run/classes/predictions.hpp>
#include <latent/run/run_data.hpp>
#include <latent/space/metrics/factors.hpp>
#include <latent/space/probes/sample_agreement.hpp>
#include <latent/training/doctor.hpp>
#include <latent/training/evaluate.hpp>
#include <latent/training/precision.hpp>
#include <latent/training/reconstruction_fit.hpp>

#include <optional>
#include <string>
#include <vector>

namespace latent {

struct RunEvaluationOptions {
  EvaluationOptions figures = {};
  bool factors = false;                  ///< whether dimensions are compared with the known factors of the data
  Precision precision = Precision::f32;  ///< that the model computes in, for the protocol
};

/// How far single dimensions of codes stand for known factors.
struct FactorScores {
  double mutual_information_gap = 0.0;
  space::DciResult dci = {};
  std::vector<std::string> names = {};  ///< names of the factors, in the order of dci.informativeness
};
/// @throws UsageError for data without known factors, or a model without encoder
void check_factors(const LatentModel& model, const data::Dataset& samples);
/// @throws as check_factors()
FactorScores score_factors(const LatentModel& model, const data::Dataset& samples, int64_t batch, uint64_t seed);

struct RunEvaluation {
  Evaluation figures = {};
  std::optional<ReconstructionFit> fit = {};  ///< beside the mean and PCA, of the training data where it is still there
  std::vector<Diagnosis> diagnoses = {};      ///< what the fit says
  std::optional<FactorScores> factors = {};
  std::optional<ClassificationFigures> classification = {};  ///< of classifiers
  std::optional<Predictions> predictions = {};               ///< the same
  std::optional<space::SampleAgreement> generated =
      {};                                      ///< tables: how far generated rows can pass for rows of the data
  std::vector<std::string> column_names = {};  ///< column names of `generated`
  std::string protocol = {};
};
/// @throws UsageError for a bound on the likelihood of a model that has none; as check_factors() and evaluate()
RunEvaluation evaluate_run(const Run& run, const RunData& data, const RunEvaluationOptions& options);

}  // namespace latent
