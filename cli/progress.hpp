#pragma once
// Live progress of training on standard error: a bar on a terminal, a line per epoch everywhere.

#include <latent/training/trainer.hpp>

#include <chrono>
#include <string>
#include <utility>

namespace latent::cli {

/// "=====>              ": how much of the work is done, from 0 to 1.
std::string progress_bar(double fraction);

class Progress : public TrainingObserver {
 public:
  /// @param epochs     of the whole training
  /// @param first_epoch  1, or where a resumed training goes on
  /// @param held_out_name  "test" or "validation"
  Progress(int64_t epochs, int64_t first_epoch, std::string held_out_name);

  void on_batch(int64_t epoch, int64_t done, int64_t total, double samples_per_second, const Metrics& so_far) override;
  void on_epoch(const EpochReport& report) override;
  void on_diagnosis(const Diagnosis& diagnosis) override;

 private:
  using Clock = std::chrono::steady_clock;
  std::string time_left(double epochs_done) const;
  void erase_bar();

  int64_t epochs_;
  int64_t first_epoch_;
  std::string held_out_name_;
  bool terminal_;
  bool bar_shown_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_drawn_{};
};

/// Steps of a method on standard error: a bar on a terminal, a line for each tenth elsewhere.
class StepProgress {
 public:
  /// @param unit  what a step is
  StepProgress(std::string name, int64_t total, std::string unit = "epoch")
      : name_(std::move(name)), unit_(std::move(unit)), total_(total) {}
  StepProgress(const StepProgress&) = delete;
  StepProgress& operator=(const StepProgress&) = delete;
  ~StepProgress();
  void on_step(int64_t done);

 private:
  using Clock = std::chrono::steady_clock;
  std::string name_, unit_;
  int64_t total_, told_tenths_ = 0;
  bool drawn_ = false;
  Clock::time_point start_ = Clock::now(), last_drawn_{};
};

/// "reconstruction 82.11  kl 24.80  elbo -106.91": those of them that the model has, or its loss.
std::string metrics_text(const Metrics& metrics);
/// Whether that is in nats; the figures of a GAN are not.
bool is_in_nats(const Metrics& metrics);

/// One line on standard error: what the doctor found, and what to try.
void tell(const Diagnosis& diagnosis);

}  // namespace latent::cli
