#include <latent/report/pictures.hpp>

#include <latent/report/axis.hpp>
#include <latent/report/canvas.hpp>
#include <latent/report/colors.hpp>
#include <latent/report/text.hpp>

#include <algorithm>
#include <cmath>

namespace latent::report {

namespace {

constexpr uint8_t kGapShade = 128;  // kEmptyPlace as a pixel
constexpr int64_t kMaxPixels = int64_t{1} << 28;

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// The given number of columns, or as many as make the grid nearly square; never more than there are things to show.
int64_t columns_for(int64_t count, int64_t columns) {
  if (columns == 0) columns = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(count))));
  return std::min(columns, count);
}

// Copies one plane (H, W), enlarged, to `target`, whose rows are `stride` apart.
void paste(const uint8_t* plane, int64_t H, int64_t W, int64_t factor, uint8_t* target, int64_t stride) {
  for (int64_t y = 0; y < H * factor; ++y) {
    for (int64_t x = 0; x < W * factor; ++x) target[y * stride + x] = plane[y / factor * W + x / factor];
  }
}

// --- small line plots ---

constexpr double kCellWidth = 168, kCellHeight = 104, kCellGap = 6, kInset = 7;
constexpr int64_t kMostMarked = 24;  // values so few are marked on their line

// One row of values as a line in its cell; values that cannot be drawn leave gaps.
void draw_row(Canvas& canvas, const Box& cell, std::span<const double> values, const Axis& axis, Rgb color) {
  const auto D = static_cast<int64_t>(values.size());
  std::vector<Polyline> lines(1);
  for (int64_t d = 0; d < D; ++d) {
    const double value = values[static_cast<size_t>(d)];
    if (!drawable(value)) {
      lines.emplace_back();
      continue;
    }
    const double t = D > 1 ? static_cast<double>(d) / static_cast<double>(D - 1) : 0.5;
    lines.back().push_back({cell.left + kInset + t * (cell.width() - 2 * kInset),
                            cell.bottom - kInset - axis.fraction(value) * (cell.height() - 2 * kInset)});
  }
  canvas.stroke(lines, 1.6, color);
  if (D > kMostMarked) return;
  for (const Polyline& line : lines) {
    for (const Point& point : line) canvas.disc(point, 2.2, color);
  }
}

constexpr double kTextSize = 14, kLegendLine = 21, kLegendMark = 22, kMarkGap = 8, kEntryGap = 18;

// Where the entries of a legend begin: side by side, and in a new line where the picture ends.
struct LegendLayout {
  std::vector<Point> entries;  // the left end of each mark
  double height = 0;
  double text_room;

  LegendLayout(const std::vector<std::string>& names, double width)
      : text_room(width - 2 * kCellGap - kLegendMark - kMarkGap) {
    double left = kCellGap;
    for (const std::string& name : names) {
      const double entry = kLegendMark + kMarkGap + std::min(text_width(name, kTextSize), text_room);
      if (entries.empty() || left + entry > width - kCellGap) {
        left = kCellGap;
        height += kLegendLine;
      }
      entries.push_back({left, height - kLegendLine / 2});
      left += entry + kEntryGap;
    }
  }
};

void draw_legend(Canvas& canvas, const std::vector<std::string>& names, const LegendLayout& layout) {
  constexpr double kCaps = 0.7 * kTextSize;  // height of capitals
  for (size_t i = 0; i < names.size(); ++i) {
    const auto [x, y] = layout.entries[i];
    canvas.stroke({{{x + 2, y}, {x + kLegendMark, y}}}, 2.5, series_color(i));
    draw_text(canvas, shortened(names[i], kTextSize, layout.text_room), {x + kLegendMark + kMarkGap, y + kCaps / 2},
              {.size = kTextSize, .color = kInk});
  }
}

}  // namespace

Tensor to_pixels(const Tensor& x) {
  LATENT_CHECK(x.dtype() == DType::f32, "[to_pixels] x f32: got {}", name_of(x.dtype()));
  Tensor pixels = Tensor::empty(x.shape(), DType::u8);
  const auto* in = x.data<float>();
  auto* out = pixels.data<uint8_t>();
  for (int64_t i = 0; i < x.numel(); ++i) {
    const float value = in[i] > 0 ? std::min(in[i], 1.0f) : 0.0f;  // not a number becomes 0
    out[i] = static_cast<uint8_t>(std::lround(255 * value));
  }
  return pixels;
}

