#pragma once
// Private to report/: names of classes among their points.

#include <latent/report/detail/canvas.hpp>

#include <map>
#include <string>
#include <vector>

namespace latent::report {

/// The points of each class, in pixels.
using ClassPlaces = std::map<int64_t, std::vector<Point>>;

struct PlacedName {
  int64_t label = 0;
  std::string text;
  Point base;  ///< the middle of its base line
};

/// So many classes are told apart by a legend alone.
constexpr size_t kMostUnnamed = 10;
constexpr double kClassNameSize = 13;
/// Radius of points that have a name each.
constexpr double named_radius(size_t points) { return points <= 300 ? 3.2 : 1.6; }

/// The name of each class at the median of its points, or above them where it would cover them all; the class with most
/// points first, without those that would cover an earlier one. @param area  what names stay within
std::vector<PlacedName> placed_names(ClassPlaces places, const std::vector<std::string>& class_names, const Box& area);

}  // namespace latent::report
