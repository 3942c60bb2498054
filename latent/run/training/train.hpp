#pragma once
// From data to a trained model.

#include <latent/data/augmentation_choice.hpp>
#include <latent/models/model_size.hpp>
#include <latent/run/remark.hpp>
#include <latent/run/run.hpp>
#include <latent/run/training/train_options.hpp>
#include <latent/training/trainer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace latent {

/// data::open(), which leaves a tenth of the samples out of what it learns about the data where there is no test part,
/// so that they can be held out of training. @throws as data::open()
data::Source open(const std::string& path_or_name, data::OpenOptions options = {});

/// How a training is run, beside what is trained and how.
struct TrainRun {
  /// The run directory, made for it; empty: nothing is written. What lies there already is replaced.
  std::filesystem::path out = {};
  double save_seconds = RunFiles{}.save_seconds;  ///< see RunFiles
  uint64_t seed = 0;                              ///< seed of weights, order of samples and draws of codes
  Precision precision = Precision::f32;
  bool precision_is_automatic = false;  ///< for what is said of it: whether nobody asked for it
  /// Fraction of the training samples held out. Without one: what open() left out where there is no test part, or where
  /// patience needs it; else none.
  std::optional<double> validation = {};
};

/// What is trained on and what is looked at after each epoch.
struct TrainingParts {
  std::shared_ptr<const data::Dataset> train;     ///< as training takes it: repeated, varied
  std::shared_ptr<const data::Dataset> once;      ///< each sample once, as it is
  std::shared_ptr<const data::Dataset> held_out;  ///< null if nothing is held out
  std::string held_out_name;                      ///< "validation", "test" or ""
  /// What reconstructions are shown of: held out if there is such a thing.
  const data::Dataset& shown() const { return held_out ? *held_out : *train; }
};

/// @throws as data::select()
TrainingParts training_parts(const data::Source& source, const HeldOut& held_out);
/// Takes each training sample so many times, one after the other (then the epoch's order is drawn).
void repeat_samples(TrainingParts& parts, int64_t times);

/// All that is decided before anything is allocated.
struct TrainPlan {
  std::string preset;  ///< its name
  FittedModel model;   ///< config and size
  TrainingOptions training;
  HeldOut held_out;
  TrainingParts parts;
  int64_t repeats = 1;          ///< how often an epoch takes each sample
  std::vector<Remark> remarks;  ///< about the size of the model
};

/// Chooses preset and network by the data, with every option in its place.
/// @throws UsageError for options that do not belong together or do not fit the data; std::invalid_argument for unknown
///         names
TrainPlan plan_training(const data::Source& source, const TrainOptions& options, const TrainRun& run = {});

/// A model and its trainer, ready for the first step.
class Training {
 public:
  /// @throws UsageError for data that cannot be trained on; std::invalid_argument as Trainer
  Training(const data::Source& source, const TrainOptions& options, TrainPlan plan, const TrainRun& run = {});
  Training(const Training&) = delete;
  Training& operator=(const Training&) = delete;

  /// What the data and the settings make one say before the first step.
  const std::vector<Remark>& remarks() const { return remarks_; }
  const LatentModel& model() const { return *model_; }
  const TrainPlan& plan() const { return plan_; }
  Trainer& trainer() { return *trainer_; }
  /// The trained model with its record. Call it once, when the trainer is done.
  Run take_run() &&;

 private:
  void describe(const data::Source& source, const TrainOptions& options, const TrainRun& run, int64_t components,
                const std::optional<data::AugmentationChoice>& choice);

  TrainPlan plan_;
  std::filesystem::path out_;
  Json info_;
  std::optional<DataRecord> record_;
  std::unique_ptr<LatentModel> model_;
  std::unique_ptr<Trainer> trainer_;
  std::vector<Remark> remarks_;
};

/// Trains a model on a source: the whole job, without a word. `observer` is told what happens; see Training for what is
/// to be known beside it.
///   latent::Run run = latent::train(latent::open("fashion-mnist"), {.preset = "vae-mlp", .epochs = 3});
/// @throws as plan_training() and Training; TrainingDiverged, IoError
Run train(const data::Source& source, const TrainOptions& options = {}, const TrainRun& run = {},
          TrainingObserver* observer = nullptr);

}  // namespace latent
