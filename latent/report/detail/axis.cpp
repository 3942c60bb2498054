#include <latent/report/detail/axis.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace latent::report {

namespace {

constexpr double kLargest = 1e300, kSmallest = 1e-290;
constexpr double kRoom = 0.03;  // of the range, at each end

// ..., 0.5, 1, 2, 5, 10, ...; number 0 is 1.
double nice_step(int number) {
  constexpr std::array<double, 3> kFactors = {1, 2, 5};
  const int power = static_cast<int>(std::floor(number / 3.0));
  return kFactors[static_cast<size_t>(number - 3 * power)] * std::pow(10.0, power);
}

double tick_count(double low, double high, double step) { return std::floor(high / step) - std::ceil(low / step) + 1; }

// The smallest nice step of at most `max_ticks` ticks, or the next smaller one if it has a single tick.
double choose_step(double low, double high, int max_ticks) {
  int number = 3 * static_cast<int>(std::floor(std::log10((high - low) / max_ticks)));
  while (tick_count(low, high, nice_step(number)) > max_ticks) ++number;
  if (tick_count(low, high, nice_step(number)) < 2) --number;
  return nice_step(number);
}

// As few digits as tell the ticks apart.
std::string tick_label(double value, double step, double largest) {
  if (largest >= 1e6 || step < 1e-5) {
    const auto place = [](double number) { return static_cast<int>(std::floor(std::log10(number) + 1e-9)); };
    const int digits = std::max(1, place(largest) - place(step) + 1);
    return fmt::format("{:.{}g}", value, digits);
  }
  const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
  return fmt::format("{:.{}f}", value, decimals);
}

}  // namespace

bool drawable(double value) { return std::abs(value) <= kLargest; }  // false for NaN

void Range::add(double value) {
  if (!drawable(value)) return;
  low = empty ? value : std::min(low, value);
  high = empty ? value : std::max(high, value);
  integers = integers && value == std::round(value);
  empty = false;
}

Axis make_axis(const Range& range, int max_ticks) {
  Axis axis;
  if (!range.empty) {
    // A range too narrow to be divided is widened around its middle.
    const double magnitude = std::max(std::abs(range.low), std::abs(range.high));
    const double least = std::max(magnitude * 1e-9, kSmallest);
    double room = (range.high - range.low) * kRoom;
    if (range.high - range.low < least) room = magnitude > kSmallest ? magnitude * 0.1 : 1;
    if (range.integers && range.high == range.low) room = std::max(room, 1.0);
    axis.low = range.low - room;
    axis.high = range.high + room;
  }
  double step = choose_step(axis.low, axis.high, max_ticks);
  if (!range.empty && range.integers) step = std::max(step, 1.0);
  const double first = std::ceil(axis.low / step), last = std::floor(axis.high / step);
  const double largest = std::max(std::abs(first), std::abs(last)) * step;
  const auto count = static_cast<int64_t>(last - first) + 1;
  for (int64_t i = 0; i < count; ++i) {
    axis.ticks.push_back((first + static_cast<double>(i)) * step + 0.0);  // -0 becomes 0
    axis.labels.push_back(tick_label(axis.ticks.back(), step, largest));
  }
  return axis;
}

}  // namespace latent::report
