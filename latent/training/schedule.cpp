#include <latent/training/schedule.hpp>

#include <latent/core/error.hpp>
#include <latent/core/names.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace latent {

std::span<const std::string_view> schedule_names() {
  static constexpr std::array<std::string_view, 3> kNames{"constant", "cosine", "step"};
  return kNames;
}

void check_schedule(const ScheduleOptions& options) {
  const auto names = schedule_names();
  if (std::find(names.begin(), names.end(), options.name) == names.end()) unknown_name("schedule", options.name, names);
  const auto& [name, warmup_epochs, step_epochs, step_factor] = options;
  LATENT_CHECK(warmup_epochs >= 0 && std::isfinite(warmup_epochs), "[training] warmup_epochs: not negative, got {}",
               warmup_epochs);
  LATENT_CHECK(step_epochs > 0, "[training] step_epochs: above 0, got {}", step_epochs);
  LATENT_CHECK(step_factor > 0 && step_factor <= 1, "[training] step_factor: in (0, 1], got {}", step_factor);
}

double schedule_factor(const ScheduleOptions& options, double epoch, double epochs) {
  if (epoch < options.warmup_epochs) return epoch / options.warmup_epochs;
  const double since = epoch - options.warmup_epochs;
  if (options.name == "constant") return 1.0;
  if (options.name == "cosine") {
    const double length = epochs - options.warmup_epochs;
    const double part = length > 0 ? std::min(since / length, 1.0) : 1.0;
    return 0.5 * (1.0 + std::cos(std::numbers::pi * part));
  }
  if (options.name == "step") return std::pow(options.step_factor, std::floor(since / options.step_epochs));
  unknown_name("schedule", options.name, schedule_names());
}

}  // namespace latent
