#pragma once
// Learning-rate schedules.

#include <latent/nn/optimization.hpp>

#include <span>
#include <string_view>

namespace latent {

/// Factor on the learning rate after `epoch` epochs (with fraction) of `epochs`.
/// The trainer asks for the middle of each step, so that neither the first nor the last one has rate zero.
/// @throws std::invalid_argument for an unknown name, with the nearest valid one
/// Source of "cosine": Loshchilov & Hutter 2017, arXiv:1608.03983, without restarts.
double schedule_factor(const ScheduleOptions& options, double epoch, double epochs);

std::span<const std::string_view> schedule_names();
/// @throws std::invalid_argument for an unknown name (with the nearest valid one) or values out of range
void check_schedule(const ScheduleOptions& options);

}  // namespace latent
