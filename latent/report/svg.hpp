#pragma once
// Charts as vector graphics.

#include <latent/report/pictures.hpp>

namespace latent::report {

/// scatter_chart() as an SVG 1.1 document: the same axes, legend and colours. Points that are not finite are left out.
/// @param points, labels, class_names, options  as for scatter_chart(); texts may be any UTF-8
/// @throws std::invalid_argument as scatter_chart()
std::string scatter_svg(const Tensor& points, std::span<const int64_t> labels,
                        const std::vector<std::string>& class_names, const ChartOptions& options);
/// named_chart() as an SVG document; names may be any UTF-8. @throws std::invalid_argument as named_chart()
std::string named_svg(const Tensor& points, const std::vector<std::string>& names, const ChartOptions& options,
                      std::span<const PointPair> joined = {});

}  // namespace latent::report