Tensor image_grid(const Tensor& images, int64_t columns, int64_t gap, int64_t min_size) {
  LATENT_CHECK(images.ndim() == 4 && (images.dim(1) == 1 || images.dim(1) == 3) && images.numel() > 0,
               "[image_grid] images (N, C, H, W) with C = 1 or 3, not empty: got {}", images.shape().str());
  LATENT_CHECK(columns >= 0 && gap >= 0, "[image_grid] columns and gap must not be negative, got {} and {}", columns,
               gap);
  const int64_t N = images.dim(0), C = images.dim(1), H = images.dim(2), W = images.dim(3);
  columns = columns_for(N, columns);
  const int64_t rows = ceil_div(N, columns), factor = std::max<int64_t>(1, ceil_div(min_size, H));
  const int64_t height = rows * (H * factor + gap) - gap, width = columns * (W * factor + gap) - gap;
  LATENT_CHECK(width <= kMaxPixels / height,
               "[image_grid] {} images of {} x {} would make a picture of {} x {}, more than 2^28 pixels", N, H, W,
               height, width);
  const Tensor pixels = to_pixels(images);
  Tensor grid = Tensor::full({C, height, width}, kGapShade, DType::u8);
  const auto* in = pixels.data<uint8_t>();
  auto* out = grid.data<uint8_t>();
  for (int64_t n = 0; n < N; ++n) {
    const int64_t top = n / columns * (H * factor + gap), left = n % columns * (W * factor + gap);
    for (int64_t c = 0; c < C; ++c) {
      paste(in + (n * C + c) * H * W, H, W, factor, out + c * height * width + top * width + left, width);
    }
  }
  return grid;
}

Tensor vector_grid(const Tensor& rows, const std::vector<Tensor>& overlays, int64_t columns,
                   const std::vector<std::string>& legend) {
  LATENT_CHECK(rows.ndim() == 2 && rows.numel() > 0, "[vector_grid] rows (N, D), not empty: got {}",
               rows.shape().str());
  for (const Tensor& overlay : overlays) {
    LATENT_CHECK(overlay.defined() && overlay.shape() == rows.shape(), "[vector_grid] overlay: expected {}, got {}",
                 rows.shape().str(), overlay.defined() ? overlay.shape().str() : "undefined");
  }
  LATENT_CHECK(columns >= 0, "[vector_grid] columns must not be negative, got {}", columns);
  LATENT_CHECK(legend.size() <= 1 + overlays.size(), "[vector_grid] legend: a name for each line, got {}",
               legend.size());
  const int64_t N = rows.dim(0);
  const auto D = static_cast<size_t>(rows.dim(1));
  columns = columns_for(N, columns);
  std::vector<std::vector<double>> layers = {rows.to_vector()};
  for (const Tensor& overlay : overlays) layers.push_back(overlay.to_vector());
  Range range;
  for (const std::vector<double>& values : layers) {
    for (const double value : values) range.add(value);
  }
  const Axis axis = make_axis(range, 3);  // one for all, so that the rows can be compared

  const auto width = static_cast<int64_t>(kCellWidth + kCellGap), height = static_cast<int64_t>(kCellHeight + kCellGap);
  const int64_t picture_width = columns * width + static_cast<int64_t>(kCellGap);
  const LegendLayout layout(legend, static_cast<double>(picture_width));
  Canvas canvas(picture_width,
                static_cast<int64_t>(layout.height) + ceil_div(N, columns) * height + static_cast<int64_t>(kCellGap),
                kWhite);
  draw_legend(canvas, legend, layout);
  for (int64_t n = 0; n < N; ++n) {
    Box cell;
    const int64_t row = n / columns, column = n % columns;
    cell.left = kCellGap + static_cast<double>(column * width);
    cell.top = layout.height + kCellGap + static_cast<double>(row * height);
    cell.right = cell.left + kCellWidth;
    cell.bottom = cell.top + kCellHeight;
    canvas.fill(cell, kFrame);
    canvas.fill({cell.left + 1, cell.top + 1, cell.right - 1, cell.bottom - 1}, kWhite);
    for (const double tick : axis.ticks) {
      const double y = std::floor(cell.bottom - kInset - axis.fraction(tick) * (cell.height() - 2 * kInset));
      canvas.fill({cell.left + 1, y, cell.right - 1, y + 1}, kGridLine);
    }
    const size_t begin = static_cast<size_t>(n) * D;
    for (size_t layer = 0; layer < layers.size(); ++layer) {
      draw_row(canvas, cell, std::span(layers[layer]).subspan(begin, D), axis, series_color(layer));
    }
  }
  return canvas.image();
}

}  // namespace latent::report
