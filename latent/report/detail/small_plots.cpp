#include <latent/report/detail/small_plots.hpp>

#include <latent/report/detail/colors.hpp>
#include <latent/report/detail/palette.hpp>
#include <latent/report/detail/text.hpp>

#include <algorithm>
#include <cmath>

namespace latent::report {

namespace {

constexpr double kTitleSize = 18, kTextSize = 14, kCaps = 0.7 * kTextSize, kMargin = 10;
constexpr double kTitleLine = 28, kCaptionLine = 22, kLegendLine = 22, kLegendMark = 22, kMarkGap = 8, kEntryGap = 22;
constexpr double kLeastWidth = 480;
constexpr double kNameRoom = 19, kTickRoom = 17, kTickGap = 5, kBesides = 8;
constexpr double kNumberSpace = 14;  // least space between numbers side by side

double widest_label(const Axis& axis) {
  double widest = 0;
  for (const std::string& label : axis.labels) widest = std::max(widest, text_width(label, kSmallText));
  return widest;
}

}  // namespace

// Where title, caption and the entries of the legend stand.
struct CellGrid::Layout {
  double width, height;  // of the canvas
  double title = 0, caption = 0;
  std::vector<Point> entries;
  double top = kMargin;

  explicit Layout(const CellGridOptions& options) {
    const int64_t rows = (options.count + options.columns - 1) / options.columns;
    width = std::max(options.left + static_cast<double>(options.columns) * options.width + 2 * kMargin, kLeastWidth);
    if (!options.title.empty()) title = top + 0.7 * kTitleSize, top += kTitleLine;
    if (!options.caption.empty()) caption = top + kCaps, top += kCaptionLine;
    double left = kMargin;
    bool named = false;
    for (const std::string& name : options.legend) {
      const double entry = kLegendMark + kMarkGap + std::min(text_width(name, kTextSize), text_room());
      if (named && left + entry > width - kMargin) left = kMargin, top += kLegendLine;
      entries.push_back({left, top + kLegendLine / 2});
      if (name.empty()) continue;
      named = true;
      left += entry + kEntryGap;
    }
    if (named) top += kLegendLine;
    top += options.top;
    height = top + static_cast<double>(rows) * options.height + options.bottom + kMargin;
  }
  double text_room() const { return width - 2 * kMargin - kLegendMark - kMarkGap; }
};

CellGrid::CellGrid(const CellGridOptions& options) : CellGrid(options, Layout(options)) {}

CellGrid::CellGrid(const CellGridOptions& options, const Layout& layout)
    : options_(options),
      rows_((options.count + options.columns - 1) / options.columns),
      top_(layout.top),
      canvas_(static_cast<int64_t>(std::ceil(layout.width)), static_cast<int64_t>(std::ceil(layout.height)), kWhite) {
  const double room = layout.width - 2 * kMargin;
  const auto line = [&](const std::string& text, double size, double base, Rgb color) {
    if (!text.empty()) draw_text(canvas_, shortened(text, size, room), {kMargin, base}, {.size = size, .color = color});
  };
  line(options.title, kTitleSize, layout.title, kInk);
  line(options.caption, kTextSize, layout.caption, kSoftInk);
  for (size_t i = 0; i < options.legend.size(); ++i) {
    if (options.legend[i].empty()) continue;
    const auto [x, y] = layout.entries[i];
    canvas_.stroke({{{x + 2, y}, {x + kLegendMark, y}}}, 4, series_color(i));
    draw_text(canvas_, shortened(options.legend[i], kTextSize, layout.text_room()),
              {x + kLegendMark + kMarkGap, y + kCaps / 2}, {.size = kTextSize, .color = kInk});
  }
}

Box CellGrid::cell(int64_t index) const {
  const auto column = static_cast<double>(index % options_.columns),
             row = static_cast<double>(index / options_.columns);
  Box box;
  box.left = kMargin + options_.left + column * options_.width;
  box.top = top_ + row * options_.height;
  box.right = box.left + options_.width;
  box.bottom = box.top + options_.height;
  return box;
}

int64_t columns_for_cells(int64_t count, double width, double height) {
  constexpr double kProportion = 1.6, kMostWidth = 1600;  // width to height of the whole
  constexpr int64_t kRow = 4;                             // so few stand in one row
  const double columns = std::sqrt(static_cast<double>(count) * kProportion * height / width);
  const auto most = std::max<int64_t>(1, static_cast<int64_t>(kMostWidth / width));
  return std::min({std::max<int64_t>(std::llround(columns), kRow), count, most});
}

SmallPlot::SmallPlot(const Box& cell, std::string name, Axis x, Axis y, Ticks x_ticks, Ticks y_ticks)
    : cell_(cell), name_(std::move(name)), x_(std::move(x)), y_(std::move(y)), x_ticks_(x_ticks), y_ticks_(y_ticks) {
  area_.left = std::round(cell.left + (y_ticks == Ticks::numbers ? number_room(y_) : kBesides));
  area_.right = std::round(cell.right - kBesides);
  area_.top = std::round(cell.top + (name_.empty() ? kBesides : kNameRoom));
  area_.bottom = std::round(cell.bottom - (x_ticks == Ticks::numbers ? kTickRoom : 0) - kBesides);
}

void SmallPlot::draw_frame(Canvas& canvas) const {
  if (!name_.empty()) {
    draw_text(canvas, shortened(name_, kTextSize, cell_.width() - 2 * kBesides),
              {(area_.left + area_.right) / 2, area_.top - 5},
              {.size = kTextSize, .color = kInk, .align = Align::center});
  }
  TextStyle style = {.size = kSmallText, .color = kSoftInk, .align = Align::center};
  for (size_t i = 0; x_ticks_ != Ticks::none && i < x_.ticks.size(); ++i) {
    const double at = std::floor(place(x_.ticks[i], y_.low).x);
    canvas.fill({at, area_.top, at + 1, area_.bottom}, kGridLine);
    if (x_ticks_ != Ticks::numbers) continue;
    const double half = text_width(x_.labels[i], kSmallText) / 2;
    const double middle = std::clamp(at, cell_.left + half, std::max(cell_.left + half, cell_.right - half));
    draw_text(canvas, x_.labels[i], {middle, area_.bottom + kTickGap + kSmallCaps}, style);
  }
  style.align = Align::right;
  for (size_t i = 0; y_ticks_ != Ticks::none && i < y_.ticks.size(); ++i) {
    const double at = std::floor(place(x_.low, y_.ticks[i]).y);
    canvas.fill({area_.left, at, area_.right, at + 1}, kGridLine);
    if (y_ticks_ != Ticks::numbers) continue;
    draw_text(canvas, y_.labels[i], {area_.left - kTickGap, at + kSmallCaps / 2}, style);
  }
  canvas.fill({area_.left, area_.top, area_.left + 1, area_.bottom}, kFrame);
  canvas.fill({area_.left, area_.bottom, area_.right, area_.bottom + 1}, kFrame);
}

Point SmallPlot::place(double x, double y) const {
  return {area_.left + x_.fraction(x) * area_.width(), area_.bottom - y_.fraction(y) * area_.height()};
}

double number_room(const Axis& axis) { return std::ceil(widest_label(axis)) + kTickGap + 3; }

Axis small_axis(const Range& range, double pixels) {
  constexpr int kMostTicks = 4;
  for (int count = kMostTicks;; --count) {
    Axis axis = make_axis(range, count);
    if (count == 2 || axis.ticks.size() < 2) return axis;
    const double widest = widest_label(axis);
    const double spacing = (axis.fraction(axis.ticks[1]) - axis.fraction(axis.ticks[0])) * pixels;
    if (widest + kNumberSpace <= spacing) return axis;
  }
}

Range range_of(std::span<const double> values) {
  Range range;
  for (const double value : values) range.add(value);
  return range;
}

}  // namespace latent::report
