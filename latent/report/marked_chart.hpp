#pragma once
// Lines over time with stretches of time marked.

#include <latent/report/pictures.hpp>

#include <vector>

namespace latent::report {

/// Where something is marked, in units of the horizontal axis; low <= high.
struct MarkedSpan {
  double low = 0.0, high = 0.0;
};

/// line_chart() over shaded spans, which are at least two pixels wide. All charts of one `x` have the same horizontal
/// range, so that they can stand above each other.
/// @return (3, height, width)   @throws as line_chart()
Tensor marked_line_chart(const std::vector<Series>& series, const std::vector<MarkedSpan>& spans,
                         const ChartOptions& options);

/// Pictures of one width, one above the other. @param pictures  (3, H_i, W) u8
/// @return (3, sum of H_i, W)   @throws std::invalid_argument for none, and for other shapes
Tensor stacked_pictures(const std::vector<Tensor>& pictures);

}  // namespace latent::report
