#pragma once
// Medians of repeated work.

#include <algorithm>
#include <chrono>
#include <vector>

namespace latent::bench {

template <class Work>
double seconds_of(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Calls `work` once to warm up, then again for about `budget` seconds and at least five times.
/// @return the seconds of each call but the first
template <class Work>
std::vector<double> repeat(double budget, const Work& work) {
  constexpr size_t kLeast = 5, kMost = 100'000;
  work();
  std::vector<double> seconds;
  for (double spent = 0.0; seconds.size() < kLeast || (spent < budget && seconds.size() < kMost);) {
    seconds.push_back(seconds_of(work));
    spent += seconds.back();
  }
  return seconds;
}

}  // namespace latent::bench
