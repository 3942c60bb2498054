#pragma once
// Pictures from tensors. All return (C, H, W) u8 images; write_png() saves them.

#include <latent/core/tensor.hpp>
#include <latent/report/limits.hpp>

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace latent::report {

/// Float values to pixels: round(255 * clamp(x, 0, 1)), and 0 for what is not a number. (N, ...) f32 -> same shape u8.
Tensor to_pixels(const Tensor& x);

/// What image_grid() shows where there is no image.
constexpr float kEmptyPlace = 128.0f / 255.0f;

/// Rows and columns of a grid.
struct GridSize {
  int64_t rows = 0, columns = 0;
};
/// So many images of H x W fit into image_grid(), at the smallest size that it shows them in.
GridSize most_images(int64_t H, int64_t W, int64_t gap = 2, int64_t most_side = kMostSide);

/// Images side by side, row by row, `gap` grey pixels between them, enlarged by a whole factor so that one is at least
/// `min_size` pixels high. Where the picture would then be larger than `most_side` pixels in height or width, they are
/// enlarged less, or shrunk by a whole factor until the longer side of one has 32 pixels. Places left over in the last
/// row are grey.
/// @param images (N, C, H, W) f32 in [0, 1] (C = 1 or 3), not empty @param columns 0 = nearly square
/// @return (C, height, width), at most `most_side` x `most_side`
/// @throws std::invalid_argument for other shapes, and for more rows or columns than most_images()
Tensor image_grid(const Tensor& images, int64_t columns = 0, int64_t gap = 2, int64_t min_size = 48,
                  int64_t most_side = kMostSide);

struct Series {
  std::string name;
  std::vector<double> x, y;  ///< as many y as x; points that are not finite leave a gap in the line
};
struct ChartOptions {
  std::string title = {}, x_label = {}, y_label = {};  ///< empty ones take no room
  int64_t width = 800, height = 500;                   ///< pixels; from 200 x 150 to 16384 x 16384
};
/// Lines with axes, ticks, and a legend (to the right of the data) if any series has a name.
/// @return (3, height, width)
/// @throws std::invalid_argument if a series has not as many y as x, or the size is out of range
Tensor line_chart(const std::vector<Series>& series, const ChartOptions& options);
/// Points (N, 2) coloured by class where labels are given, with a legend; what does not fit into it is counted in its
/// last line. More than ten classes are also named on the chart, at the median of their points, the largest first and
/// as far as names do not cover each other. Points that are not finite are left out.
/// @param labels      empty, or one for each point; negative ones mean "unlabelled" and are grey
/// @param class_names of the labels 0, 1, ...; a label without a name is shown as its number
/// @return (3, height, width)
/// @throws std::invalid_argument for other shapes, or a size out of range
Tensor scatter_chart(const Tensor& points, std::span<const int64_t> labels, const std::vector<std::string>& class_names,
                     const ChartOptions& options);
/// Numbers of two points.
using PointPair = std::pair<int64_t, int64_t>;
/// Points (N, 2) with names beside them, as far as they do not cover each other: the first ones go first. Points that
/// are not finite are left out. @param names  one for each point; accents are left out
/// @param joined  pairs of points that a line joins
/// @return (3, height, width)
/// @throws std::invalid_argument for other shapes, a point that does not exist, or a size out of range
Tensor named_chart(const Tensor& points, const std::vector<std::string>& names, const ChartOptions& options,
                   std::span<const PointPair> joined = {});

}  // namespace latent::report
