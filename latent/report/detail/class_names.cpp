#include <latent/report/detail/class_names.hpp>

#include <latent/report/detail/classes.hpp>
#include <latent/report/detail/text.hpp>

#include <algorithm>

namespace latent::report {

namespace {

// Where most points of a class lie.
struct Extent {
  Point median;
  Box most;  // without a twentieth of the points at each side
};

Extent extent_of(const std::vector<Point>& points) {
  constexpr double kOutside = 0.05;
  std::vector<double> x, y;
  for (const Point& point : points) x.push_back(point.x), y.push_back(point.y);
  std::ranges::sort(x);
  std::ranges::sort(y);
  const auto at = [](const std::vector<double>& sorted, double p) {
    return sorted[static_cast<size_t>(p * static_cast<double>(sorted.size() - 1))];
  };
  return {{at(x, 0.5), at(y, 0.5)}, {at(x, kOutside), at(y, kOutside), at(x, 1 - kOutside), at(y, 1 - kOutside)}};
}

bool overlap(const Box& a, const Box& b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

}  // namespace

std::vector<PlacedName> placed_names(ClassPlaces places, const std::vector<std::string>& class_names, const Box& area) {
  constexpr double kLongest = 120, kGap = 3, kCaps = 0.7 * kClassNameSize;
  std::vector<std::pair<int64_t, std::vector<Point>>> by_size(places.begin(), places.end());
  std::ranges::stable_sort(by_size, [](const auto& a, const auto& b) { return a.second.size() > b.second.size(); });
  std::vector<PlacedName> names;
  std::vector<Box> taken;
  for (const auto& [label, points] : by_size) {
    const std::string text = shortened(class_name(label, class_names), kClassNameSize, kLongest);
    const double half = text_width(text, kClassNameSize) / 2 + kGap;
    if (points.empty() || 2 * half > area.width()) continue;
    const auto [middle, most] = extent_of(points);
    // A class smaller than its name would be covered by it: then the name stands above.
    const bool covers = most.width() < 2 * half && most.height() < 2 * kCaps;
    const double wanted = covers ? most.top - 2 * kGap : middle.y + kCaps / 2;
    const double x = std::clamp(middle.x, area.left + half, area.right - half);
    const double base = std::clamp(wanted, area.top + kCaps + kGap, area.bottom - kGap);
    const Box box{x - half, base - kCaps - kGap, x + half, base + kGap};
    if (std::ranges::any_of(taken, [&](const Box& other) { return overlap(box, other); })) continue;
    taken.push_back(box);
    names.push_back({label, text, {x, base}});
  }
  return names;
}

}  // namespace latent::report
