#include <latent/run/anomalies/scoring.hpp>

#include <latent/core/error.hpp>
#include <latent/core/rng.hpp>
#include <latent/core/text.hpp>
#include <latent/data/stratified.hpp>
#include <latent/space/anomalies/column_deviations.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace latent {

namespace {

// Scored at once: bounds what samples and their reconstructions take.
constexpr int64_t kScoredAtOnce = 4096;
constexpr uint64_t kReferenceStream = 0x7265666572;

space::AnomalyFeatures features_of(const Run& run, const data::Dataset& samples, int64_t begin, int64_t end,
                                   const ScoringOptions& options) {
  SampleTerms terms = sample_terms(
      *run.model, samples, begin, end,
      {.importance_samples = run.model->has_likelihood() ? options.importance_samples : 0, .seed = options.seed});
  space::AnomalyFeatures features{terms.x, terms.codes, terms.x_hat, {}};
  const auto add = [&](const char* name, std::vector<double>& values) {
    if (!values.empty()) features.terms.emplace_back(name, std::move(values));
  };
  add("reconstruction", terms.reconstruction);
  add("neg_elbo", terms.neg_elbo);
  add("nll", terms.nll);
  return features;
}

// The run's own data: `source` where that is it.
class OwnSource {
 public:
  OwnSource(const Run& run, const RunSource& source, const ScoringOptions& options) : run_(run) {
    if (source.is_trained_on() && options.training_data.empty()) {
      source_ = &source;
    } else {
      opened_.emplace(run, options.training_data);
      source_ = &*opened_;
    }
  }
  RunData training() const {
    RunData training = source_->part(std::string(data::name_of(data::Split::train)));
    if (!training.is_trained_on) {
      throw UsageError(fmt::format("{}: is not the data that {} was trained on", training.source, run_.path.string()),
                       "Scores need the training samples: --training-data says where they are now.");
    }
    return training;
  }
  // Normal samples that training did not see.
  RunData held_out() const {
    if (run_.data && run_.data->held_out.fraction > 0.0) {
      return source_->part(std::string(data::name_of(data::Split::validation)));
    }
    if (run_.data && run_.data->test_samples > 0) return source_->part(std::string(data::name_of(data::Split::test)));
    throw UsageError(
        fmt::format("{}: no normal samples are known that training did not see, by which scores become p-values",
                    run_.path.string()),
        "Train with --validation 0.1, or name such samples with --calibration.");
  }

