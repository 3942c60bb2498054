#pragma once
// Windows of series: each is some steps of values that stand in memory once, however many windows share them.

#include <latent/data/dataset.hpp>

#include <string>
#include <vector>

namespace latent::data {

/// Where windows may be cut: channels over all steps, in stretches that no window may leave.
struct Stretches {
  Tensor x;                           ///< (C, T) f64; finite inside of stretches
  std::vector<int64_t> begins, ends;  ///< of stretches, ascending
  std::vector<std::string> channels;  ///< C names, or empty
};

/// Windows a step apart, those of a stretch beginning with its first value.
/// @param step  0: one, or as many as leave kMostWindows
struct WindowPlan {
  static constexpr int64_t kMostWindows = 20'000;
  int64_t length = 0, step = 1;
  std::vector<int64_t> starts;      ///< ascending
  std::vector<int64_t> stretch_of;  ///< the number of the stretch, one for each
};
WindowPlan plan_windows(const Stretches& stretches, int64_t length, int64_t step);

/// The parts of windows in time: the last round(held_out n) of them, and those that end before the first of these
/// begins. @param starts  ascending   @throws std::invalid_argument where one of the parts would be empty
TimeSplit split_windows(const std::vector<int64_t>& starts, int64_t length, double held_out);

/// Standardisation of each channel by the steps that the first `windows` windows cover: 1 for constant channels.
Transform channel_transform(const Stretches& stretches, const WindowPlan& plan, const std::vector<int64_t>& windows);

struct SeriesDatasetOptions {
  Transform transform = {};
  std::vector<int64_t> labels = {};
  std::vector<std::string> class_names = {};
  bool overlap = false;  ///< whether windows share steps, or follow each other: they are then held out in time
  /// Where each window begins, as its name: a time stamp, or the number of a row or step; or empty.
  std::vector<std::string> begins = {};
};

/// Samples (C, L) of kind series. column_names() are the channels'. @throws std::invalid_argument for labels or
/// names that do not fit
std::shared_ptr<const Dataset> series_dataset(Stretches stretches, WindowPlan plan, SeriesDatasetOptions options);

}  // namespace latent::data
