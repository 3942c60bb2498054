#pragma once
// Trainings that stop and go on, as those of one process after another.
#include "tiny_model.hpp"

#include <latent/core/detail/json_value.hpp>
#include <latent/training/trainer.hpp>

#include <filesystem>
#include <functional>
#include <memory>

namespace latent::test {

constexpr int64_t kSamples = 50;  // seven batches of eight, the last one of two
constexpr int64_t kSteps = 7;

inline TrainingOptions base_options() {
  TrainingOptions options;
  options.epochs = 4;
  options.batch = 8;
  options.optimizer.lr = 0.02;
  options.seed = 3;
  return options;
}

using MakeModel = std::function<std::unique_ptr<LatentModel>()>;
inline std::unique_ptr<LatentModel> tiny() { return std::make_unique<TinyVae>(); }

// A run in a folder: model and trainer made anew each time, as by a new process.
struct Session {
  std::unique_ptr<LatentModel> model;
  std::unique_ptr<Trainer> trainer;
  Recorder recorder;

  Session(const MakeModel& make, const TrainingOptions& options, const std::filesystem::path& folder,
          double save_seconds = 0.0)
      : model(make()) {
    trainer = std::make_unique<Trainer>(*model, random_set(kSamples, 10), random_set(20, 11), "validation", options,
                                        RunFiles{folder, save_seconds}, nlohmann::json{{"data", "random"}});
  }
  Outcome go() { return trainer->run(recorder, recorder.stop); }
};

}  // namespace latent::test
