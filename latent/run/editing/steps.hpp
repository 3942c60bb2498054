#pragma once
// Steps of a way through the codes, and their names.

#include <fmt/core.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace latent {

/// `count` >= 2 numbers from low to high, both included.
inline std::vector<double> linspace(double low, double high, int64_t count) {
  std::vector<double> values;
  for (int64_t i = 0; i < count; ++i) {
    const double t = static_cast<double>(i) / static_cast<double>(count - 1);
    values.push_back((1.0 - t) * low + t * high);
  }
  return values;
}

/// "-1.5", "0", "+3": a step's name.
inline std::string signed_text(double value) {
  constexpr double kZero = 1e-12;  // what rounding leaves of the middle of a span
  return std::abs(value) < kZero ? "0" : fmt::format("{:+.3g}", value);
}

}  // namespace latent
