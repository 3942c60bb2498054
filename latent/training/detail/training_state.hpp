#pragma once
// The whole state of a training run: what a checkpoint holds, and what the doctor goes back to. Private to the trainer.

#include <latent/core/detail/json_value.hpp>
#include <latent/training/checkpoint.hpp>
#include <latent/training/metrics_log.hpp>
#include <latent/training/observer.hpp>
#include <latent/training/options.hpp>
#include <latent/training/weights.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace latent {

/// A diagnosis that was given, so that it is not given again, and is taken back where it did not come true.
struct Told {
  std::string code;
  int64_t epoch = 0;  ///< 0: not known (a run begun by an older version)
};

/// The numbers of a training run; all else follows from them, the options and the tensors.
struct TrainingProgress {
  int64_t epoch = 0;             ///< epochs done
  int64_t step = 0;              ///< steps done of the epoch under way
  double seconds = 0.0;          ///< spent on the epoch under way
  std::vector<TermMeans> means;  ///< figures of the epoch under way, for each phase
  /// Reports of the epochs done, in order. Kept in the run's log rather than in checkpoints: what is lost there is
  /// missing here.
  std::vector<EpochReport> history;
  std::optional<EpochReport> last;  ///< report of the last epoch done, if any
  std::optional<EpochReport>
      best;                ///< report of the epoch with the lowest held-out loss, where patience keeps its weights
  double lr_factor = 1.0;  ///< halved whenever training goes back
  int64_t restarts = 0;    ///< times that training went back
  std::vector<Told> told;  ///< diagnoses that were given
  /// State of the run's log when this was saved; empty where the history was saved with it (checkpoints of version 1).
  std::optional<LogMark> log;

  /// The epoch whose weights a user should have: the best one where it is kept, or else the last; null before the
  /// first.
  const EpochReport* saved() const { return best ? &*best : last ? &*last : nullptr; }

  /// Everything but the history, for which `log` stands.
  nlohmann::json to_json(const std::string& held_out_name) const;
  /// @throws nlohmann::json::exception, std::invalid_argument if the JSON is not what to_json() writes
  static TrainingProgress from_json(const nlohmann::json& json, const std::string& held_out_name);

 private:
  // For checkpoints of version 1.
  void take_history(const nlohmann::json& json, const std::string& held_out_name);
};

/// Model, optimizers, average and progress of a run. Weights are changed in place: a state refers to its model, which
/// must outlive it.
class TrainingState {
 public:
  /// @throws std::invalid_argument for phases without parameters, name or loss, with the same name or less than one
  /// step,
  ///         and for settings out of range
  TrainingState(LatentModel& model, const TrainingOptions& options, int64_t steps_per_epoch);

  TrainingProgress progress;

  std::vector<Phase>& phases() { return phases_; }
  Optimizer& optimizer(size_t phase) { return *optimizers_[phase]; }
  const UpdateOptions& update(size_t phase) const { return updates_[phase]; }
  /// Whether the phase is trained by the batch of the step under way.
  bool takes_part(size_t phase) const;
  /// Steps done since training began; steps that were taken back do not count.
  int64_t steps_done() const { return progress.epoch * steps_per_epoch_ + progress.step; }

  /// Takes the weights into their average, if there is one; after a step was counted.
  void average_weights();
  bool weights_are_finite() const;

  /// Remembers everything as it is, between epochs.
  void mark_good();
  /// Back to what mark_good() saw last: weights, moments, averages; the epoch under way begins anew.
  void go_back();

  /// The weights that a user should have at this moment: the averages if there are any; empty for the model's own.
  NamedTensors current_weights() const;
  /// The weights that a user should have of the whole run: the best ones if they are kept, else current_weights().
  NamedTensors usable_weights() const { return best_.empty() ? current_weights() : best_; }
  /// Keeps current_weights() as the best ones.
  void mark_best();

  /// What a checkpoint must hold; shares memory with the state.
  std::vector<std::pair<std::string, Tensor>> tensors() const;
  /// Overwrites everything: progress, and the tensors that tensors() wrote with that progress.
  /// @throws DataError naming `path` if a tensor is missing, has another shape or type, or belongs to nothing; nothing
  /// is
  ///         changed then
  void restore(TrainingProgress restored, const std::vector<std::pair<std::string, Tensor>>& tensors,
               const std::string& path);

 private:
  NamedTensors live() const;
  void clear_gradients();
  void set_optimizer_steps();
  int64_t updates_done(size_t phase) const;

  LatentModel& model_;
  TrainingOptions options_;
  int64_t steps_per_epoch_;
  std::vector<Phase> phases_;
  int64_t round_;                       // batches
  std::vector<UpdateOptions> updates_;  // of each phase, as the optimizers
  std::vector<std::unique_ptr<Optimizer>> optimizers_;
  std::optional<WeightAverage> average_;
  NamedTensors good_;  // live() at the last epoch boundary
  NamedTensors best_;  // the model's state in the best epoch
};

}  // namespace latent
