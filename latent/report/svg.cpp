#include <latent/report/svg.hpp>

#include <latent/report/detail/axis.hpp>
#include <latent/report/detail/chart_frame.hpp>
#include <latent/report/detail/class_names.hpp>
#include <latent/report/detail/classes.hpp>
#include <latent/report/detail/point_pairs.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <map>

namespace latent::report {

namespace {

constexpr double kMargin = 14, kTitleRoom = 30, kTickRoom = 20, kLabelRoom = 22, kNumberRoom = 44;
constexpr double kLegendLine = 21, kLegendMark = 16, kLegendWidth = 150, kColumnWidth = 120;
constexpr size_t kMostName = 20, kMostNameInColumns = 11, kMostNameOnChart = 16;  // characters of a class

std::string hex(Rgb color) { return fmt::format("#{:02x}{:02x}{:02x}", color.r, color.g, color.b); }

// Whether XML 1.0 allows a character that takes `length` bytes: neither one that would fit fewer bytes, nor half of a
// UTF-16 pair. Control characters are the caller's.
bool is_allowed(uint32_t character, size_t length) {
  constexpr uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = character >= 0xD800 && character <= 0xDFFF;
  return character >= kLeast[length - 1] && character <= 0x10FFFF && !is_surrogate && character != 0xFFFE &&
         character != 0xFFFF;
}

// The bytes of the UTF-8 character at the beginning of `text`; 0 if there is none that XML may hold.
size_t character_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const size_t length =
      byte(0) < 0x80 ? 1 : (byte(0) >> 5 == 6 ? 2 : (byte(0) >> 4 == 14 ? 3 : (byte(0) >> 3 == 30 ? 4 : 0)));
  if (length == 0 || length > text.size()) return 0;
  uint32_t character = length == 1 ? byte(0) : byte(0) & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if (byte(i) >> 6 != 2) return 0;
    character = character << 6 | (byte(i) & 0x3Fu);
  }
  return is_allowed(character, length) ? length : 0;
}

// Text as XML holds it, whatever bytes it has: markup cannot break out of it.
std::string escaped(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const size_t length = character_length(text);
    switch (text.front()) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      default:
        if (length == 0) {
          result += '?';
        } else {
          result += length == 1 && static_cast<unsigned char>(text.front()) < 0x20 ? " " : text.substr(0, length);
        }
    }
    text.remove_prefix(std::max<size_t>(1, length));
  }
  return result;
}

// The beginning of a name, cut between characters.
std::string short_name(std::string_view name, size_t most) {
  size_t characters = 0, end = 0;
  for (; end < name.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(name[end]) & 0xc0) != 0x80;
    if (begins && characters++ == most) return std::string(name.substr(0, end)) + "...";
  }
  return std::string(name);
}

struct Style {
  const char* anchor = "middle";
  double size = 14;
  Rgb color = kSoftInk;
};

class Document {
 public:
  Document(const ChartOptions& options, const Range& x, const Range& y, size_t classes)
      : left_(kMargin + kNumberRoom + (options.y_label.empty() ? 0.0 : kLabelRoom)),
        top_(kMargin + (options.title.empty() ? 0.0 : kTitleRoom)) {
    const auto width = static_cast<double>(options.width), height = static_cast<double>(options.height);
    bottom_ = height - kMargin - kTickRoom - (options.x_label.empty() ? 0.0 : kLabelRoom);
    legend_rows_ = std::max<size_t>(1, static_cast<size_t>((bottom_ - top_) / kLegendLine));
    constexpr size_t kMostColumns = 3;
    constexpr double kOfWidth = 0.4;  // at most so much of the chart, if there are several columns
    const auto room = std::clamp<size_t>(static_cast<size_t>(width * kOfWidth / kColumnWidth), 1, kMostColumns);
    legend_columns_ = std::clamp<size_t>((classes + legend_rows_ - 1) / legend_rows_, 1, room);
    const double legend = legend_columns_ == 1 ? kLegendWidth : kColumnWidth * static_cast<double>(legend_columns_);
    right_ = width - kMargin - (classes > 0 ? legend : 0.0);
    x_ = make_axis(x, std::max(2, static_cast<int>((right_ - left_) / 80)));
    y_ = make_axis(y, std::max(2, static_cast<int>((bottom_ - top_) / 50)));
    add("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
        "font-family=\"sans-serif\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
        options.width, options.height);
    draw_frame(options);
  }

