#pragma once
// Private to report/: lines of many points.

#include <latent/report/detail/canvas.hpp>

#include <algorithm>
#include <cmath>

namespace latent::report {

/// A line that looks the same with at most four points in each column of pixels: the first, the highest, the lowest and
/// the last of those that follow each other in it. A line of a million points costs what its picture shows.
inline Polyline thinned(const Polyline& line) {
  Polyline result;
  for (size_t begin = 0; begin < line.size();) {
    size_t end = begin, highest = begin, lowest = begin;
    const double column = std::floor(line[begin].x);
    for (; end < line.size() && std::floor(line[end].x) == column; ++end) {
      if (line[end].y < line[highest].y) highest = end;
      if (line[end].y > line[lowest].y) lowest = end;
    }
    size_t previous = line.size();
    for (const size_t at : {begin, std::min(highest, lowest), std::max(highest, lowest), end - 1}) {
      if (at != previous) result.push_back(line[at]);
      previous = at;
    }
    begin = end;
  }
  return result;
}

}  // namespace latent::report
