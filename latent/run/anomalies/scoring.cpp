#include <latent/run/anomalies/scoring.hpp>

#include <latent/core/error.hpp>
#include <latent/core/rng.hpp>
#include <latent/core/text.hpp>
#include <latent/data/stratified.hpp>
#include <latent/run/codes.hpp>
#include <latent/run/tables/filled_rows.hpp>
#include <latent/space/anomalies/column_deviations.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
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

// Fills missing cells of rows from the rest of the row, by what training samples say. Nothing is fitted before it is
// needed.
class Filling {
 public:
  // @param training  null where samples have no columns: nothing is filled then
  explicit Filling(std::shared_ptr<const data::Dataset> training) : training_(std::move(training)) {}

  std::shared_ptr<const data::Dataset> filled(const std::shared_ptr<const data::Dataset>& samples) {
    return filled(samples, cells_of(*samples));
  }
  std::shared_ptr<const data::Dataset> filled(const std::shared_ptr<const data::Dataset>& samples,
                                              const MissingCells& missing) {
    if (missing.cells.empty()) return samples;
    if (!mean_) fit();
    return filled_rows(samples, missing, *mean_);
  }
  MissingCells cells_of(const data::Dataset& samples) const {
    return training_ ? missing_cells(samples) : MissingCells{};
  }

 private:
  void fit() {
    constexpr int kRounds = 3;  // of training rows that have holes: each fits what the one before has filled
    const MissingCells missing = cells_of(*training_);
    mean_.emplace(values_of(*training_));
    for (int round = 0; round < kRounds && !missing.cells.empty(); ++round) {
      mean_.emplace(values_of(*filled_rows(training_, missing, *mean_)));
    }
  }

  std::shared_ptr<const data::Dataset> training_;
  std::optional<space::ConditionalMean> mean_;
};

// A cell that was filled is no reason for anything.
void leave_out_filled(ScoredData& scored, const MissingCells& missing, int64_t samples, const std::string& where) {
  if (missing.cells.empty()) return;
  scored.filled_cells = static_cast<int64_t>(missing.cells.size());
  scored.filled_rows = missing.rows();
  scored.remarks.push_back({fmt::format("{}: {} in {} of {}, filled from the rest of each row", where,
                                        counted(scored.filled_cells, "missing cell"), grouped(scored.filled_rows),
                                        counted(samples, "row"))});
  if (!scored.deviations.defined()) return;
  for (const int64_t cell : missing.cells) {
    scored.deviations.data<float>()[cell] = std::numeric_limits<float>::quiet_NaN();
  }
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

  const bool by_column = run.kind().has_columns;
  Filling filling(by_column ? reference_samples : nullptr);
  const space::AnomalyFeatures reference =
      features_of(run, *filling.filled(reference_samples), 0, scored.reference, options);
  const space::AnomalyFeatures calibration =
      features_of(run, *filling.filled(calibration_samples), 0, scored.calibration, options);
  if (!options.calibration_data.empty())
    warn_of_copies(reference.x, calibration.x, training.samples->size(), scored.remarks);
  const space::AnomalyScorer scorer(reference, calibration, {.by_column = by_column});
  std::optional<space::ColumnDeviations> deviations;
  if (by_column && reference.x_hat.defined()) deviations.emplace(reference);
  const int64_t N = data.samples->size();
  const MissingCells missing = filling.cells_of(*data.samples);
  const auto samples = filling.filled(data.samples, missing);
  if (deviations) scored.deviations = Tensor::empty({N, reference.x.dim(1)});
  for (int64_t begin = 0; begin < N; begin += kScoredAtOnce) {
    const int64_t end = std::min(begin + kScoredAtOnce, N);
    const space::AnomalyFeatures features = features_of(run, *samples, begin, end, options);
    append(scored.scores, scorer.score(features));
    if (deviations) scored.deviations.rows(begin, end).copy_from((*deviations)(features));
  }
  leave_out_filled(scored, missing, N, data.part());
  return scored;
}

}  // namespace latent
