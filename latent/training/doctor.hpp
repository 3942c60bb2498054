#pragma once
// The doctor: looks at data and at the course of training, and says what is wrong and what to try.

#include <latent/data/corrupt.hpp>
#include <latent/data/dataset.hpp>
#include <latent/models/latent_model.hpp>
#include <latent/training/observer.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace latent::doctor {

/// Codes of what is told once in a run.
constexpr const char* kPosteriorCollapse = "posterior-collapse";
constexpr const char* kOverfitting = "overfitting";
constexpr const char* kHeldOutNotFinite = "held-out-not-finite";

/// Values outside [0, 1] where the model, or the damage to images, needs them inside ("outside-unit-interval", an
/// error); bytes of 0 and 1 alone ("ones-of-255"); constant columns ("constant-inputs"; of images only when nothing
/// varies: their borders often do not). Looks at no more than 10,000 samples, evenly spread, but calls nothing constant
/// before it has seen all.
std::vector<Diagnosis> examine_data(const LatentModel& model, const data::Dataset& data,
                                    const data::Corruption& corruption = {});

/// What presses codes towards the prior.
struct Pressure {
  double warmup_epochs = 0.0;        ///< in which the weight of KL rises
  std::optional<double> scale = {};  ///< of the likelihood, where it has one and does not learn it
  std::string likelihood = {};       ///< whose scale that is: "gaussian", "laplace"
};
/// KL of at least half of the dimensions under 0.01 nats in the last epoch, once the KL's warm-up is over. With a fixed
/// scale, a smaller one is the first advice: it decides how much of the data passes for noise.
std::optional<Diagnosis> find_collapse(std::span<const EpochReport> history, const Pressure& pressure);

/// Held-out loss worse three epochs in a row, while the training loss got better in each of them.
std::optional<Diagnosis> find_overfitting(std::span<const EpochReport> history);

/// A held-out loss that is not finite although training goes on.
std::optional<Diagnosis> find_held_out_not_finite(std::span<const EpochReport> history);

/// What happened and what is done about it, when a step was not finite.
/// @param what   "loss", "gradient" or "weights"
/// @param epoch, step  where, counted from 1
Diagnosis non_finite(const char* what, int64_t epoch, int64_t step, double lr, double next_lr);

}  // namespace latent::doctor
