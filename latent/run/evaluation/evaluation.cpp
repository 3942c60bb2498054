#include <latent/run/evaluation/evaluation.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/core/error.hpp>
#include <latent/core/text.hpp>
#include <latent/run/gans/gan_run.hpp>
#include <latent/run/kinds/run_kind.hpp>
#include <latent/run/tables/drawn_rows.hpp>
#include <latent/space/linear/linear_baseline.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace latent {

namespace {

struct MeasuredFit {
  std::optional<ReconstructionFit> figures;
  bool is_own_mean = false;  // of the samples evaluated, because the training data is not there
};

// The samples that the run was trained on, where they are still what they were.
std::shared_ptr<const data::Dataset> training_of(const Run& run) {
  if (!run.data) return nullptr;
  try {
    const data::Source source = data::open(run.data->source, run.data->open);
    if (!is_same_data(*run.data, source)) return nullptr;
    return part_of(source, data::Split::train, run.data->held_out);
  } catch (const std::exception&) {
    return nullptr;  // moved or gone: the figures say what they were compared with instead
  }
}

MeasuredFit fit_of(const Run& run, const RunData& data, const EvaluationOptions& options) {
  if (!run.model->has_encoder() || !run.model->has_decoder() || !run.model->has_exact_mean()) return {};
  std::shared_ptr<const data::Dataset> training = data.training ? data.training : training_of(run);
  const bool is_own = training == nullptr;
  if (is_own) training = data.samples;
  const space::LinearBaseline baseline = space::fit_linear_baseline(*training, run.model->latent_dim());
  const auto figures =
      space::measure_fit(*run.model, *data.samples, baseline,
                         {.corruption = options.corruption, .batch = options.batch, .seed = options.seed});
  return {figures, is_own};
}

// "grey levels as probabilities", "a density of standardised values": what nats are of.
std::string values_text(const Run& run, const Evaluation& evaluation) {
  switch (run.model->values()) {
    case Values::levels: return ", each value one of 256 levels";
    case Values::bits:
      if (evaluation.is_binary || !run.model->needs_unit_interval()) return ", each value one of two";
      return ", grey levels as probabilities (a cross-entropy; no binarisation)";
    case Values::columns: return ", a density of the columns that are not binary";
    case Values::continuous: break;
  }
  return ", a density of the values as the model sees them";
}

constexpr uint64_t kFinishStream = 0x66696e697368;  // "finish"

// What the run's own figures were computed in.
std::string trained_in(const Run& run) {
  const nlohmann::json::json_pointer at("/training/precision");
  const auto usual = std::string(name_of(Precision::f32));
  return run.info->contains(at) && run.info->at(at).is_string() ? run.info->at(at).get<std::string>() : usual;
}

// What the figures mean: the part, the draws, and how data was presented to the likelihood.
std::string protocol_of(const Run& run, const RunData& data, const RunEvaluationOptions& options,
                        const Evaluation& evaluation, const MeasuredFit& fit) {
  const data::Corruption& corruption = options.figures.corruption;
  const bool is_all = data.split == data::name_of(data::Split::all);
  std::string text =
      fmt::format("{}{}, {}", is_all ? "all of " : "", data.part(), counted(evaluation.samples, "sample"));
  if (!is_gan(run)) text += ", nats per sample";
  if (is_classifier(run)) {
    text += fmt::format(", {} classes, calibration error over 15 ranges of the largest probability",
                        classifier_of(run).classes());
  } else {
    text += run.model->has_likelihood() ? ", one draw of the code for each sample" : ", codes without noise";
    if (is_gan(run)) {
      text += fmt::format(", found in {} from the encoder's answer on",
                          counted(gan_of(run, "evaluate").inversion_steps(), "step"));
    }
  }
  if (!corruption.empty()) {
    text += fmt::format(", codes of samples damaged by {}, all else of clean samples", corruption.str());
  }
  if (evaluation.terms.contains("reconstruction")) text += values_text(run, evaluation);
  if (evaluation.importance_samples > 0) {
    text +=
        fmt::format(", nll by the importance-weighted bound with {}", counted(evaluation.importance_samples, "sample"));
    if (!corruption.empty()) text += " and codes of clean samples";
  }
  if (fit.figures) {
    text += fmt::format("; r2 and mse of {} by means of codes, against {} of {}", fit.figures->samples,
                        fit.figures->mse_of_pca ? "mean and PCA" : "the mean",
                        fit.is_own_mean ? "these samples (the training data is not there)"
                                        : counted(fit.figures->fitted_to, "training sample"));
  }
  const std::string mine(name_of(options.precision)), its = trained_in(run);
  if (mine != name_of(Precision::f32) || mine != its) text += fmt::format(", computed in {}", mine);
  if (mine != its) {
    text += fmt::format(" (the run's own figures were computed in {0}: --precision {0} gives them again)", its);
  }
  return text;
}

std::vector<space::Factor> factors_of(const data::Dataset& samples) {
  std::vector<space::Factor> factors;
  const auto names = samples.factor_names();
  for (size_t f = 0; f < names.size(); ++f) {
    space::Factor factor{names[f], samples.factor(static_cast<int64_t>(f)), false};
    // The factor that is the class has no order.
    factor.is_class = std::ranges::equal(factor.values, samples.labels(), [](double value, int64_t label) {
      return value == static_cast<double>(label);
    });
    factors.push_back(std::move(factor));
  }
  return factors;
}

void check_has_known_labels(const Run& run, const RunData& data) {
  const std::span<const int64_t> labels = data.samples->labels();
  const int64_t classes = classifier_of(run).classes();
  if (labels.empty()) {
    throw UsageError(fmt::format("{} has no labels to judge a classifier by", data.part()),
                     "--split validation or train names a part that may have some. What it takes samples for: latent "
                     "predict RUN DATA -o labels.csv");
  }
  for (const int64_t label : labels) {
    if (label < classes) continue;
    throw UsageError(fmt::format("{} has the class '{}', which the model does not know", data.part(),
                                 data.samples->class_names()[static_cast<size_t>(label)]));
  }
}

}  // namespace

