#include <latent/report/labelled_grid.hpp>

#include <latent/report/detail/canvas.hpp>
#include <latent/report/detail/colors.hpp>
#include <latent/report/detail/text.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace latent::report {

namespace {

constexpr double kTextSize = 14, kCaps = 0.7 * kTextSize, kRoom = 8, kLongest = 260;
constexpr int64_t kHeading = 26;  // height of the line above the columns

// Overwrites a part of `picture` (3, H, W) whose upper left corner is given; a grey image becomes three equal channels.
void paste(Tensor& picture, const Tensor& image, int64_t top, int64_t left) {
  const int64_t C = image.dim(0), H = image.dim(1), W = image.dim(2);
  const int64_t height = picture.dim(1), width = picture.dim(2);
  for (int64_t c = 0; c < 3; ++c) {
    const uint8_t* plane = image.data<uint8_t>() + (C == 1 ? 0 : c) * H * W;
    for (int64_t y = 0; y < H; ++y) {
      std::memcpy(picture.data<uint8_t>() + (c * height + top + y) * width + left, plane + y * W,
                  static_cast<size_t>(W));
    }
  }
}

// As wide as the longest name needs, up to a limit.
int64_t margin_for(const std::vector<std::string>& row_names) {
  double widest = 0;
  for (const std::string& name : row_names) widest = std::max(widest, text_width(name, kTextSize));
  return row_names.empty() ? 0 : static_cast<int64_t>(std::ceil(std::min(widest, kLongest) + 2 * kRoom));
}

}  // namespace

Tensor labelled_grid(const Tensor& grid, const std::vector<std::string>& row_names,
                     const std::vector<std::string>& column_names) {
  LATENT_CHECK(
      grid.ndim() == 3 && (grid.dim(0) == 1 || grid.dim(0) == 3) && grid.dtype() == DType::u8 && grid.numel() > 0,
      "[labelled_grid] grid (C, H, W) u8 with C = 1 or 3, got {}", grid.shape().str());
  const int64_t left = margin_for(row_names), top = column_names.empty() ? 0 : kHeading;
  Canvas canvas(left + grid.dim(2), top + grid.dim(1), kWhite);
  const double row_height =
      static_cast<double>(grid.dim(1)) / static_cast<double>(std::max<size_t>(row_names.size(), 1));
  for (size_t row = 0; row < row_names.size(); ++row) {
    const double middle = static_cast<double>(top) + (static_cast<double>(row) + 0.5) * row_height;
    draw_text(canvas, shortened(row_names[row], kTextSize, kLongest),
              {static_cast<double>(left) - kRoom, middle + kCaps / 2},
              {.size = kTextSize, .color = kInk, .align = Align::right});
  }
  const double column_width =
      static_cast<double>(grid.dim(2)) / static_cast<double>(std::max<size_t>(column_names.size(), 1));
  for (size_t column = 0; column < column_names.size(); ++column) {
    const double middle = static_cast<double>(left) + (static_cast<double>(column) + 0.5) * column_width;
    draw_text(canvas, shortened(column_names[column], kTextSize, column_width - 2),
              {middle, static_cast<double>(top) - kRoom}, {.size = kTextSize, .color = kInk, .align = Align::center});
  }
  Tensor picture = canvas.image();
  paste(picture, grid, top, left);
  return picture;
}

}  // namespace latent::report
