#include <cli/sound_report.hpp>

#include <latent/run/sounds/sounds.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace latent::cli {

void report_sound_speed(Report& report, const latent::Run& run, int64_t samples, const Stopwatch& watch) {
  if (!has_sounds(run)) return;
  const double passed = std::max(watch.seconds(), 1e-6), sound = static_cast<double>(samples) * sound_seconds(run);
  report.both("sound", {{"seconds", sound}, {"took", passed}, {"real_time_factor", sound / passed}},
              fmt::format("{:.1f} s in {:.2g} s: {:.3g} times real time", sound, passed, sound / passed));
}

}  // namespace latent::cli
