#pragma once
// Learning-rate schedules.

#include <span>
#include <string>
#include <string_view>

namespace latent {

struct ScheduleOptions {
  std::string name = "constant";  ///< "constant", "cosine" (to zero at the end) or "step"
  double warmup_epochs = 0.0;     ///< linear from 0, before the schedule proper
  double step_epochs = 10.0;      ///< "step": every so many epochs after the warm-up ...
  double step_factor = 0.1;       ///< ... the rate is multiplied by this
};

/// Factor on the learning rate after `epoch` epochs (with fraction) of `epochs`.
/// The trainer asks for the middle of each step, so that neither the first nor the last one has rate zero.
/// @throws std::invalid_argument for an unknown name, with the nearest valid one
/// Source of "cosine": Loshchilov & Hutter 2017, arXiv:1608.03983, without restarts.
double schedule_factor(const ScheduleOptions& options, double epoch, double epochs);

std::span<const std::string_view> schedule_names();

}  // namespace latent
