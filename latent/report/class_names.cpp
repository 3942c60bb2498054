#include <latent/report/class_names.hpp>

#include <latent/report/classes.hpp>
#include <latent/report/text.hpp>

#include <algorithm>

namespace latent::report {

namespace {

double median_of(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Point median_of(const std::vector<Point>& points) {
  std::vector<double> x, y;
  for (const Point& point : points) x.push_back(point.x), y.push_back(point.y);
  return {median_of(std::move(x)), median_of(std::move(y))};
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
    const Point middle = median_of(points);
    const double x = std::clamp(middle.x, area.left + half, area.right - half);
    const double base = std::clamp(middle.y + kCaps / 2, area.top + kCaps + kGap, area.bottom - kGap);
    const Box box{x - half, base - kCaps - kGap, x + half, base + kGap};
    if (std::ranges::any_of(taken, [&](const Box& other) { return overlap(box, other); })) continue;
    taken.push_back(box);
    names.push_back({label, text, {x, base}});
  }
  return names;
}

}  // namespace latent::report
