#pragma once
// The doctor: looks at data and at the course of training, and says what is wrong and what to try.

#include <latent/data/corrupt.hpp>
#include <latent/data/dataset.hpp>
#include <latent/models/latent_model.hpp>
#include <latent/training/observer.hpp>
#include <latent/training/reconstruction_fit.hpp>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace latent::doctor {

/// Codes of what is told once in a run.
constexpr const char* kPosteriorCollapse = "posterior-collapse";
constexpr const char* kCodebookCollapse = "codebook-collapse";
constexpr const char* kOverfitting = "overfitting";
constexpr const char* kHeldOutNotFinite = "held-out-not-finite";
constexpr const char* kWorseThanMean = "worse-than-mean";
constexpr const char* kWorseThanPca = "worse-than-pca";
constexpr const char* kModeCollapse = "mode-collapse";
constexpr const char* kCriticWins = "critic-wins";
constexpr const char* kCriticStalls = "critic-stalls";
constexpr const char* kOscillation = "oscillation";
constexpr const char* kLogLost = "log-lost";

/// Values outside [0, 1] where the model, or the damage to images, needs them inside ("outside-unit-interval", an
/// error); bytes of 0 and 1 alone ("ones-of-255"); constant columns ("constant-inputs"; of images only when nothing
/// varies: their borders often do not). Looks at no more than 10,000 samples, evenly spread, but calls nothing constant
/// before it has seen all.
std::vector<Diagnosis> examine_data(const LatentModel& model, const data::Dataset& data,
                                    const data::Corruption& corruption = {});

/// What the doctor must know of a run, beside its history, to judge its course.
struct Course {
  double warmup_epochs = 0.0;        ///< in which the weight of KL rises
  int64_t steps_per_epoch = 1;       ///< a window has a minimum of steps, however short epochs are
  std::optional<double> scale = {};  ///< scale of the likelihood, where it has one and does not learn it
  std::string likelihood = {};       ///< whose scale that is: "gaussian", "laplace"
  int64_t codebook_size = 0;         ///< entries of each codebook, where codes are made of some
};
/// What of a run's course follows from its model.
Course course_of(const LatentModel& model, int64_t steps_per_epoch);

/// Codes that carry nothing, while training goes on: KL of at least half of the dimensions under 0.01 nats in each
/// epoch of a window (at least 3 epochs and 1000 steps, after the KL's warm-up), of which none woke up and whose KL in
/// all did not grow in the window. With a fixed scale, a smaller one is the first advice: it decides how much of the
/// data passes for noise.
std::optional<Diagnosis> find_collapse(std::span<const EpochReport> history, const Course& course);

/// The same at the end of a run, of the last epoch alone: a note, unless it has lasted as find_collapse() asks. Not of
/// the first epoch, whose mean holds the first steps, unless it made 1000 of them; not in the warm-up.
std::optional<Diagnosis> find_final_collapse(std::span<const EpochReport> history, const Course& course);

/// A codebook of which little is used: a perplexity below a tenth of its entries in each epoch of a window (at least 3
/// epochs and 1000 steps), and no higher at its end than at its beginning.
std::optional<Diagnosis> find_codebook_collapse(std::span<const EpochReport> history, const Course& course);

/// The held-out loss rises while the training loss falls, and that is no noise: over a window (at least 6 epochs and
/// 200 steps, and a fifth of the epochs up to the best one) without a new best epoch, the regression line of the
/// held-out loss rises by more than four of its standard errors and that of the training loss falls; and the held-out
/// loss of the last 3 epochs is above the best one by more than four standard deviations of its noise and a quarter of
/// what the training loss has fallen since. Losses are -ELBO where a model has it, without weights that change.
std::optional<Diagnosis> find_overfitting(std::span<const EpochReport> history, const Course& course);

/// A held-out loss that is not finite although training goes on.
std::optional<Diagnosis> find_held_out_not_finite(std::span<const EpochReport> history);

/// A GAN in trouble, by the figures of its phases (see Gan::phases()); nothing for other models:
///   "mode-collapse"   generated samples vary less than a third of what the data does ("spread"), in each epoch of a
///   window
///                     (at least 2 epochs and 500 steps)
///   "critic-wins"     the critic ranks 98 of 100 pairs rightly ("ranked"), in each epoch of a window (at least 3
///   epochs
///                     and 1000 steps) in which that did not fall
///   "critic-stalls"   it ranks no better than chance, although samples vary by a third less or more than the data does
///   "oscillation"     over at least 6 epochs, the spread goes up and down by more than a third of its mean
std::optional<Diagnosis> find_gan_trouble(const char* code, std::span<const EpochReport> history, const Course& course);

/// All of the above that hold now, but those that have been told.
std::vector<Diagnosis> find_troubles(std::span<const EpochReport> history, const Course& course,
                                     const std::function<bool(const char* code)>& is_told);

/// At the end of a run, or of any model: reconstructions that are worse than the mean of the training data or hardly
/// better ("worse-than-mean", a warning), or worse than those of PCA by more than a fiftieth ("worse-than-pca", a
/// note).
std::vector<Diagnosis> judge_fit(const ReconstructionFit& fit);

/// At the end of a run: whether what was told in epoch `epoch` did not come true, and if so in what words it is taken
/// back (a note): codes woke up, codebooks came into use, a later epoch was the best, the held-out loss became finite.
std::optional<Diagnosis> take_back(const std::string& code, int64_t epoch, std::span<const EpochReport> history);

/// The log of a restored run is missing or was changed: `left` of the reports of its `epochs` epochs could be read.
Diagnosis log_lost(const std::string& path, size_t left, int64_t epochs);

/// What happened and what is done about it, when a step was not finite.
/// @param what   "loss", "gradient" or "weights"
/// @param epoch, step  where, counted from 1
Diagnosis non_finite(const char* what, int64_t epoch, int64_t step, double lr, double next_lr);

}  // namespace latent::doctor
