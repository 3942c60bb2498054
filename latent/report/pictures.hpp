#pragma once
// Pictures from tensors. All return (C, H, W) u8 images; write_png() saves them.

#include <latent/core/tensor.hpp>

#include <span>
#include <string>
#include <vector>

namespace latent::report {

/// Float values to pixels: round(255 * clamp(x, 0, 1)), and 0 for what is not a number. (N, ...) f32 -> same shape u8.
Tensor to_pixels(const Tensor& x);

/// What image_grid() shows where there is no image.
constexpr float kEmptyPlace = 128.0f / 255.0f;

/// Images side by side, row by row, `gap` grey pixels between them, enlarged by a whole factor so that one is at least
/// `min_size` pixels high. Places left over in the last row are grey.
/// @param images (N, C, H, W) f32 in [0, 1] (C = 1 or 3), not empty @param columns 0 = nearly square
/// @return (C, height, width)
/// @throws std::invalid_argument for other shapes, and if the picture would have more than 2^28 pixels
Tensor image_grid(const Tensor& images, int64_t columns = 0, int64_t gap = 2, int64_t min_size = 48);

/// Vectors (N, D) as small line plots in a grid, with `overlays` (N, D) drawn over them in further colours: what tables
/// and time series show instead of images. All share one vertical range, so that they can be compared; non-finite
/// values leave gaps.
/// @param legend  names of `rows` and of the overlays, shown above the plots; empty for none
/// @return (3, height, width)
/// @throws std::invalid_argument for other shapes, more names than lines, and if the picture would have more than 2^28
///         pixels
Tensor vector_grid(const Tensor& rows, const std::vector<Tensor>& overlays = {}, int64_t columns = 0,
                   const std::vector<std::string>& legend = {});

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
/// Points (N, 2) coloured by class where labels are given, with a legend. Points that are not finite are left out.
/// @param labels      empty, or one for each point; negative ones mean "unlabelled" and are grey
/// @param class_names of the labels 0, 1, ...; a label without a name is shown as its number
/// @return (3, height, width)
/// @throws std::invalid_argument for other shapes, or a size out of range
Tensor scatter_chart(const Tensor& points, std::span<const int64_t> labels, const std::vector<std::string>& class_names,
                     const ChartOptions& options);

}  // namespace latent::report
