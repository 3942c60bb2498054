#pragma once
// Private to report/: what all charts have around their data.

#include <latent/report/detail/axis.hpp>
#include <latent/report/detail/canvas.hpp>
#include <latent/report/pictures.hpp>

namespace latent::report {

/// @throws std::invalid_argument for charts smaller than 200 x 150 or larger than 4096 pixels
void check_chart_size(const ChartOptions& options);

enum class Marker : uint8_t { line, dot };

struct LegendEntry {
  std::string name;
  Rgb color;
};

/// A white canvas with title, axes, grid and legend, and the way from data to pixels. The legend stands to the right of
/// the data, in up to three columns; what does not fit into it is counted in its last line.
class ChartFrame {
 public:
  /// @throws std::invalid_argument for charts smaller than 200 x 150 or larger than 4096 pixels
  ChartFrame(const ChartOptions& options, const Range& x, const Range& y, const std::vector<LegendEntry>& legend,
             Marker marker);

  Canvas& canvas() { return canvas_; }
  Point place(double x, double y) const;
  const Box& plot() const { return plot_; }

 private:
  // Entries one below the other, in as many columns as are needed and have room.
  struct Legend {
    size_t rows = 1, columns = 1;
    double text_room = 0;
    double column_width() const;
    double width() const;
  };
  Legend lay_out(const std::vector<LegendEntry>& entries) const;
  void place_plot(const ChartOptions& options);
  void draw_axes(const ChartOptions& options);
  void draw_legend(const std::vector<LegendEntry>& entries, Marker marker, const Legend& legend);

  Canvas canvas_;
  Box plot_;
  Axis x_axis_, y_axis_;
};

}  // namespace latent::report
