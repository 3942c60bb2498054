#pragma once
// Everything that says how to train, and its JSON.

#include <latent/core/json.hpp>
#include <latent/data/augmentation.hpp>
#include <latent/data/corrupt.hpp>
#include <latent/training/optimizer.hpp>
#include <latent/training/precision.hpp>
#include <latent/training/schedule.hpp>

#include <cstdint>

namespace latent {

/// @throws std::invalid_argument unless it is 0 (never) or above
void check_clip_norm(double clip_norm);

struct TrainingOptions {
  int64_t epochs = 10;
  int64_t batch = 128;
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
  double clip_norm = 0.0;  ///< gradients are scaled down to this norm; 0 = never
  double ema = 0.0;        ///< decay of an average of the weights that is evaluated and saved; 0 = none
  int64_t patience = 0;    ///< epochs without a better held-out loss after which training stops; 0 = never stops early
  data::Augmentation augmentation;  ///< variation of the training samples, anew each time that one is taken; a Trainer
                                    ///< wants `auto` decided (data::choose_augmentation())
  data::Corruption corruption;  ///< damage done to what the encoder sees; targets stay clean
  uint64_t seed = 0;
  Precision precision = Precision::f32;

  /// One flat object, keyed by the names of the command line's options:
  ///   {"epochs": 10, "batch": 128, "optimizer": "adam", "lr": 0.001, "schedule": "constant", "warmup_epochs": 0, ...}
  Json to_json() const;
  /// What is missing keeps its default, so that a preset's {"epochs": 10, "lr": 0.001} is valid.
  /// @throws std::invalid_argument for unknown keys (with the nearest valid one), wrong types, values out of range
  static TrainingOptions from_json(const Json& json);
  /// @throws std::invalid_argument for values out of range or unknown names
  void check() const;
};

}  // namespace latent
