#include <latent/report/matrix_chart.hpp>

#include <latent/report/detail/canvas.hpp>
#include <latent/report/detail/colors.hpp>
#include <latent/report/detail/text.hpp>
#include <latent/report/limits.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace latent::report {

namespace {

constexpr double kTextSize = 14, kCaps = 0.7 * kTextSize, kMargin = 10, kMostLabel = 150;
constexpr double kLargeCell = 46, kSmallCell = 14;
constexpr int64_t kMostLarge = 24;  // classes whose cells are large enough for figures
constexpr double kMostMatrix = static_cast<double>(kMostSide) - 210;  // the rest is for names

// White for nothing, dark blue for all.
Rgb shade(double share) {
  const auto mix = [&](double from, double to) {
    return static_cast<uint8_t>(std::lround(from + (to - from) * share));
  };
  return {mix(255, 8), mix(255, 64), mix(255, 129)};
}

// "97", "0.4", nothing for nothing.
std::string percent(double share) {
  if (share <= 0.0) return {};
  const double value = 100.0 * share;
  if (value >= 9.95) return fmt::format("{:.0f}", value);
  return value >= 0.05 ? fmt::format("{:.1f}", value) : "0.0";
}

struct Layout {
  double cell, left, top;  // of the matrix
  Point middle(int64_t row, int64_t column) const {
    return {left + (static_cast<double>(column) + 0.5) * cell, top + (static_cast<double>(row) + 0.5) * cell};
  }
};

void draw_labels(Canvas& canvas, const Layout& layout, const std::vector<std::string>& names) {
  // Where cells are smaller than letters, names would cover each other.
  const auto step = static_cast<int64_t>(std::ceil((kTextSize + 2) / layout.cell));
  for (int64_t c = 0; c < static_cast<int64_t>(names.size()); c += step) {
    const std::string name = shortened(names[static_cast<size_t>(c)], kTextSize, kMostLabel);
    const Point place = layout.middle(c, c);
    draw_text(canvas, name, {layout.left - 8, place.y + kCaps / 2},
              {.size = kTextSize, .color = kInk, .align = Align::right});
    draw_text(canvas, name, {place.x + kCaps / 2, layout.top - 8},
              {.size = kTextSize, .color = kInk, .direction = Direction::upwards});
  }
}

void draw_cell(Canvas& canvas, const Layout& layout, int64_t row, int64_t column, double share) {
  const Point middle = layout.middle(row, column);
  const double half = layout.cell / 2;
  canvas.fill({middle.x - half, middle.y - half, middle.x + half, middle.y + half}, kGridLine);
  canvas.fill({middle.x - half, middle.y - half, middle.x + half - 1, middle.y + half - 1}, shade(share));
  if (layout.cell < kLargeCell) return;
  constexpr double kDark = 0.5;  // from here on ink would not be read
  draw_text(canvas, percent(share), {middle.x, middle.y + kCaps / 2},
            {.size = kTextSize, .color = share > kDark ? kWhite : kInk, .align = Align::center});
}

double count_of(const Tensor& counts, int64_t row) {
  double total = 0;
  for (int64_t column = 0; column < counts.dim(1); ++column) {
    const int64_t count = counts.data<int64_t>()[row * counts.dim(1) + column];
    LATENT_CHECK(count >= 0, "[confusion_chart] counts: not negative, got {}", count);
    total += static_cast<double>(count);
  }
  return total;
}

// The classes that are shown, ascending: all of them, or as many as fit, the most frequent ones.
std::vector<int64_t> shown_classes(const std::vector<double>& totals) {
  std::vector<int64_t> classes(totals.size());
  std::iota(classes.begin(), classes.end(), int64_t{0});
  constexpr auto kMost = static_cast<size_t>(kMostMatrix);
  if (classes.size() <= kMost) return classes;
  std::ranges::stable_sort(classes, std::greater<>(), [&](int64_t c) { return totals[static_cast<size_t>(c)]; });
  classes.resize(kMost);
  std::ranges::sort(classes);
  return classes;
}

}  // namespace

Tensor confusion_chart(const Tensor& counts, const std::vector<std::string>& class_names) {
  LATENT_CHECK(
      counts.ndim() == 2 && counts.dim(0) == counts.dim(1) && counts.dim(0) >= 1 && counts.dtype() == DType::i64,
      "[confusion_chart] counts (C, C) i64: got {} {}", name_of(counts.dtype()), counts.shape().str());
  std::vector<double> totals;
  for (int64_t row = 0; row < counts.dim(0); ++row) totals.push_back(count_of(counts, row));
  const std::vector<int64_t> shown = shown_classes(totals);
  const auto C = static_cast<int64_t>(shown.size());
  std::vector<std::string> names;
  double label = 0;
  for (const int64_t c : shown) {
    const bool named = c < static_cast<int64_t>(class_names.size());
    names.push_back(named ? class_names[static_cast<size_t>(c)] : std::to_string(c));
    label = std::max(label, std::min(text_width(names.back(), kTextSize), kMostLabel));
  }
  constexpr double kTitle = 24;  // room for the names of the axes
  const double cell = C <= kMostLarge
                          ? kLargeCell
                          : std::max(1.0, std::min(kSmallCell, std::floor(kMostMatrix / static_cast<double>(C))));
  const Layout layout{cell, kMargin + kTitle + label + 8, kMargin + kTitle + label + 8};
  const double side = cell * static_cast<double>(C);
  Canvas canvas(static_cast<int64_t>(std::ceil(layout.left + side + kMargin)),
                static_cast<int64_t>(std::ceil(layout.top + side + kMargin)), kWhite);
  const TextStyle title{.size = kTextSize, .color = kSoftInk, .align = Align::center};
  const std::string all =
      C == counts.dim(0) ? "" : fmt::format(" (the {} most frequent of {} classes)", C, counts.dim(0));
  draw_text(canvas, "taken for, %" + all, {layout.left + side / 2, kMargin + kCaps}, title);
  TextStyle upwards = title;
  upwards.direction = Direction::upwards;
  draw_text(canvas, "is", {kMargin + kCaps, layout.top + side / 2}, upwards);
  draw_labels(canvas, layout, names);
  for (int64_t row = 0; row < C; ++row) {
    const int64_t true_class = shown[static_cast<size_t>(row)];
    const double total = totals[static_cast<size_t>(true_class)];
    const int64_t* count = counts.data<int64_t>() + true_class * counts.dim(1);
    for (int64_t column = 0; column < C; ++column) {
      const auto cases = static_cast<double>(count[shown[static_cast<size_t>(column)]]);
      draw_cell(canvas, layout, row, column, total > 0 ? cases / total : 0);
    }
  }
  return canvas.image();
}

}  // namespace latent::report
