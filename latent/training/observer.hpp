#pragma once
// What training tells whoever watches it.

#include <latent/training/term_means.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace latent {

struct EpochReport {
  int64_t epoch = 0;     ///< 1, 2, ...
  double seconds = 0.0;  ///< training alone, without evaluation
  double samples_per_second = 0.0;
  double lr = 0.0;   ///< rate of the last step, in the first phase
  Metrics train;     ///< means over the epoch, as training went on
  Metrics held_out;  ///< metrics of the validation or test set after the epoch; empty without one
  std::vector<double>
      kl_per_dim;  ///< each dimension's KL in the training batches, mean over the epoch; empty without KL
};

/// What the doctor found: `what` happened and `advice`, one line each.
struct Diagnosis {
  enum class Severity : uint8_t { note, warning, error } severity = Severity::warning;
  std::string code;  ///< "posterior-collapse", "non-finite", "overfitting", "held-out-not-finite", "constant-inputs",
                     ///< "outside-unit-interval", "ones-of-255", "log-lost", "worse-than-mean", "worse-than-pca"
  std::string what;
  std::string advice;
};

/// Told what happens. All functions are called from the training thread, between steps.
class TrainingObserver {
 public:
  virtual ~TrainingObserver() = default;
  /// After every step. @param done, total  samples of this epoch @param so_far  means over the epoch up to here
  virtual void on_batch(int64_t epoch, int64_t done, int64_t total, double samples_per_second, const Metrics& so_far) {
    static_cast<void>(epoch), static_cast<void>(done), static_cast<void>(total);
    static_cast<void>(samples_per_second), static_cast<void>(so_far);
  }
  /// After every epoch, when its files are written.
  virtual void on_epoch(const EpochReport& report) { static_cast<void>(report); }
  /// When something was found: in an epoch's course, or after on_epoch() of the epoch that it is about.
  virtual void on_diagnosis(const Diagnosis& diagnosis) { static_cast<void>(diagnosis); }
};

}  // namespace latent
