#pragma once
// A training that clients watch, pause and stop.

#include <server/http/message.hpp>

#include <latent/data/dataset.hpp>
#include <latent/models/latent_model.hpp>
#include <latent/run/run.hpp>
#include <latent/training/trainer.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace latent::server {

struct TrainingWatchOptions {
  std::string run_name;  ///< for people
  std::string data_name;
  std::string held_out_name;  ///< "validation", "test" or ""
  int64_t epochs = 0;
  data::Transform transform = {};  ///< from stored to model values of the data
  int64_t mapped = 2000;           ///< samples whose codes are mapped after each epoch, at most
  int64_t pictured = 16;           ///< samples that are reconstructed
};

/// Remembers what the trainer tells, and looks at the model after each epoch. Observed by one thread, asked by many.
class TrainingWatch : public TrainingObserver {
 public:
  /// @param model   being trained; looked at between steps alone, by the thread that trains
  /// @param shown   samples to reconstruct and to map
  TrainingWatch(const LatentModel& model, std::shared_ptr<const data::Dataset> shown, TrainingWatchOptions options);
  /// A flag that ends the training as stop() does. Before the training begins.
  void follow(const std::atomic<bool>& interrupt) { interrupt_ = &interrupt; }

  // By the thread that trains. A training that was paused waits in on_batch().
  void on_batch(int64_t epoch, int64_t done, int64_t total, double samples_per_second, const Metrics& so_far) override;
  void on_epoch(const EpochReport& report) override;
  void on_diagnosis(const Diagnosis& diagnosis) override;
  /// For Trainer::run().
  const std::atomic<bool>& stop_flag() const { return stop_; }
  /// Says that it is over: "finished", "stopped early", "interrupted" or "failed".
  void end(const std::string& outcome);

  // By those who ask.
  void pause();
  void resume();
  void stop();
  bool was_stopped_by_client() const { return stopped_by_client_; }
  /// {state, epoch, epochs, batch, history: [...], diagnoses: [...], pictures: [epochs]}
  Json describe() const;
  /// What the page is told where nothing but the training can be looked at yet.
  Json info() const;
  /// Events after the first `after`, as text; waits up to a second for one. Nothing once it is over and all was told.
  std::optional<std::string> events_after(int64_t& after) const;
  /// "samples" or "reconstructions" of an epoch as PNG, or its "positions" as .npy. @throws HttpError (404)
  std::string picture(int64_t epoch, const std::string& what) const;
  /// Class numbers of the mapped samples (N) i64, -1 where unknown.
  Tensor labels() const;

 private:
  struct Snapshot {
    int64_t epoch = 0;
    std::string samples = {}, reconstructions = {}, positions = {};
  };
  void add_event(std::string_view name, const Json& data);
  Snapshot look_at(int64_t epoch);
  Tensor codes_of_shown() const;
  Tensor mapped_codes(const Tensor& codes);
  bool shows_images() const;

  const LatentModel& model_;
  std::shared_ptr<const data::Dataset> shown_;
  TrainingWatchOptions options_;
  const std::atomic<bool>* interrupt_ = nullptr;
  Run look_;          // kind and transform, by which samples are drawn; no model
  Tensor last_axes_;  // of the map of the epoch before: signs follow it
  std::atomic<bool> stop_ = false, stopped_by_client_ = false;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::string state_ = "running";
  bool is_over_ = false;
  int64_t epoch_ = 1, done_ = 0, total_ = 0;
  Json history_ = Json::array(), diagnoses_ = Json::array();
  std::vector<Snapshot> snapshots_;
  std::vector<std::string> events_;
  int64_t first_event_ = 0;  // number of events_[0]
  std::chrono::steady_clock::time_point last_batch_told_ = {};
};

}  // namespace latent::server
