#pragma once
// Trainer: batches through a model's phases, epoch by epoch, with a log, checkpoints and a doctor.

#include <latent/data/dataset.hpp>
#include <latent/models/latent_model.hpp>
#include <latent/training/optimizer.hpp>

#include <nlohmann/json.hpp>

#include <atomic>
#include <filesystem>
#include <map>
#include <string>

namespace latent {

enum class Precision : uint8_t { f32, bf16 };
/// "auto" is bf16 where the processor has matrix units for it (AMX), f32 elsewhere.
/// @throws std::invalid_argument for other names than auto, f32, bf16
Precision precision_from(std::string_view name);
std::string_view name_of(Precision precision);

struct ScheduleOptions {
  std::string name = "constant";   ///< "constant", "cosine" (to zero at the last step) or "step"
  double warmup_epochs = 0.0;      ///< linear from 0, before the schedule proper
  double step_epochs = 10.0;       ///< "step": every so many epochs ...
  double step_factor = 0.1;        ///< ... the rate is multiplied by this
};
/// Factor on the learning rate after `epoch` epochs (with fraction) of `epochs`.
double schedule_factor(const ScheduleOptions& options, double epoch, double epochs);

struct TrainingOptions {
  int64_t epochs = 10;
  int64_t batch = 128;
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
  double clip_norm = 0.0;       ///< gradients are scaled down to this norm; 0 = never
  double ema = 0.0;             ///< decay of an average of the weights that is evaluated and saved; 0 = none
  int64_t patience = 0;         ///< epochs without a better validation loss after which training stops; 0 = never stops early
  uint64_t seed = 0;
  Precision precision = Precision::f32;

  nlohmann::json to_json() const;
  /// @throws std::invalid_argument for unknown keys (with the nearest valid one), wrong types, values out of range
  static TrainingOptions from_json(const nlohmann::json& json);
};

/// Means over a set, per sample, in nats: "loss", "reconstruction", "kl", "elbo" where the model has them.
using Metrics = std::map<std::string, double>;

struct EpochReport {
  int64_t epoch = 0;               ///< 1, 2, ...
  double seconds = 0.0;            ///< training alone, without evaluation
  double samples_per_second = 0.0;
  double lr = 0.0;                 ///< at the end of the epoch
  Metrics train;                   ///< means over the epoch, as training went on
  Metrics held_out;                ///< of the validation or test set after the epoch; empty without one
  std::vector<double> kl_per_dim;  ///< of the training batches, mean over the epoch; empty without KL
};

/// What the doctor found: `what` happened and `advice`, one line each.
struct Diagnosis {
  enum class Severity : uint8_t { note, warning, error } severity = Severity::warning;
  std::string code;    ///< "posterior-collapse", "non-finite", "overfitting", "constant-inputs", "outside-unit-interval"
  std::string what;
  std::string advice;
};

/// Told what happens. All functions are called from the training thread.
class TrainingObserver {
 public:
  virtual ~TrainingObserver() = default;
  virtual void on_batch(int64_t epoch, int64_t done, int64_t total, double samples_per_second, const Metrics& so_far) {
    static_cast<void>(epoch), static_cast<void>(done), static_cast<void>(total);
    static_cast<void>(samples_per_second), static_cast<void>(so_far);
  }
  virtual void on_epoch(const EpochReport& report) { static_cast<void>(report); }
  virtual void on_diagnosis(const Diagnosis& diagnosis) { static_cast<void>(diagnosis); }
};

/// Where a run keeps its files; see docs/files.md.
struct RunFiles {
  std::filesystem::path directory;
  std::filesystem::path model() const { return directory / "model.safetensors"; }
  std::filesystem::path checkpoint() const { return directory / "checkpoint.safetensors"; }
  std::filesystem::path metrics() const { return directory / "metrics.jsonl"; }
};

enum class Outcome : uint8_t { finished, stopped_early, interrupted };

/// Training that stopped because the loss stayed non-finite after two restarts at lower rates; the last good model is saved.
class TrainingDiverged : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Trainer {
 public:
  /// @param train     samples in [0, 1] where the model needs it
  /// @param held_out  evaluated after each epoch; may be null
  /// @param held_out_name  "validation" or "test": the key in metrics.jsonl
  /// @param files     where model, checkpoint and log are written after each epoch; nullopt writes nothing
  /// @param info      what travels in the model file beside the config (see model_file.hpp)
  Trainer(LatentModel& model, std::shared_ptr<const data::Dataset> train, std::shared_ptr<const data::Dataset> held_out,
          std::string held_out_name, TrainingOptions options, std::optional<RunFiles> files, nlohmann::json info);
  ~Trainer();

  /// Looks at the data before the first step: values against the likelihood, constant columns.
  std::vector<Diagnosis> examine_data() const;

  /// Continues from the run's checkpoint: weights, moments, random counters, epoch, best weights.
  /// @throws DataError if the checkpoint does not belong to this model or is damaged
  void restore();

  /// Trains until done. @param stop  set to true from a signal handler: the state is saved and `interrupted` returned
  /// @throws TrainingDiverged, IoError
  Outcome run(TrainingObserver& observer, const std::atomic<bool>& stop);

  int64_t epochs_done() const;
  const std::vector<EpochReport>& history() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Means of the model's terms over a whole set, in eval mode. @param seed of the posterior samples
Metrics evaluate_terms(const LatentModel& model, const data::Dataset& data, int64_t batch, uint64_t seed,
                       std::vector<double>* kl_per_dim = nullptr);

struct Evaluation {
  Metrics terms;                    ///< reconstruction, kl, elbo: nats per sample, one posterior sample each
  double bits_per_dim = 0.0;        ///< -elbo / (numel * ln 2)
  std::vector<double> kl_per_dim;   ///< nats, mean over samples
  int64_t active_units = 0;         ///< dimensions whose posterior mean has a variance over samples above 0.01 (Burda et al. 2016)
  std::optional<double> nll;        ///< -IWAE bound with `importance_samples` samples, nats per sample
  int64_t importance_samples = 0;
  int64_t samples = 0;
};
struct EvaluationOptions {
  int64_t importance_samples = 0;  ///< K of the bound; 0 leaves nll out
  int64_t batch = 256;
  uint64_t seed = 0;
};
Evaluation evaluate(const LatentModel& model, const data::Dataset& data, const EvaluationOptions& options = {});

/// Posterior means of a whole set. (N, D)
Tensor encode_all(const LatentModel& model, const data::Dataset& data, int64_t batch = 256);

}  // namespace latent
