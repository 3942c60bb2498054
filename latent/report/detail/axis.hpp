#pragma once
// Private to report/: the range of a chart's axis and its ticks.

#include <string>
#include <vector>

namespace latent::report {

/// Whether a value can be drawn: finite, and far enough from the largest double that ranges do not overflow.
bool drawable(double value);

/// Smallest and largest of the values that can be drawn.
struct Range {
  double low = 0, high = 0;
  bool empty = true;
  bool integers = true;  ///< all of them are whole numbers

  void add(double value);
};

struct Axis {
  double low = 0, high = 1;   ///< low < high
  std::vector<double> ticks;  ///< multiples of 1, 2 or 5 times a power of ten, within [low, high]
  std::vector<std::string> labels;

  /// 0 at low, 1 at high.
  double fraction(double value) const { return (value - low) / (high - low); }
};

/// An axis that shows `range` with a little room at both ends; [0, 1] for an empty one. Whole numbers get whole ticks.
/// @param max_ticks at least 2; one more may be needed so that there are two
Axis make_axis(const Range& range, int max_ticks);

}  // namespace latent::report