 private:
  const Run& run_;
  std::optional<RunSource> opened_;
  const RunSource* source_ = nullptr;
};

// What --calibration names. It is read as the data that is scored, but may lack the labels: they are not looked at.
RunData named_calibration(const Run& run, const ScoringOptions& options) {
  try {
    return open_data(run, {.source = options.calibration_data, .read = options.read});
  } catch (const std::invalid_argument&) {
    if (options.read.label_column.empty()) throw;
    data::ReadOverrides unlabelled = options.read;
    unlabelled.label_column.clear();
    return open_data(run, {.source = options.calibration_data, .read = unlabelled});
  }
}

bool is_same_part(const RunData& a, const RunData& b) {
  const auto place = [](const RunData& data) {
    return data::is_known_set(data.source) ? std::filesystem::path(data.source)
                                           : std::filesystem::weakly_canonical(data.source);
  };
  const std::string all(data::name_of(data::Split::all));
  const bool is_same_source = (a.is_trained_on && b.is_trained_on) || place(a) == place(b);
  return is_same_source && (a.split == b.split || a.split == all || b.split == all);
}

void warn_of_overlap(const RunData& data, const RunData& calibration, std::vector<Remark>& remarks) {
  const bool has_training = data.is_trained_on && (data.split == data::name_of(data::Split::train) ||
                                                   data.split == data::name_of(data::Split::all));
  if (has_training) {
    remarks.push_back(
        {"training samples are among those that are scored: beside themselves they look more normal than new ones",
         true});
  } else if (is_same_part(data, calibration)) {
    remarks.push_back({"the samples that are scored are those that p-values are taken from", true});
  }
}

// Warns if calibration samples were trained on. Data whose rows repeat has some copies anyway, about as many as the
// reference has of its own rows.
void warn_of_copies(const Tensor& reference, const Tensor& calibration, int64_t training_samples,
                    std::vector<Remark>& remarks) {
  const auto row_of = [](const Tensor& x, int64_t n) {
    const size_t bytes = static_cast<size_t>(x.dim(1)) * sizeof(float);
    return std::string_view(static_cast<const char*>(x.raw()) + static_cast<size_t>(n) * bytes, bytes);
  };
  const int64_t M = reference.dim(0), N = calibration.dim(0);
  std::unordered_map<std::string_view, int64_t> times;
  for (int64_t m = 0; m < M; ++m) ++times[row_of(reference, m)];
  int64_t repeated = 0, copies = 0;
  for (int64_t m = 0; m < M; ++m) repeated += times[row_of(reference, m)] > 1 ? 1 : 0;
  for (int64_t n = 0; n < N; ++n) copies += times.contains(row_of(calibration, n)) ? 1 : 0;
  constexpr double kMany = 0.1;    // of those that would be found if all were training samples
  constexpr double kChance = 3.0;  // standard errors
  const auto share = [](int64_t part, int64_t all) { return static_cast<double>(part) / static_cast<double>(all); };
  const double usual = share(repeated, M), error = std::sqrt(usual * (1.0 - usual) / static_cast<double>(N));
  if (share(copies, N) <= usual + kChance * error + kMany * share(M, training_samples)) return;
  remarks.push_back(
      {fmt::format("{} of {} are training samples: p-values are too small where they are taken from what training saw",
                   grouped(copies), counted(N, "calibration sample")),
       true});
}

void append(space::AnomalyScores& all, const space::AnomalyScores& part) {
  all.score.insert(all.score.end(), part.score.begin(), part.score.end());
  all.p_value.insert(all.p_value.end(), part.p_value.begin(), part.p_value.end());
  if (all.components.empty()) {
    all.components = part.components;
    return;
  }
  for (size_t i = 0; i < all.components.size(); ++i) {
    std::vector<double>& values = all.components[i].values;
    values.insert(values.end(), part.components[i].values.begin(), part.components[i].values.end());
  }
}

}  // namespace

ScoredData score_data(const Run& run, const RunSource& source, const RunData& data, const ScoringOptions& options) {
  ScoredData scored;
  const OwnSource own(run, source, options);
  const RunData training = own.training();
  const RunData held_out = options.calibration_data.empty() ? own.held_out() : named_calibration(run, options);
  scored.remarks = held_out.remarks;
  warn_of_overlap(data, held_out, scored.remarks);
  const Rng tape(options.seed, kReferenceStream);
  const auto reference_samples = data::at_most(training.samples, kMostReference, tape);
  const auto calibration_samples = data::at_most(held_out.samples, kMostReference, tape);
  scored.reference = reference_samples->size();
  scored.calibration = calibration_samples->size();
  scored.calibration_part = held_out.part();

  const space::AnomalyFeatures reference = features_of(run, *reference_samples, 0, scored.reference, options);
  const space::AnomalyFeatures calibration = features_of(run, *calibration_samples, 0, scored.calibration, options);
  if (!options.calibration_data.empty())
    warn_of_copies(reference.x, calibration.x, training.samples->size(), scored.remarks);
  const bool by_column = run.kind().has_columns;
  const space::AnomalyScorer scorer(reference, calibration, {.by_column = by_column});
  std::optional<space::ColumnDeviations> deviations;
  if (by_column && reference.x_hat.defined()) deviations.emplace(reference);
  const int64_t N = data.samples->size();
  if (deviations) scored.deviations = Tensor::empty({N, reference.x.dim(1)});
  for (int64_t begin = 0; begin < N; begin += kScoredAtOnce) {
    const int64_t end = std::min(begin + kScoredAtOnce, N);
    const space::AnomalyFeatures features = features_of(run, *data.samples, begin, end, options);
    append(scored.scores, scorer.score(features));
    if (deviations) scored.deviations.rows(begin, end).copy_from((*deviations)(features));
  }
  return scored;
}

}  // namespace latent