void check_factors(const LatentModel& model, const data::Dataset& samples) {
  if (!model.has_encoder()) throw UsageError("--factors: the model has no encoder");
  if (!samples.factor_names().empty()) return;
  throw UsageError("--factors: the factors of this data are not known", "The generated set has some: shapes.");
}

FactorScores score_factors(const LatentModel& model, const data::Dataset& samples, int64_t batch, uint64_t seed) {
  check_factors(model, samples);
  const std::vector<space::Factor> factors = factors_of(samples);
  const Tensor codes = encode_all(model, samples, batch);
  FactorScores scores{.mutual_information_gap = space::mutual_information_gap(codes, factors),
                      .dci = space::dci(codes, factors, {.seed = seed})};
  for (const space::Factor& factor : factors) scores.names.push_back(factor.name);
  return scores;
}

RunEvaluation evaluate_run(const Run& run, const RunData& data, const RunEvaluationOptions& options) {
  const EvaluationOptions& figures = options.figures;
  if (figures.importance_samples > 0 && !run.model->has_likelihood()) {
    throw UsageError(
        fmt::format("--importance-samples: a model of kind '{}' has no bound on the likelihood", run.model->kind()));
  }
  if (options.factors) check_factors(*run.model, *data.samples);
  if (is_classifier(run)) check_has_known_labels(run, data);
  RunEvaluation evaluation{.figures = evaluate(*run.model, *data.samples, figures)};
  if (is_classifier(run)) {
    evaluation.predictions = predict(run, *data.samples);
    evaluation.classification = judge_predictions(*evaluation.predictions, data.samples->labels());
  }
  const MeasuredFit fit = fit_of(run, data, figures);
  evaluation.fit = fit.figures;
  if (fit.figures) evaluation.diagnoses = doctor::judge_fit(*fit.figures);
  if (options.factors) evaluation.factors = score_factors(*run.model, *data.samples, figures.batch, figures.seed);
  if (!run_kind(run.kind()).means_are_samples() && run.model->has_decoder()) {
    evaluation.generated = space::judge_samples(*run.model, *data.samples, figures.seed, [&](const Tensor& rows) {
      return with_training_values(run, rows, Rng(figures.seed).fork(kFinishStream));
    });
    const auto names = data.samples->column_names();
    const size_t columns = evaluation.generated ? evaluation.generated->columns.size() : 0;
    for (size_t c = 0; c < columns; ++c) {
      evaluation.column_names.push_back(c < names.size() ? names[c] : fmt::format("column_{}", c));
    }
  }
  evaluation.protocol = protocol_of(run, data, options, evaluation.figures, fit);
  return evaluation;
}

}  // namespace latent
