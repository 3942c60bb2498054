#include <cli/commands/training_session.hpp>

#include <cli/commands/session_summary.hpp>
#include <cli/fit_rows.hpp>
#include <cli/interrupt.hpp>
#include <cli/messages.hpp>
#include <cli/output.hpp>
#include <cli/progress.hpp>
#include <cli/result_file.hpp>

#include <latent/run/kinds/run_kind.hpp>
#include <latent/run/classes/predictions.hpp>
#include <latent/run/pictures/run_pictures.hpp>
#include <latent/run/gans/gan_run.hpp>
#include <latent/space/linear/linear_baseline.hpp>
#include <latent/training/doctor.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace latent::cli {

namespace {

// The figures of what was saved beside those of the mean and of PCA, on what is held out.
void add_fit(SessionSummary& summary, const Run& run, const TrainingParts& parts, const TrainingOptions& options) {
  summary.json["fit"] = nullptr;
  if (!run.model->has_encoder() || !run.model->has_decoder() || !run.model->has_exact_mean()) return;
  const space::LinearBaseline baseline = space::fit_linear_baseline(*parts.once, run.model->latent_dim(), options.seed);
  space::FitOptions fit_options{.corruption = options.corruption, .seed = options.seed};
  if (is_gan(run)) fit_options.most_samples = 1000;  // whose codes are searched for
  const auto fit = space::measure_fit(*run.model, parts.shown(), baseline, fit_options);
  if (!fit) return;
  summary.json["fit"] = fit_json(*fit);
  add_fit_rows(summary.table, *fit);
  for (const Diagnosis& diagnosis : doctor::judge_fit(*fit)) {
    tell(diagnosis);
    summary.json["diagnoses"].push_back({{"code", diagnosis.code}, {"holds", true}, {"what", diagnosis.what}});
  }
}

// What the doctor said of the course and what became of it.
void add_conclusions(SessionSummary& summary, const Trainer& trainer) {
  Json diagnoses = Json::array();
  for (const Conclusion& conclusion : trainer.conclusions()) {
    const Diagnosis& diagnosis = conclusion.diagnosis;
    diagnoses.push_back({{"code", diagnosis.code}, {"epoch", conclusion.epoch}, {"holds", conclusion.holds}});
    if (!diagnosis.what.empty()) diagnoses.back()["what"] = diagnosis.what;
    summary.table.row("doctor", diagnosis.what.empty()
                                    ? fmt::format("the warning of epoch {} holds: {}", conclusion.epoch, diagnosis.code)
                                    : diagnosis.what);
  }
  summary.json["diagnoses"] = diagnoses;
}

// What was saved, which is what is shown: the best weights, or their average.
Run saved_run(const std::filesystem::path& directory) {
  ComputeOptions compute;
  compute.precision = latent::name_of(Precision::f32);
  return open_run(directory.string(), compute, {});
}

void add_pictures(SessionSummary& summary, const Run& run, const std::vector<EpochReport>& history,
                  const TrainingParts& parts, const TrainingOptions& options) {
  const PictureOptions where{.directory = run.path, .held_out_name = parts.held_out_name, .seed = options.seed};
  Json pictures = Json::array();
  for (const std::filesystem::path& path : write_run_pictures(run, parts.shown(), history, where)) {
    summary.table.row(pictures.empty() ? "pictures" : "", path.string());
    pictures.push_back(path.string());
  }
  summary.json["pictures"] = pictures;
}

// Commands that work with this run as they stand, in the form that suits its data.
void suggest_next(const Run& run, const TrainingParts& parts) {
  const std::string_view ending = name_of(run_kind(run.kind()).form());
  constexpr int64_t kFarSample = 7;
  note("next, try:");
  if (is_classifier(run)) {
    return say(
        fmt::format("  latent evaluate {0} --confusion confusion.png --errors errors.png\n"
                    "  latent predict {0} -o predicted.csv\n"
                    "  latent map {0} -o map.png\n",
                    run.path.string()));
  }
  say(
      fmt::format("  latent evaluate {0}{1}\n"
                  "  latent sample {0} -n 64 -o more.{2}\n"
                  "  latent interpolate {0} --from 0 --to {3} -o strip.{2}\n",
                  run.path.string(), run.model->has_likelihood() ? " --importance-samples 64" : "", ending,
                  std::min(kFarSample, parts.shown().size() - 1)));
  if (!run.corruption().empty()) say(fmt::format("  latent denoise {} -o cleaned.{}\n", run.path.string(), ending));
}

// Tells two observers.
class Both : public TrainingObserver {
 public:
  Both(TrainingObserver& first, TrainingObserver& second) : first_(first), second_(second) {}
  void on_batch(int64_t epoch, int64_t done, int64_t total, double samples_per_second, const Metrics& so_far) override {
    first_.on_batch(epoch, done, total, samples_per_second, so_far);
    second_.on_batch(epoch, done, total, samples_per_second, so_far);
  }
  void on_epoch(const EpochReport& report) override {
    first_.on_epoch(report);
    second_.on_epoch(report);
  }
  void on_diagnosis(const Diagnosis& diagnosis) override {
    first_.on_diagnosis(diagnosis);
    second_.on_diagnosis(diagnosis);
  }

 private:
  TrainingObserver &first_, &second_;
};

Outcome run_watched(Trainer& trainer, Progress& progress, const InterruptGuard& guard, server::TrainingWatch& watch) {
  watch.follow(guard.stop());
  Both observers(progress, watch);
  try {
    const Outcome outcome = trainer.run(observers, watch.stop_flag());
    watch.end(std::string(outcome_name(outcome)));
    return outcome;
  } catch (...) {
    watch.end("failed");
    throw;
  }
}

// Data that fails once training has begun is no wrong argument any more.
Outcome train(Trainer& trainer, Progress& progress, const InterruptGuard& guard, const std::filesystem::path& directory,
              server::TrainingWatch* watch) {
  try {
    return watch != nullptr ? run_watched(trainer, progress, guard, *watch) : trainer.run(progress, guard.stop());
  } catch (const DataError& error) {
    throw Failed(fmt::format("{}; {} is as its last checkpoint left it", error.what(), directory.string()));
  }
}

}  // namespace

Result run_session(Trainer& trainer, const TrainingParts& parts, const std::filesystem::path& directory,
                   const TrainingOptions& options, server::TrainingWatch* watch) {
  const InterruptGuard guard;
  Progress progress(options.epochs, trainer.epochs_done() + 1, parts.held_out_name);
  const Outcome outcome = train(trainer, progress, guard, directory, watch);
  SessionSummary result = summary_of(trainer, parts, directory, options, outcome);
  if (outcome == Outcome::interrupted) {
    note(fmt::format("saved; continue with: latent resume {}", directory.string()));
    return {result.json, result.table.str(), kInterrupted};
  }
  after_writing(fmt::format("the model is saved in {}, its pictures are not", directory.string()), [&] {
    const Run run = saved_run(directory);
    add_conclusions(result, trainer);
    add_fit(result, run, parts, options);
    add_pictures(result, run, trainer.history(), parts, options);
    suggest_next(run, parts);
  });
  return {result.json, result.table.str(), kDone};
}

}  // namespace latent::cli