  template <class... Values>
  void add(fmt::format_string<Values...> text, Values&&... values) {
    fmt::format_to(std::back_inserter(text_), text, std::forward<Values>(values)...);
  }
  void text(Point at, std::string_view words, const Style& style) {
    add("<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{}\" fill=\"{}\" text-anchor=\"{}\">{}</text>\n", at.x, at.y,
        style.size, hex(style.color), style.anchor, escaped(words));
  }

  Point place(double x, double y) const {
    return {left_ + x_.fraction(x) * (right_ - left_), bottom_ - y_.fraction(y) * (bottom_ - top_)};
  }

  void line(Point from, Point to, Rgb color) {
    add("<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\" stroke=\"{}\"/>\n", from.x, from.y, to.x, to.y, hex(color));
  }

  void draw_legend(const std::set<int64_t>& classes, const std::vector<std::string>& names) {
    const size_t room = legend_rows_ * legend_columns_;
    const size_t shown = classes.size() <= room ? classes.size() : room - 1;
    size_t entry = 0;
    for (const int64_t label : classes) {
      const double mark = right_ + kMargin + 5 + kColumnWidth * static_cast<double>(entry / legend_rows_);
      const double y = top_ + kLegendLine * (static_cast<double>(entry % legend_rows_) + 0.5);
      if (entry++ == shown) {
        text({mark, y + 5}, fmt::format("... and {} more", classes.size() - shown), {.anchor = "start"});
        break;
      }
      add("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"5\" fill=\"{}\"/>\n", mark, y, hex(class_color(label)));
      const size_t most = legend_columns_ == 1 ? kMostName : kMostNameInColumns;
      text({mark + kLegendMark, y + 5}, short_name(class_name(label, names), most), {.anchor = "start", .color = kInk});
    }
  }

  // Names on the chart, each over a white rim of itself.
  void draw_names(ClassPlaces places, const std::vector<std::string>& names) {
    for (const PlacedName& one : placed_names(std::move(places), names, {left_, top_, right_, bottom_})) {
      const std::string name = short_name(class_name(one.label, names), kMostNameOnChart);
      add("<g stroke=\"#ffffff\" stroke-width=\"5\" stroke-opacity=\"0.8\" stroke-linejoin=\"round\">");
      text(one.base, name, {.size = kClassNameSize, .color = kInk});
      add("</g>");
      text(one.base, name, {.size = kClassNameSize, .color = kInk});
    }
  }

  std::string finished() {
    add("</svg>\n");
    return std::move(text_);
  }

 private:
  void draw_frame(const ChartOptions& options) {
    for (size_t i = 0; i < x_.ticks.size(); ++i) {
      const double x = place(x_.ticks[i], 0).x;
      line({x, top_}, {x, bottom_}, kGridLine);
      text({x, bottom_ + kTickRoom - 4}, x_.labels[i], {});
    }
    for (size_t i = 0; i < y_.ticks.size(); ++i) {
      const double y = place(0, y_.ticks[i]).y;
      line({left_, y}, {right_, y}, kGridLine);
      text({left_ - 6, y + 5}, y_.labels[i], {.anchor = "end"});
    }
    line({left_, top_}, {left_, bottom_}, kFrame);
    line({left_, bottom_}, {right_, bottom_}, kFrame);
    const Point middle = {(left_ + right_) / 2, (top_ + bottom_) / 2};
    const auto height = static_cast<double>(options.height);
    if (!options.title.empty()) text({middle.x, kMargin + 14}, options.title, {.size = 18, .color = kInk});
    if (!options.x_label.empty()) text({middle.x, height - kMargin + 4}, options.x_label, {.color = kInk});
    if (options.y_label.empty()) return;
    add("<g transform=\"translate({:.1f} {:.1f}) rotate(-90)\">", kMargin + 10, middle.y);
    text({0, 0}, options.y_label, {.color = kInk});
    add("</g>\n");
  }

  std::string text_;
  double left_ = 0, top_ = 0, right_ = 0, bottom_ = 0;
  size_t legend_rows_ = 1, legend_columns_ = 1;
  Axis x_, y_;
};

// The more points, the smaller.
double diameter(int64_t count) { return count <= 300 ? 8 : (count <= 2000 ? 6 : (count <= 10000 ? 4.4 : 3.2)); }

}  // namespace

