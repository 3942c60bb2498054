#pragma once
// Pictures from tensors. All return (C, H, W) u8 images; write_png() saves them.

#include <latent/core/tensor.hpp>

#include <string>
#include <vector>

namespace latent::report {

/// Float values to pixels: round(255 * clamp(x, 0, 1)). (N, ...) f32 -> same shape u8.
Tensor to_pixels(const Tensor& x);

/// Images side by side, row by row, `gap` grey pixels between them, enlarged by a whole factor so that one is at least
/// `min_size` pixels high. @param images (N, C, H, W) f32 in [0, 1] (C = 1 or 3) @param columns 0 = nearly square
Tensor image_grid(const Tensor& images, int64_t columns = 0, int64_t gap = 2, int64_t min_size = 48);

/// Vectors (N, D) as small line plots in a grid, with `overlay` (N, D) drawn in a second colour where given: what
/// tables and time series show instead of images.
Tensor vector_grid(const Tensor& rows, const Tensor& overlay = {}, int64_t columns = 0);

struct Series {
  std::string name;
  std::vector<double> x, y;  ///< non-finite points are left out
};
struct ChartOptions {
  std::string title, x_label, y_label;
  int64_t width = 800, height = 500;
};
/// Lines with axes, ticks, legend.
Tensor line_chart(const std::vector<Series>& series, const ChartOptions& options);
/// Points (N, 2) coloured by class where labels are given, with a legend.
Tensor scatter_chart(const Tensor& points, std::span<const int64_t> labels, const std::vector<std::string>& class_names,
                     const ChartOptions& options);

}  // namespace latent::report
