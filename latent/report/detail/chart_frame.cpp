#include <latent/report/detail/chart_frame.hpp>

#include <latent/report/detail/colors.hpp>
#include <latent/report/detail/text.hpp>

#include <algorithm>
#include <cmath>

namespace latent::report {

namespace {

constexpr double kTitleSize = 18, kTextSize = 14;
constexpr double kCaps = 0.7 * kTextSize;  // height of capitals and digits
constexpr double kMargin = 14;
constexpr double kTickLabelGap = 7;  // between the frame and the numbers
constexpr double kLegendLine = 21, kLegendMark = 22, kLegendGap = 8, kColumnGap = 16;
constexpr double kPixelsPerTickX = 50, kPixelsPerTickY = 46;
constexpr double kNumberSpace = 12;  // least space between the numbers of the horizontal axis

double widest(const std::vector<std::string>& texts) {
  double width = 0;
  for (const std::string& text : texts) width = std::max(width, text_width(text, kTextSize));
  return width;
}

int tick_count(double pixels, double pixels_per_tick) {
  return std::max(2, static_cast<int>(pixels / pixels_per_tick));
}

// As many ticks as leave room for their numbers side by side.
Axis horizontal_axis(const Range& range, double pixels) {
  int count = tick_count(pixels, kPixelsPerTickX);
  for (;; --count) {
    Axis axis = make_axis(range, count);
    if (count == 2 || axis.ticks.size() < 2) return axis;
    const double spacing = (axis.fraction(axis.ticks[1]) - axis.fraction(axis.ticks[0])) * pixels;
    if (widest(axis.labels) + kNumberSpace <= spacing) return axis;
  }
}

std::string rest_text(size_t count) { return fmt::format("... and {} more", count); }

Canvas make_canvas(const ChartOptions& options) {
  check_chart_size(options);
  return {options.width, options.height, kWhite};
}

}  // namespace

void check_chart_size(const ChartOptions& options) {
  constexpr int64_t kLeastWidth = 200, kLeastHeight = 150, kMost = kMostSide;
  LATENT_CHECK(options.width >= kLeastWidth && options.width <= kMost && options.height >= kLeastHeight &&
                   options.height <= kMost,
               "[chart] width {} to {}, height {} to {}: got {} x {}", kLeastWidth, kMost, kLeastHeight, kMost,
               options.width, options.height);
}

ChartFrame::ChartFrame(const ChartOptions& options, const Range& x, const Range& y,
                       const std::vector<LegendEntry>& legend, Marker marker)
    : canvas_(make_canvas(options)) {
  const auto height = static_cast<double>(options.height);
  y_axis_ = make_axis(y, tick_count(height * 0.8, kPixelsPerTickY));
  place_plot(options);
  const Legend columns = legend.empty() ? Legend{} : lay_out(legend);
  if (!legend.empty()) plot_.right -= columns.width();
  x_axis_ = horizontal_axis(x, plot_.width());
  draw_axes(options);
  if (x.empty) {
    const TextStyle style = {.size = kTextSize, .color = kSoftInk, .align = Align::center};
    draw_text(canvas_, "no data", {(plot_.left + plot_.right) / 2, (plot_.top + plot_.bottom + kCaps) / 2}, style);
  }
  draw_legend(legend, marker, columns);
}

double ChartFrame::Legend::column_width() const { return kLegendMark + kLegendGap + text_room + kColumnGap; }

double ChartFrame::Legend::width() const {
  return static_cast<double>(columns) * column_width() - kColumnGap + kMargin;
}

ChartFrame::Legend ChartFrame::lay_out(const std::vector<LegendEntry>& entries) const {
  constexpr double kOfWidth = 0.25, kOfWidthInColumns = 0.4;  // at most so much of the chart
  constexpr size_t kMostColumns = 3;
  double widest_name = 0;
  for (const LegendEntry& entry : entries) widest_name = std::max(widest_name, text_width(entry.name, kTextSize));
  Legend legend;
  legend.rows = std::max<size_t>(1, static_cast<size_t>(plot_.height() / kLegendLine));
  legend.columns = std::clamp<size_t>((entries.size() + legend.rows - 1) / legend.rows, 1, kMostColumns);
  if (entries.size() > legend.rows * legend.columns) {  // the last line counts the rest
    widest_name = std::max(widest_name, text_width(rest_text(entries.size()), kTextSize) - kLegendMark - kLegendGap);
  }
  const auto width = static_cast<double>(canvas_.width());
  // In several columns names are shortened, but not to nothing.
  constexpr double kLeastRoom = 28;
  for (;; --legend.columns) {
    const double share = legend.columns == 1 ? kOfWidth * width
                                             : kOfWidthInColumns * width / static_cast<double>(legend.columns) -
                                                   kLegendMark - kLegendGap - kColumnGap;
    legend.text_room = std::min(std::ceil(widest_name), share);
    if (legend.columns == 1 || share >= kLeastRoom) break;
  }
  return legend;
}

void ChartFrame::place_plot(const ChartOptions& options) {
  const double line = kCaps + kTickLabelGap;
  plot_.left = std::ceil(kMargin + (options.y_label.empty() ? 0 : line + 4) + widest(y_axis_.labels) + kTickLabelGap);
  plot_.top = std::round(kMargin + (options.title.empty() ? kCaps / 2 : kTitleSize + 11));
  plot_.right = std::floor(static_cast<double>(options.width) - kMargin);
  plot_.bottom =
      std::floor(static_cast<double>(options.height) - kMargin - line - (options.x_label.empty() ? 0 : line + 5));
}

Point ChartFrame::place(double x, double y) const {
  return {plot_.left + x_axis_.fraction(x) * plot_.width(), plot_.bottom - y_axis_.fraction(y) * plot_.height()};
}

void ChartFrame::draw_axes(const ChartOptions& options) {
  const TextStyle numbers = {.size = kTextSize, .color = kSoftInk};
  TextStyle style = numbers;
  style.align = Align::center;
  for (size_t i = 0; i < x_axis_.ticks.size(); ++i) {
    const double x = std::floor(place(x_axis_.ticks[i], 0).x);
    canvas_.fill({x, plot_.top, x + 1, plot_.bottom}, kGridLine);
    // A number at the very end is pushed back onto the canvas.
    const double half = text_width(x_axis_.labels[i], kTextSize) / 2 + 2;
    const double middle = std::clamp(x, half, static_cast<double>(canvas_.width()) - half);
    draw_text(canvas_, x_axis_.labels[i], {middle, plot_.bottom + kTickLabelGap + kCaps}, style);
  }
  style.align = Align::right;
  for (size_t i = 0; i < y_axis_.ticks.size(); ++i) {
    const double y = std::floor(place(0, y_axis_.ticks[i]).y);
    canvas_.fill({plot_.left, y, plot_.right, y + 1}, kGridLine);
    draw_text(canvas_, y_axis_.labels[i], {plot_.left - kTickLabelGap, y + kCaps / 2}, style);
  }
  canvas_.fill({plot_.left, plot_.top, plot_.left + 1, plot_.bottom}, kFrame);
  canvas_.fill({plot_.left, plot_.bottom, plot_.right, plot_.bottom + 1}, kFrame);

  const Point middle = {(plot_.left + plot_.right) / 2, (plot_.top + plot_.bottom) / 2};
  const auto text = [&](const std::string& words, double size, double room, Point at, Direction direction) {
    const TextStyle label = {.size = size, .color = kInk, .align = Align::center, .direction = direction};
    if (!words.empty()) draw_text(canvas_, shortened(words, size, room), at, label);
  };
  const double title_room = 2 * std::min(middle.x, static_cast<double>(options.width) - middle.x) - kMargin;
  text(options.title, kTitleSize, title_room, {middle.x, kMargin + 0.7 * kTitleSize}, Direction::horizontal);
  text(options.x_label, kTextSize, plot_.width(), {middle.x, static_cast<double>(options.height) - kMargin},
       Direction::horizontal);
  text(options.y_label, kTextSize, plot_.height(), {kMargin + kCaps, middle.y}, Direction::upwards);
}

void ChartFrame::draw_legend(const std::vector<LegendEntry>& entries, Marker marker, const Legend& legend) {
  const size_t room = legend.rows * legend.columns;
  const size_t shown = entries.size() <= room ? entries.size() : room - 1;
  const TextStyle style = {.size = kTextSize, .color = kInk};
  const auto place = [&](size_t i) {  // the left end of the base line
    return Point{plot_.right + kMargin + static_cast<double>(i / legend.rows) * legend.column_width(),
                 plot_.top + kLegendLine * static_cast<double>(i % legend.rows) + kLegendLine / 2 + kCaps / 2};
  };
  for (size_t i = 0; i < shown; ++i) {
    const auto [left, base] = place(i);
    const double y = std::floor(base) - kCaps / 2 + 0.5;
    if (marker == Marker::line) {
      canvas_.stroke({{{left, y}, {left + kLegendMark, y}}}, 2.5, entries[i].color);
    } else {
      canvas_.disc({left + kLegendMark / 2, y}, 5, entries[i].color);
    }
    draw_text(canvas_, shortened(entries[i].name, kTextSize, legend.text_room), {left + kLegendMark + kLegendGap, base},
              style);
  }
  if (shown == entries.size()) return;
  const double width = legend.column_width() - kColumnGap;
  std::string rest = rest_text(entries.size() - shown);
  if (text_width(rest, kTextSize) > width) rest = fmt::format("+{}", entries.size() - shown);
  draw_text(canvas_, shortened(rest, kTextSize, width), place(shown), style);
}

}  // namespace latent::report