std::string scatter_svg(const Tensor& points, std::span<const int64_t> labels,
                        const std::vector<std::string>& class_names, const ChartOptions& options) {
  LATENT_CHECK(points.ndim() == 2 && points.dim(1) == 2, "[scatter_svg] points (N, 2): got {}", points.shape().str());
  const int64_t N = points.dim(0);
  LATENT_CHECK(labels.empty() || static_cast<int64_t>(labels.size()) == N,
               "[scatter_svg] labels: none or {} expected, got {}", N, labels.size());
  check_chart_size(options);
  const std::vector<double> values = points.to_vector();
  const auto shown = [&](size_t i) { return drawable(values[2 * i]) && drawable(values[2 * i + 1]); };
  Range x, y;
  for (size_t i = 0; i < static_cast<size_t>(N); ++i) {
    if (!shown(i)) continue;
    x.add(values[2 * i]);
    y.add(values[2 * i + 1]);
  }
  x.integers = y.integers = false;
  const std::set<int64_t> classes = classes_of(labels);
  Document document(options, x, y, classes.size());
  ClassPlaces places;
  document.add("<g fill=\"none\" stroke-linecap=\"round\" stroke-width=\"{}\" stroke-opacity=\"0.6\">\n", diameter(N));
  // One path holds many points as lines of no length, which keeps the file small. In slices, so that no class lies
  // above all others.
  constexpr size_t kSlices = 16;
  const size_t slice = (static_cast<size_t>(N) + kSlices - 1) / kSlices;
  for (size_t begin = 0; begin < static_cast<size_t>(N); begin += slice) {
    std::map<int64_t, std::string> paths;
    for (size_t i = begin; i < std::min(static_cast<size_t>(N), begin + slice); ++i) {
      if (!shown(i)) continue;
      const Point at = document.place(values[2 * i], values[2 * i + 1]);
      fmt::format_to(std::back_inserter(paths[labels.empty() ? 0 : std::max<int64_t>(labels[i], -1)]),
                     "M{:.1f} {:.1f}h0", at.x, at.y);
      if (!labels.empty() && labels[i] >= 0) places[labels[i]].push_back(at);
    }
    for (const auto& [label, path] : paths) {
      document.add("<path stroke=\"{}\" d=\"{}\"/>\n", hex(class_color(label)), path);
    }
  }
  document.add("</g>\n");
  if (classes.size() > kMostUnnamed) document.draw_names(std::move(places), class_names);
  document.draw_legend(classes, class_names);
  return document.finished();
}

std::string named_svg(const Tensor& points, const std::vector<std::string>& names, const ChartOptions& options,
                      std::span<const PointPair> joined) {
  LATENT_CHECK(points.ndim() == 2 && points.dim(1) == 2 && points.dim(0) == static_cast<int64_t>(names.size()),
               "[named_svg] points ({}, 2): got {}", names.size(), points.shape().str());
  check_chart_size(options);
  const std::vector<double> values = points.to_vector();
  Range x, y;
  std::vector<size_t> shown;
  for (size_t i = 0; i < names.size(); ++i) {
    if (!drawable(values[2 * i]) || !drawable(values[2 * i + 1])) continue;
    x.add(values[2 * i]);
    y.add(values[2 * i + 1]);
    shown.push_back(i);
  }
  x.integers = y.integers = false;
  Document document(options, x, y, 0);
  ClassPlaces places;
  document.add("<g fill=\"none\" stroke-width=\"1.2\" stroke-opacity=\"0.7\">\n");
  for (const auto& [a, b] : drawable_pairs(joined, values)) {
    document.line(document.place(values[2 * a], values[2 * a + 1]), document.place(values[2 * b], values[2 * b + 1]),
                  series_color(1));
  }
  document.add("</g>\n");
  document.add(
      "<path fill=\"none\" stroke-linecap=\"round\" stroke-width=\"{}\" stroke-opacity=\"0.5\" stroke=\"{}\" d=\"",
      2.0 * named_radius(names.size()), hex(series_color(0)));
  for (const size_t i : shown) {
    const Point at = document.place(values[2 * i], values[2 * i + 1]);
    document.add("M{:.1f} {:.1f}h0", at.x, at.y);
    places[static_cast<int64_t>(i)].push_back(at);
  }
  document.add("\"/>\n");
  document.draw_names(std::move(places), names);
  return document.finished();
}

}  // namespace latent::report
