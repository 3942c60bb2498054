#pragma once
// Trainer: batches through a model's phases, epoch by epoch, with a log, checkpoints and a doctor.

#include <latent/core/json.hpp>
#include <latent/data/dataset.hpp>
#include <latent/models/latent_model.hpp>
#include <latent/training/evaluate.hpp>
#include <latent/training/observer.hpp>
#include <latent/training/options.hpp>
#include <latent/training/run_files.hpp>

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace latent {

/// A diagnosis of a run's course as it stands at the end.
struct Conclusion {
  Diagnosis diagnosis;  ///< `what` and `advice` are empty for what was told earlier and still holds
  int64_t epoch = 0;    ///< in which it was told
  bool holds = true;
};

enum class Outcome : uint8_t { finished, stopped_early, interrupted };

/// Training that stopped because it stayed non-finite after two restarts at lower rates; the last good model is saved.
class TrainingDiverged : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Trains a model. Every draw depends on (seed, epoch, step) alone, or for damaged inputs on (seed, epoch, sample), so
/// that a run that was interrupted and restored ends with the same bits as one that was not, on the same machine with
/// the same threads and precision. One thread at a time; work inside is parallel.
class Trainer {
 public:
  /// Gives the model its bf16 copies if the options ask for that precision.
  /// @param model     must outlive the trainer, and may not be used elsewhere while run() lasts
  /// @param train     samples in [0, 1] where the model needs it
  /// @param held_out  evaluated after each epoch; may be null
  /// @param held_out_name  "validation" or "test": the key in metrics.jsonl
  /// @param files     where each epoch is logged, and model and checkpoint are written at the end of an epoch when some
  ///                  time has passed, and whenever training stops; nullopt writes nothing
  /// @param info      what travels in the model file beside the config (see model_file.hpp); "training" and "metrics"
  /// in it
  ///                  are kept up to date
  /// @throws std::invalid_argument for options out of range, sets that are empty or whose samples do not fit the model,
  ///         patience without a held-out set, or damage that does not fit the data
  Trainer(LatentModel& model, std::shared_ptr<const data::Dataset> train, std::shared_ptr<const data::Dataset> held_out,
          std::string held_out_name, TrainingOptions options, std::optional<RunFiles> files, Json info);
  ~Trainer();
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// Looks at the data before the first step: values against the likelihood, constant columns.
  std::vector<Diagnosis> examine_data() const;

  /// Continues from the run's checkpoint: weights, moments, counters, epoch, best weights. More epochs than the
  /// checkpoint was written with are allowed; every other option must be the same.
  /// @return a warning where the log of the epochs done is lost or damaged, which training does not depend on:
  /// history()
  ///         holds what is left of it
  /// @throws DataError if the checkpoint does not belong to this model, data and options, or is damaged; nothing is
  /// changed
  ///         then. IoError if it cannot be read. std::invalid_argument without files
  std::optional<Diagnosis> restore();

  /// Trains until done. When it returns finished or stopped_early, the model holds the weights that were saved: the
  /// best ones with patience, the averaged ones with ema. A run that was not restored replaces the files of an older
  /// one, which stay whole until the first checkpoint after the start is on disk.
  /// @param stop  set to true from a signal handler: the state is saved and `interrupted` returned
  /// @throws TrainingDiverged, IoError
  Outcome run(TrainingObserver& observer, const std::atomic<bool>& stop);

  int64_t epochs_done() const;
  /// Of all epochs, with that of an epoch which was interrupted.
  double seconds() const;
  /// Figures of the epoch whose weights are saved: the best one so far with patience, or else the last one; null before
  /// the first.
  const EpochReport* saved_report() const;
  /// Figures of the epochs done, in order; without those that a damaged log has lost.
  const std::vector<EpochReport>& history() const;
  /// What was told of the course of this run and holds at its end, or was taken back there. The observer was told too.
  const std::vector<Conclusion>& conclusions() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace latent
